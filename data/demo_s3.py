"""The demo, unchanged, with everything in S3: a Ceph gateway of its own, until it is over.

    make demo-s3

Rooms and templates are put into a bucket, the demo is told by its settings that all it reads and
writes is there, and a temporary link to the first composition is opened as anybody could.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import av

HERE = Path(__file__).parent
# Not a package: what starts the server serves the tests, too.
sys.path.insert(0, str(HERE.parent / "tests" / "servers"))

import ceph  # noqa: E402

BUCKET = "s3://roomreel-demo"
LOCAL = "data/demo-s3"
MOST_BYTES = 64 * 2**20
"""Of a file: S3 has no files with holes, and the room that is over the limit has two of 21 GB."""

TEMPLATES = HERE.parent / "roomreel" / "samples" / "templates"
PUT_THERE = {"rooms": HERE / "rooms", "templates": TEMPLATES}
SETTINGS = {
    "ROOMREEL_MANIFESTS": f"{BUCKET}/rooms",
    "ROOMREEL_MEDIA_ROOTS": json.dumps([f"{BUCKET}/rooms"]),
    "ROOMREEL_TEMPLATES": f"{BUCKET}/templates",
    "ROOMREEL_STORE": f"{BUCKET}/store",
    # So that two files of MOST_BYTES are over it.
    "ROOMREEL_SOURCE_LIMIT_BYTES": "100000000",
    "ROOMREEL_SCRATCH": f"{LOCAL}/scratch",
    "ROOMREEL_PREFECT_HOME": f"{LOCAL}/prefect",
}
NEEDED = f"""the demo in S3 starts a Ceph gateway, and these programs of it are not here: {{}}
  apt-get install --no-install-recommends {" ".join(ceph.PACKAGES)}"""
FIRST = "select sid from compositions where status = 'completed' order by sid limit 1"


def main() -> int:
    """Run the demo beside a server."""
    if lacking := ceph.missing():
        print(NEEDED.format(", ".join(lacking)), file=sys.stderr)
        return 2
    print("Starting a Ceph gateway, which takes half a minute ...", flush=True)
    with (
        tempfile.TemporaryDirectory(prefix="roomreel-ceph-") as folder,
        ceph.running(Path(folder)) as server,
    ):
        os.environ.update({**server.environment, **SETTINGS})
        fill()
        code = roomreel("demo", "--config", "configs/demo.toml").returncode
        return code or show_link()


def fill() -> None:
    """Make the bucket, and put rooms and templates into it."""
    client = ceph.s3_client()
    name = BUCKET.removeprefix("s3://")
    client.create_bucket(Bucket=name)
    files = [(top, file) for top, home in PUT_THERE.items() for file in home.rglob("*.*")]
    for top, file in files:
        with file.open("rb") as opened:
            key = f"{top}/{file.relative_to(PUT_THERE[top])}"
            client.put_object(Bucket=name, Key=key, Body=opened.read(MOST_BYTES))
    print(f"{len(files)} files are in {BUCKET} at {os.environ['AWS_ENDPOINT_URL_S3']}", flush=True)


def show_link() -> int:
    """Open the first composition by a temporary link, as a player would."""
    rows = roomreel("sql", "--json", FIRST, capture_output=True)
    sid = json.loads(rows.stdout)[0]["sid"]
    link = roomreel("media", sid, "--inline", capture_output=True).stdout.strip()
    with av.open(link) as container:
        frames = sum(1 for _ in container.decode(video=0))
        played = (*container.streams.video, *container.streams.audio)
        kinds = " and ".join(stream.codec_context.name for stream in played)
    print(f"\nA link to {sid} that lasts ten minutes, or until this ends:\n  {link}")
    print(f"It plays: {frames} frames of {kinds}.", flush=True)
    if sys.stdin.isatty():
        input("Press Enter to end the server. ")
    return 0 if frames else 1


def roomreel(*words: str, **more: bool) -> subprocess.CompletedProcess[str]:
    """Run a verb with the settings of the demo."""
    argv = [sys.executable, "-c", "from roomreel.cli import main; main()", *words]
    return subprocess.run(argv, text=True, check=False, **more)


if __name__ == "__main__":
    sys.exit(main())
