"""What encryption costs beside copying the same bytes, on the paths the product takes.

    python benchmarks/encryption.py [--rounds 3] [--mib 1024] [--folder FOLDER]

Each way runs in a process of its own, the ways of a round one after the other. Prints, by median
and range: CPU seconds (user and system) of the work without the start of the interpreter, those
beyond copying in the same round, and the peak memory of the whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from roomreel.encryption import decrypt_media, encryptor_of, publish_encrypted, read_instruction
from roomreel.encryption.encryptor import SUFFIXES, instruction_file
from roomreel.encryption.envelope import envelope_of
from roomreel.model.encryption import Encryption, EncryptionFormat
from roomreel.model.media import Stored
from roomreel.settings import EncryptionSetting, Settings

MOST_EXTRA_S = 2.0
MOST_MB = 100

Figures = dict[str, float]


def make_inputs(folder: Path, mib: int) -> None:
    """A file that nothing can be saved on, and a pair of keys of each kind."""
    with (folder / "plain").open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))
    identity = pyrage.x25519.Identity.generate()
    (folder / "age.key").write_text(str(identity))
    (folder / "age.pub").write_text(str(identity.to_public()))
    key = rsa.generate_private_key(65537, 3072)
    pem, spki = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    pkcs8, unlocked = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "rsa.key").write_bytes(key.private_bytes(pem, pkcs8, unlocked))
    (folder / "rsa.pub").write_bytes(key.public_key().public_bytes(pem, spki))


def copy(folder: Path) -> None:
    """What storing without encryption costs where a rename will not do."""
    shutil.copyfile(folder / "plain", folder / "copied")


def encrypt(folder: Path, encryption: EncryptionSetting, key: str) -> None:
    """As a composition is encrypted and published."""
    source = folder / f"{encryption}-{key}"
    source.hardlink_to(folder / "plain")
    settings = Settings(encryption=encryption, public_key=folder / f"{key}.pub")
    encrypted = encryptor_of(settings).encrypt(source)
    publish_encrypted(encrypted, folder / "store" / encrypted.path.name)


def unseal(folder: Path, encryption: EncryptionSetting, key: str) -> None:
    """As a recording is decrypted to be read."""
    path = folder / "store" / f"{encryption}-{key}{SUFFIXES[encryption]}"
    envelope = envelope_of(read_instruction(instruction_file(path)))
    told = Encryption(EncryptionFormat(encryption), envelope)
    stored = Stored(str(path), path.stat().st_size, "1", told)
    settings = Settings(private_key=folder / f"{key}.key", scratch=folder / "scratch")
    with decrypt_media({"RT": stored}, settings) as sources:
        found = sources["RT"]
        assert isinstance(found, Stored), found
        assert found.size_bytes == (folder / "plain").stat().st_size


WAYS: dict[str, Callable[[Path], None]] = {
    "copy": copy,
    "encrypt age": lambda folder: encrypt(folder, "age", "age"),
    "encrypt age for RSA": lambda folder: encrypt(folder, "age", "rsa"),
    "encrypt rsa-envelope": lambda folder: encrypt(folder, "rsa-envelope", "rsa"),
    "decrypt age": lambda folder: unseal(folder, "age", "age"),
    "decrypt rsa-envelope": lambda folder: unseal(folder, "rsa-envelope", "rsa"),
}


def measure(name: str, folder: Path) -> Figures:
    """The figures of one way, run in this process."""
    begun, clock = time.process_time(), time.perf_counter()
    WAYS[name](folder)
    cpu_s, wall_s = time.process_time() - begun, time.perf_counter() - clock
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu_s": cpu_s, "wall_s": wall_s, "peak_mb": peak_kb * 1024 / 1e6}


def measured_apart(name: str, folder: Path) -> Figures:
    """The figures of one way, run in a process of its own."""
    argv = [sys.executable, __file__, "--folder", str(folder), "--way", name]
    done = subprocess.run(argv, capture_output=True, check=True)
    figures: Figures = json.loads(done.stdout)
    return figures


def main() -> None:
    """Run the rounds and print the table; or, with --way, one way in a folder that is ready."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--mib", type=int, default=1024)
    parser.add_argument("--folder", type=Path, help="where to work; unset: the temporary folder")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(measure(options.way, options.folder)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        make_inputs(folder, options.mib)
        rounds = [{way: measured_apart(way, folder) for way in WAYS} for _ in range(options.rounds)]
    print(f"{options.mib} MiB, {options.rounds} rounds: median (least to most)")
    print(f"{'':22s} {'CPU s':>22s} {'beyond copying':>22s} {'wall s':>22s} {'peak MB':>22s}")
    for way in WAYS:
        extra = [one[way]["cpu_s"] - one["copy"]["cpu_s"] for one in rounds]
        cpu, wall, peak = ([one[way][f] for one in rounds] for f in ("cpu_s", "wall_s", "peak_mb"))
        print(f"{way:22s}", *map(shown, (cpu, extra, wall, peak)))
        if way.startswith("encrypt") and options.mib == 1024:
            kept = statistics.median(extra) <= MOST_EXTRA_S and max(peak) <= MOST_MB
            print(f"{'':22s} at most {MOST_EXTRA_S} s extra and {MOST_MB} MB: {kept}")


def shown(values: list[float]) -> str:
    return f"{statistics.median(values):8.2f} ({min(values):.2f} to {max(values):.2f})".rjust(22)


if __name__ == "__main__":
    main()
