"""Damage files and let pellucid read them, for as long as one wants: python scripts/tasks.py fuzz --help."""

import argparse
import base64
import contextlib
import itertools
import os
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # in place of this folder: the tests

from fuzz.cases import FOUND, case  # noqa: E402
from fuzz.seeds import READERS  # noqa: E402
from fuzz.workers import Result, results  # noqa: E402

SHOWN, MOST = 3000, 100_000  # bytes of a file that are printed, and kept


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python scripts/tasks.py fuzz", description="Every reader on damaged files.")
    parser.add_argument("--seconds", type=float, default=120, help="How long [120]; --count in its place.")
    parser.add_argument("--count", type=int, help="How many files of each reader.")
    parser.add_argument("--seed", default=f"{datetime.now(UTC):%Y-%m-%d}", help="Decides all files [the day's date].")
    parser.add_argument("--reader", action="append", choices=list(READERS), help="Only this one; repeatable.")
    parser.add_argument("--first", type=int, default=0, help="The number of the first file [0].")
    parser.add_argument("--keep", type=Path, default=FOUND, metavar="FOLDER", help="For what fails [tests/fuzz/found].")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="Processes [one a core].")
    return parser.parse_args()


def numbers(asked: argparse.Namespace) -> Iterator[tuple[str, int]]:
    """The cases to try: a file of each reader, then the next one of each."""
    begin = time.monotonic()
    for number in itertools.count(asked.first):
        for reader in asked.reader or READERS:
            if asked.count is None and time.monotonic() - begin > asked.seconds:
                return
            yield reader, number
        if asked.count is not None and number + 1 == asked.first + asked.count:
            return


def kind_of(fault: str) -> str:
    """A fault without its numbers and names, so that the same one is told once."""
    return re.sub(r"\d+|'[^']*'", "#", fault)[:90]


def tell(result: Result, seed: str, folder: Path) -> None:
    """A failing input, so that it can be had again, and that it is kept."""
    one = case(result.reader, seed, result.number)
    print(f"\n{one.reader}, --seed {seed}, file {result.number}: pellucid {one.command}{' (streamed)' * one.streams}")
    print("\n".join(f"  {fault}" for fault in result.faults))
    if len(one.content) <= MOST:
        folder.mkdir(exist_ok=True)
        (folder / one.name).write_bytes(one.content)
        print(f"  kept as {folder / one.name}, {len(one.content):,} bytes")
    else:
        again = f"--reader '{one.reader}' --first {result.number} --count 1"
        print(f"  {len(one.content):,} bytes, too many to keep: {again}")
    if len(one.content) <= SHOWN:
        print(f"  {base64.b64encode(one.content).decode()}", flush=True)


def table(everything: dict[str, list[Result]]) -> Iterator[str]:
    """A line for each reader."""
    form = "{:15}{:>9}{:>9}{:>9}{:>12}{:>8}{:>10}{:>10}"
    yield form.format("reader", "inputs", "exit 0", "exit 2", "tracebacks", "faults", "slowest", "memory")
    for reader, found in (*everything.items(), ("all", [one for each in everything.values() for one in each])):
        codes = [one.code for one in found]
        broken = sum(any(fault.startswith("traceback") for fault in one.faults) for one in found)
        slowest, most = max(one.seconds for one in found), max(one.memory for one in found)
        yield form.format(
            reader, len(found), codes.count(0), codes.count(2), broken, sum(bool(one.faults) for one in found),
            f"{slowest:.1f} s", f"{most / 1e6:.0f} MB",
        )  # fmt: skip


def main() -> None:
    asked = arguments()
    everything: dict[str, list[Result]] = defaultdict(list)
    known: set[tuple[str, str]] = set()

    print(f"seed {asked.seed}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        for result in results(numbers(asked), asked.seed, asked.workers):
            everything[result.reader].append(result)
            kinds = {(result.reader, kind_of(fault)) for fault in result.faults}
            if kinds - known:
                known |= kinds
                tell(result, asked.seed, asked.keep)
    print("", *table(dict(everything)), sep="\n")
    if known:
        raise SystemExit(f"{len(known)} kinds of faults")


if __name__ == "__main__":
    main()
