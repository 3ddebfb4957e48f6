"""Numbers at the edges, in tables and in settings: no warning, no traceback, one message or an answer."""

import os
import random
import shlex
from pathlib import Path

import pytest

from fuzz import edges
from fuzz.laws import emptied, obeyed

MANY = int(os.environ.get("EDGES", "150"))  # EDGES=1000 is the full size


def tried(lines: list[str], content: bytes, folder: Path) -> None:
    """Run commands one after the other in a folder with a table, until one is refused that others build on."""
    (emptied(folder) / "in.csv").write_bytes(content)
    for line in lines:
        outcome = obeyed(shlex.split(line), folder)
        assert not outcome.faults, (line, outcome.faults)
        if outcome.code and line.startswith("train in"):
            return


def over(name: str, target: str, lines: tuple[str, ...]) -> list[str]:
    """A training on a table, and commands on what came of it."""
    train = f"train in.csv --target {target} --hidden 4,3 --epochs 2 --out run --json"
    return [train, *(line.replace("TARGET", target) for line in lines)]


@pytest.mark.slow
@pytest.mark.parametrize("target", ["class", "value"])
@pytest.mark.parametrize(
    "name", ["x huge", "value float32 over", "class constant", "kind missing", "x tiny", "three rows"]
)
def test_every_command_takes_a_table_at_the_edges(name: str, target: str, tmp_path: Path) -> None:
    tried(over(name, target, edges.EVERYTHING[:: 1 if name == "x tiny" else 3]), edges.TABLES[name], tmp_path / "case")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "name"), list(enumerate(edges.TABLES)))
def test_commands_and_pictures_take_every_table_at_the_edges(number: int, name: str, tmp_path: Path) -> None:
    every = edges.EVERYTHING + edges.PICTURES
    if MANY < 1000:  # else all of them, on both targets
        every = every[number % 16 :: 16]
    for target in ("class", "value") if MANY >= 1000 else (("class", "value")[number // 16 % 2],):
        tried(over(name, target, every), edges.TABLES[name], tmp_path / "case")


def at_random(number: int, folder: Path) -> None:
    """A command with settings at the edges, the same one each time."""
    rng = random.Random(f"edges/{number}")
    content = edges.TABLES[rng.choice(("good", rng.choice(sorted(edges.TABLES))))]
    if rng.random() < 0.6:
        lines = [edges.training(rng, rng.choice((1, 1, 2, 3)))]
    else:
        lines = over("", rng.choice(("class", "value")), (edges.following(rng),))
    tried(lines, content, folder)


@pytest.mark.slow
def test_settings_at_the_edges_are_taken_or_refused(tmp_path: Path) -> None:
    for number in range(40):
        at_random(number, tmp_path / "case")


@pytest.mark.slow
def test_many_settings_at_the_edges_are_taken_or_refused(tmp_path: Path) -> None:
    for number in range(MANY):
        at_random(number, tmp_path / "case")
