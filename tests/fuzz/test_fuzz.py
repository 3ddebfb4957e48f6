"""Whatever a file holds: it is read, or one message says why not."""

from pathlib import Path

import pytest

from fuzz.cases import FOUND, Case, case, cases_of, seeds_of, tried
from fuzz.seeds import READERS

SLOW = pytest.mark.slow  # what the doctor is given takes seconds
FILES = sorted(FOUND.iterdir()) if FOUND.is_dir() else []


@pytest.mark.slow
@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"checkpoint", "path", "history.csv", "own data"}))
def test_a_good_file_is_read_by_every_command(reader: str, tmp_path: Path) -> None:
    name, seed = next(iter(seeds_of(reader).items()))
    for command in READERS[reader].commands:
        outcome = tried(Case(reader, name, seed.content, command, READERS[reader].streams), tmp_path)
        assert not outcome.faults, (name, command, outcome.faults)
        assert outcome.code == 0, (name, command, outcome.err)


@pytest.mark.parametrize("reader", [pytest.param(r, marks=SLOW if r == "doctor" else []) for r in READERS])
def test_damaged_files_are_read_or_refused_in_one_message(reader: str, tmp_path: Path) -> None:
    for number in range(4):
        one = case(reader, "fast", number)
        outcome = tried(one, tmp_path)
        assert not outcome.faults, (number, one.command, outcome.faults)


@pytest.mark.parametrize(
    "file", [pytest.param(f, id=f.name, marks=SLOW if f.name.startswith("doctor") else []) for f in FILES]
)
def test_files_that_were_found_once(file: Path, tmp_path: Path) -> None:
    for one in cases_of(file):
        outcome = tried(one, tmp_path)
        assert not outcome.faults, (one.command, outcome.faults)


@pytest.mark.parametrize("reader", list(READERS))
def test_a_file_that_is_kept_finds_its_reader_again(reader: str, tmp_path: Path) -> None:
    for name, seed in seeds_of(reader).items():
        one = Case(reader, name, seed.content, READERS[reader].commands[0])
        (tmp_path / one.name).write_bytes(one.content)
        assert next(cases_of(tmp_path / one.name)) == one
