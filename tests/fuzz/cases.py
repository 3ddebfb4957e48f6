"""A case: a reader, a damaged file, a command that reads it. It is made of a reader's name, a seed and a number."""

from __future__ import annotations

import hashlib
import random
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from fuzz.laws import Outcome, emptied, obeyed
from fuzz.mutators import mutated
from fuzz.seeds import READERS, RUNS, Seed, trained
from pellucid.datasets.streaming import file_stream

FOUND = Path(__file__).parent / "found"


@dataclass(frozen=True)
class Case:
    """One damaged file, and a command that reads it; ``streams`` reads it as if it were larger than memory."""

    reader: str
    seed: str
    content: bytes
    command: str
    streams: bool = False

    @property
    def name(self) -> str:
        """How the file is called among those that were found."""
        return f"{in_a_name(self.reader)}-{in_a_name(self.seed)}-{hashlib.sha256(self.content).hexdigest()[:8]}.bin"


def in_a_name(text: str) -> str:
    """Text as it stands in the name of a file."""
    return text.replace(" ", "_")


@cache
def seeds_of(reader: str) -> dict[str, Seed]:
    """The good files of a reader."""
    return READERS[reader].seeds()


def case(reader: str, seed: object, number: int) -> Case:
    """The case of that number; the same one each time."""
    rng, known = random.Random(f"{seed}/{reader}/{number}"), READERS[reader]
    name = rng.choice(sorted(seeds_of(reader)))
    content = mutated(rng, seeds_of(reader)[name].content, known.mutators)
    return Case(reader, name, content, rng.choice(known.commands), known.streams and rng.random() < 0.5)


def cases_of(file: Path) -> Iterator[Case]:
    """A file that was found, with every command that reads such files."""
    first, second, _ = file.stem.split("-")
    reader = next(name for name in READERS if in_a_name(name) == first)
    seed = next(name for name in seeds_of(reader) if in_a_name(name) == second)
    known = READERS[reader]
    for command in known.commands:
        for streams in (False, True)[: 1 + known.streams]:
            yield Case(reader, seed, file.read_bytes(), command, streams)


def tried(one: Case, home: Path) -> Outcome:
    """Put the case's files into a folder in ``home``, and run its command there."""
    seed = seeds_of(one.reader)[one.seed]
    folder = emptied(home / "case")
    for name, content in {**seed.files, seed.mutated: one.content}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    places, exits = places_of(seed, one, home), READERS[one.reader].exits
    with streamed(one.streams):
        for line in one.command.split(" && "):
            words, _, piped = line.format(**places).partition(" < ")
            outcome = obeyed(shlex.split(words), folder, stdin=one.content if piped else b"", exits=exits)
            if outcome.code or outcome.faults:
                break
            exits = (0,)
    return outcome


def places_of(seed: Seed, one: Case, home: Path) -> dict[str, str]:
    """What stands for {file}, {in}, {flags} and the names of runs in a command."""
    data, flags = RUNS.get(one.seed.partition("_")[0], ("", ""))
    target = " ".join(flags.split()[:2]) if flags.startswith("--target") else ""
    runs = {name: str(run_in(home, name)) for name in RUNS}
    return {"file": seed.mutated, "in": data, "flags": target, **runs}


def run_in(home: Path, name: str) -> Path:
    """The folder of a run that commands use beside the damaged file."""
    folder = home / name
    if not folder.is_dir():
        for path, content in trained(name).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    return folder / "run"


@contextmanager
def streamed(wanted: bool) -> Iterator[None]:
    """Read files block by block, as if they were large."""
    with pytest.MonkeyPatch.context() as patch:
        if wanted:
            patch.setattr(file_stream, "STREAM_ABOVE", 0)
        yield


def main(arguments: Sequence[str]) -> None:
    """Show what a case, or a file that was found, does: READER SEED NUMBER, or FILE."""
    name, *rest = arguments
    chosen = [case(name, rest[0], int(rest[1]))] if rest else cases_of(Path(name))
    with tempfile.TemporaryDirectory() as home:
        for one in chosen:
            outcome = tried(one, Path(home))
            print(one.reader, one.seed, one.command, one.streams, one.content[:300])
            print(outcome)


if __name__ == "__main__":
    main(sys.argv[1:])
