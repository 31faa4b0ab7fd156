"""Who talks: how often that is right, and what it costs.

    python benchmarks/talk.py [--rooms 20] [--seconds 90] [--minutes 10]

Rooms are made of which every word is known: one to six people at -22 to -14 dB who take turns and
talk over each other, noise of -60 to -45 dB, each voice 18 to 30 dB down in everybody else's
microphone, hum, telephones of 8 kHz, silence that is not sent, and a track of music that nobody
listens to. Sentences are espeak-ng's, which has to be installed. Prints the turns that are found,
those that are none, how far starts and ends are off, and CPU seconds per hour of sound: of an index
that is made, of one that is kept, and of finding who talks.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import median

import av
import numpy as np

from roomreel.media.sound_cache import SoundIndexCache
from roomreel.media.sound_index import index_sound
from roomreel.model.media import Stored, TrackPath
from roomreel.model.time import Span
from roomreel.plan.turns import turns_of
from roomreel.samples.recorder import Samples, Take, encode_audio
from roomreel.talk import Heard, find_talk

RATE, PHONE_RATE = 48_000, 8_000

SENTENCES = (
    "Good morning everybody, can you hear me?",
    "I have looked at the figures of last week, and they are better than we thought.",
    "Yes.",
    "That is what I wanted to say, but somebody has to talk to the people in Lisbon first.",
    "No, not at all.",
    "Shall we go on with the second point of the list?",
    "The tests ran all night, three of them failed, and nobody knows why.",
    "Thank you, that helps.",
)
VOICES = ("en-gb", "en-us+f3", "en-gb+m3", "en-us+f1", "en-gb+m7", "en-us+f5")

SHORTEST_S = 0.8
LONGEST_PAUSE_S = 1.0


@dataclass(frozen=True)
class Made:
    """A room, and its truth.

    Attributes:
        files: by participant, with the time of the first sample on the room clock.
        said: by participant, seconds on the room clock, what is too short for a turn, too.
    """

    files: dict[str, tuple[Path, Fraction]]
    said: dict[str, list[tuple[float, float]]]


def main() -> None:
    """Make rooms, listen, and print figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rooms", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=90, help="length of each")
    parser.add_argument("--minutes", type=int, default=10, help="sound that is timed")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        spoken = [[speak(voice, text) for text in SENTENCES] for voice in VOICES]
        made = (make(Path(folder), number, spoken, args.seconds) for number in range(args.rooms))
        print_evidence([judge(one) for one in made])
        print_costs(Path(folder), spoken, args.minutes)


def speak(voice: str, text: str) -> Samples:
    """Return a sentence of one channel at a level of 1, without the silence around it."""
    command = ["espeak-ng", "-v", voice, "-s", "165", "--stdout", text]
    wave = subprocess.run(command, check=True, capture_output=True).stdout
    sound = np.frombuffer(wave[44:], "<i2").astype(np.float32)
    rate = int.from_bytes(wave[24:28], "little")
    loud = np.flatnonzero(np.abs(sound) > np.abs(sound).max() / 50)
    resampled = resample(sound[loud[0] : loud[-1]], rate, RATE)
    return resampled / np.sqrt(np.mean(resampled**2))


def resample(sound: Samples, rate: int, to: int) -> Samples:
    """Return the same sound at another rate."""
    resampler = av.AudioResampler("fltp", "mono", to)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[np.newaxis]), "fltp", "mono")
    frame.sample_rate = rate
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([one.to_ndarray()[0] for one in frames])


def make(folder: Path, number: int, spoken: Sequence[Sequence[Samples]], seconds: int) -> Made:
    """Write the recordings of a room; the same number, the same room."""
    chance = random.Random(number)
    count = number % 6 + 1
    voices = np.zeros((count, seconds * RATE), np.float32)
    said: list[list[tuple[float, float]]] = [[] for _ in range(count)]
    levels = [10 ** (chance.uniform(-22, -14) / 20) for _ in range(count)]
    at = 2.0
    while at < seconds - 8:
        who = chance.randrange(count)
        sentence = chance.choice(spoken[who])
        if not said[who] or said[who][-1][1] < at:
            begin = int(at * RATE)
            voices[who, begin : begin + len(sentence)] = levels[who] * sentence
            said[who].append((at, at + len(sentence) / RATE))
        at += len(sentence) / RATE + chance.choice([-0.7, 0.4, 0.8, 1.5, 3, 6])
        at = max(at, 2)
    bleed = 10 ** (-chance.uniform(18, 30) / 20)
    others = voices.sum(axis=0)
    files = {}
    for who in range(count):
        heard = voices[who] + bleed * (others - voices[who])
        offset = Fraction(chance.randrange(0, 3000), 1000)
        take = record(chance, heard[int(offset * RATE) :], said[who], offset)
        files[f"person {who}"] = take.write(folder / f"{number}-{who}.mka"), offset
    return Made(files, {f"person {who}": parts for who, parts in enumerate(said)})


