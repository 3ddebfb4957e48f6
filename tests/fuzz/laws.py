"""What must hold of every command on every file, whatever the file holds; a breach is told in a sentence."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import tempfile
import time
import traceback
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pellucid.cli import main

LONGEST = 500  # characters of a message
NOTES = ("note: ",)  # how lines on standard error begin that are no error
RESUMED = {"run.json", "checkpoint.safetensors"}  # what stays of a training that ends half way, to go on with
MOST_SECONDS = 20.0
MOST_MEMORY = 2 * 10**9
TURNING = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"}


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and which laws it broke."""

    code: int | None
    out: str
    err: str
    faults: tuple[str, ...]
    seconds: float


def obeyed(arguments: Sequence[str], folder: Path, *, stdin: bytes = b"", exits: tuple[int, ...] = (0, 2)) -> Outcome:
    """Run the command in a folder that holds its files, and see which laws it breaks."""
    before = contents(folder)
    with voices() as heard, tempfile.TemporaryDirectory() as scratch, in_folder(folder, Path(scratch)):
        begin = time.perf_counter()
        code, out, err, faults = run(arguments, stdin)
        seconds = time.perf_counter() - begin
        faults += [f"left in the folder of temporary files: {name}" for name in sorted(os.listdir(scratch))]  # noqa: PTH208
    faults += [f"a library speaks: {heard[0]}"] if heard else []
    if code is not None and code not in exits:
        faults.append(f"exit {code}: {err.strip()[-200:]}")
    faults += said(code, out, err, as_json="--json" in arguments)
    faults += written(before, contents(folder), code)
    if seconds > MOST_SECONDS:
        faults.append(f"took {seconds:.0f} s")
    return Outcome(code, out, err, tuple(faults), seconds)


def run(arguments: Sequence[str], stdin: bytes) -> tuple[int | None, str, str, list[str]]:
    """Exit code, standard output, standard error, and what must not come out of it: errors and warnings."""
    out, err, source = io.StringIO(), io.StringIO(), io.TextIOWrapper(io.BytesIO(stdin))
    faults: list[str] = []
    code: int | None = None
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(out):
        warnings.simplefilter("always")
        with contextlib.redirect_stderr(err), replaced_stdin(source):
            try:
                code = main(list(arguments))
            except BaseException as error:
                place = traceback.extract_tb(error.__traceback__)[-1]
                own = [frame for frame in traceback.extract_tb(error.__traceback__) if "pellucid" in frame.filename]
                where = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else f"{place.filename}:{place.lineno}"
                faults.append(f"traceback: {type(error).__name__}: {str(error)[:200]} ({where})")
    faults += [f"warning: {one.category.__name__}: {one.message} ({Path(one.filename).name}:{one.lineno})"
               for one in warned[:2]]  # fmt: skip
    return code, out.getvalue(), err.getvalue(), faults


def said(code: int | None, out: str, err: str, *, as_json: bool) -> Iterator[str]:
    """What is wrong with what a command has said: one message where it fails, none where not, all of it readable."""
    lines = err.splitlines()
    errors = [line for line in lines if not line.startswith(NOTES)]
    if code == 2 and (len(errors) != 1 or not errors[0].startswith("error: ")):
        yield f"{len(errors)} messages: {errors[:3]}"
    if code == 0 and errors:
        yield f"says though nothing is wrong: {errors[0][:200]}"
    for line in lines:
        if len(line) > LONGEST:
            yield f"a message of {len(line)} characters: {line[:100]} … {line[-60:]}"
    if bad := unreadable(err):
        yield f"{bad!r} in a message: {err[:200]!r}"
    if bad := unreadable(out):
        yield f"{bad!r} in the output"
    if code == 2 and out and as_json:
        yield "JSON beside an error"
    if code == 0 and as_json:
        yield from no_json(out)


def unreadable(text: str) -> str | None:
    """The first character that a terminal would obey or could not show."""
    for mark in text:
        if mark in TURNING or (mark != "\n" and unicodedata.category(mark) in ("Cc", "Cs", "Zl", "Zp")):
            return mark
    return None


def no_json(out: str) -> Iterator[str]:
    def refuse(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    try:
        value = json.loads(out, parse_constant=refuse)
    except ValueError as error:
        yield f"no JSON: {error}"
    else:
        if not isinstance(value, dict):
            yield "JSON, but no object"


def written(before: dict[str, bytes], after: dict[str, bytes], code: int | None) -> Iterator[str]:
    """What is wrong with the files: at a failure nothing is new, and never is anything lost or left half-written."""
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield f"lost: {name}"
        elif re.search(r"(^|/)\.pellucid-", name):
            yield f"left over: {name}"
        elif code == 2 and name not in before and not {*map(os.path.basename, after)} >= RESUMED:
            yield f"written at exit 2: {name}"
        elif name in before and before[name] != after[name] and code == 2:
            yield f"changed at exit 2: {name}"


def contents(folder: Path) -> dict[str, bytes]:
    """All files in a folder, by their path within it."""
    return {
        os.path.relpath(os.path.join(place, name), folder): Path(place, name).read_bytes()  # noqa: PTH118
        for place, _, names in os.walk(folder)
        for name in names
    }


@contextlib.contextmanager
def in_folder(folder: Path, scratch: Path) -> Iterator[None]:
    """Stand in a folder, with another one for temporary files."""
    here, temporary = Path.cwd(), tempfile.tempdir
    os.chdir(folder)
    tempfile.tempdir = str(scratch)
    try:
        yield
    finally:
        tempfile.tempdir = temporary
        os.chdir(here)


@contextlib.contextmanager
def replaced_stdin(source: io.TextIOWrapper) -> Iterator[None]:
    import sys

    before, sys.stdin = sys.stdin, source
    try:
        yield
    finally:
        sys.stdin = before


@contextlib.contextmanager
def voices() -> Iterator[list[str]]:
    """What libraries write to the process's own standard output and error, past Python's."""
    heard: list[str] = []
    saved = [os.dup(number) for number in (1, 2)]
    with tempfile.TemporaryFile() as file:
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        try:
            yield heard
        finally:
            for number, copy in zip((1, 2), saved, strict=True):
                os.dup2(copy, number)
                os.close(copy)
            file.seek(0)
            if text := file.read().decode(errors="replace").strip():
                heard.append(text[:300])


def emptied(folder: Path) -> Path:
    """A folder with nothing in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
