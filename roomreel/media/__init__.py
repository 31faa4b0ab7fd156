"""The only place that touches FFmpeg: probe, decode, encode, and the processes they run in."""