def record(
    chance: random.Random, sound: Samples, said: Iterable[tuple[float, float]], offset: Fraction
) -> Take:
    """Return what a recorder makes of a microphone: noise, hum, a telephone, or silence unsent."""
    rng = np.random.default_rng(chance.randrange(2**32))
    noise = 10 ** (chance.uniform(-60, -45) / 20)
    sound = sound + noise * rng.standard_normal(len(sound)).astype(np.float32)
    if chance.random() < 0.3:
        hum = 10 ** (chance.uniform(-40, -30) / 20) * np.sqrt(2)
        sound = sound + hum * np.sin(2 * np.pi * 50 * np.arange(len(sound)) / RATE)
    sound = np.clip(sound, -1, 1).astype(np.float32)
    if chance.random() < 0.25:
        phone = resample(sound, RATE, PHONE_RATE)
        return encode_audio(phone[np.newaxis], "pcmu")
    take = encode_audio(sound[np.newaxis])
    return without_silence(take, list(said), offset) if chance.random() < 0.5 else take


def without_silence(take: Take, said: list[tuple[float, float]], offset: Fraction) -> Take:
    """Return what is sent with discontinuous transmission: a packet each 400 ms of silence."""
    kept = [
        piece
        for number, piece in enumerate(take.pieces)
        if number % 20 == 0
        or any(begin - 0.1 <= piece.at + offset < end + 0.3 for begin, end in said)
    ]
    return replace(take, pieces=tuple(kept))


def joined(said: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return what was said as turns, without what is too short for one."""
    turns: list[tuple[float, float]] = []
    for begin, end in said:
        if turns and begin - turns[-1][1] <= LONGEST_PAUSE_S:
            turns[-1] = turns[-1][0], end
        else:
            turns.append((begin, end))
    return [(begin, end) for begin, end in turns if end - begin >= SHORTEST_S]


@dataclass(frozen=True)
class Judged:
    """What came of a room: turns there were, found, and found where none was; seconds off."""

    there: int
    found: int
    all_found: int
    false: int
    starts: list[float]
    ends: list[float]


def judge(made: Made) -> Judged:
    """Listen to a room, and compare."""
    heard = {
        who: Heard(who, int(offset * 1000), index_sound(TrackPath(str(path))))
        for who, (path, offset) in made.files.items()
    }
    turns = turns_of(find_talk(heard).spurts)
    found, starts, ends = 0, [], []
    truth = {who: joined(said) for who, said in made.said.items()}
    for who, there in truth.items():
        own = [turn.span for turn in turns if turn.participant_sid == who]
        for begin, end in there:
            near = [span for span in own if overlap(span, begin, end) > (end - begin) / 2]
            found += bool(near)
            starts += [abs(float(near[0].start) - begin)] if near else []
            ends += [abs(float(near[-1].end) - end)] if near else []
    false = sum(
        not any(overlap(turn.span, *one) > 0 for one in made.said[turn.participant_sid])
        for turn in turns
    )
    return Judged(sum(map(len, truth.values())), found, len(turns), false, starts, ends)


def overlap(span: Span, begin: float, end: float) -> float:
    """Return the seconds that a span and a turn have in common."""
    return max(0.0, min(float(span.end), end) - max(float(span.start), begin))


def print_evidence(judged: Sequence[Judged]) -> None:
    """Print how much of it was right."""
    there, found = sum(one.there for one in judged), sum(one.found for one in judged)
    every, false = sum(one.all_found for one in judged), sum(one.false for one in judged)
    starts = sorted(off for one in judged for off in one.starts)
    ends = sorted(off for one in judged for off in one.ends)
    print(f"rooms {len(judged)}, turns {there}")
    print(f"found {found / there:.1%}, false {false / every:.1%} of {every}")
    for name, off in (("starts", starts), ("ends", ends)):
        print(f"{name} off: median {median(off) * 1000:.0f} ms,", end=" ")
        print(f"95 % within {off[len(off) * 95 // 100] * 1000:.0f} ms")


def print_costs(folder: Path, spoken: Sequence[Sequence[Samples]], minutes: int) -> None:
    """Print CPU seconds per hour of sound."""
    pauses = np.zeros(RATE // 2, np.float32)
    once = np.concatenate([part for text in spoken[0] for part in (0.1 * text, pauses)])
    length = minutes * 60 * RATE
    sound = np.resize(once, length) + 0.001 * np.random.default_rng(1).standard_normal(length)
    stereo = np.stack([sound, sound]).astype(np.float32)
    for name, channels in (("mono", stereo[:1]), ("stereo", stereo)):
        path = encode_audio(channels).write(folder / f"{name}.mka")
        print_hour(f"decoding alone, {name}", lambda path=path: decode(path), minutes)
        print_hour(
            f"index, Opus, {name}", lambda path=path: index_sound(TrackPath(str(path))), minutes
        )
    index = index_sound(TrackPath(str(folder / "mono.mka")))
    stored = Stored(str(folder / "mono.mka"), 1, "1")
    kept = SoundIndexCache(folder / "indexes")
    kept.keep(stored, index)
    print_hour("kept index", lambda: kept.find(stored), minutes)
    four = {f"RT{n}": Heard(f"PA{n}", 7 * n, index) for n in range(4)}
    print_hour("who talks, of four", lambda: find_talk(four), minutes * 4)


def decode(path: Path) -> int:
    """Decode a file, and return its samples."""
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def print_hour(name: str, do: Callable[[], object], minutes: int) -> None:
    """Print what an hour would take, by the least of three times."""
    times = []
    for _ in range(3):
        before = time.process_time()
        do()
        times.append(time.process_time() - before)
    print(f"{name}: {min(times) * 60 / minutes:.2f} CPU s per hour of sound")


if __name__ == "__main__":
    main()
