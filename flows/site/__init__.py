"""Parts of a lasting Prefect server for nightly runs, and the processes around it."""
