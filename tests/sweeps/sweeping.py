"""What the tests of sweeps share: a small table, a search on it, and a sweep in a process of its own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

SEARCH = "hidden=3,8,8-4 learning-rate=1e-4:1:log dropout=0:0.5"
WORDS = ("table.csv", "--target", "c", "--epochs", "6", "--search", SEARCH)


def write_table(folder: Path, rows: int = 80) -> None:
    """A table of two numbers and a class."""
    numbers = np.random.default_rng(0).normal(size=(rows, 2))
    lines = [f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in numbers]
    (folder / "table.csv").write_text("\n".join(["a,b,c", *lines]) + "\n")


def start(*words: object) -> subprocess.Popen[str]:
    """A sweep in a process and a group of its own, as a terminal gives it one."""
    command = [sys.executable, "-m", "pellucid", "sweep", *map(str, words)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
        start_new_session=True,
    )  # fmt: skip


def told(folder: Path) -> list[dict[str, Any]]:
    """The trials that have ended, as the journal has them, without what is measured."""
    path = folder / "journal.log"
    whole = path.read_bytes().rpartition(b"\n")[0].splitlines() if path.exists() else []
    found = [entry.get("user_attr", {}).get("outcome") for entry in map(json.loads, whole)]
    return [{name: value for name, value in outcome.items() if name != "seconds"} for outcome in found if outcome]


def wait_until_told(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Wait until so many trials of a sweep have ended, or all of it."""
    while process.poll() is None and len(told(folder)) < count:
        time.sleep(0.02)
