"""``pellucid doctor``: what is wrong with a learner's own network code."""

import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click
from click.exceptions import Exit

from pellucid._files.reading import bytes_of
from pellucid._text import visible
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.safe_run import MEMORY, SECONDS, examine_safely
from pellucid.cli.options import OneOf, output
from pellucid.cli.printing import Out, note, print_json
from pellucid.cli.sarif import sarif
from pellucid.core.errors import InputError

EXIT_CODES = {True: 0, False: 1, None: 3}  # by Diagnosis.healthy
POLL = 0.3  # seconds between two looks at a file that is watched


@click.command(short_help="What is wrong with your own network code.")
@click.argument("file", metavar="FILE.py|FILE.ipynb")
@click.option("--verbose", is_flag=True, help="Show what your code prints, on standard error.")
@click.option("--watch", is_flag=True, help="Examine the file again each time that it is saved, until Ctrl-C.")
@click.option(
    "--format", "form", type=OneOf(["text", "json", "sarif"]), default="text", show_default=True,
    help="Text for people, JSON, or SARIF for editors.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=1), default=SECONDS, show_default=True, metavar="SECONDS",
    help="How long your code may run in all.",
)  # fmt: skip
@click.option("--memory", metavar="SIZE", help="What your code may take of memory, such as 4GB.  [default: 2GB]")
@output
def doctor(
    file: str, verbose: bool, watch: bool, form: str, timeout: float, memory: str | None, as_json: bool, quiet: bool
) -> None:
    """Examine the neural network that you have written in a file: which layer's which gradient is wrong, and how.

    The functions are found by their names (init_params, forward_prop, backward_prop, update_params, loss, train, …) and
    called by the names of their arguments (W1, b1, X, Y, Z1, A1, params, cache, grads, learning_rate, …). Where that
    does not do, a mapping in the file says which is which:

    \b
    PELLUCID = dict(init=make, forward=predict,
                    backward=slopes, update=step, loss=cost,
                    X=X_train, y=Y_train, samples="columns")

    Your code runs in a process of its own, in a copy of its folder; it cannot write elsewhere, use the network or start
    programs. Training, downloads and printing at the top level are not run. Your functions are tried on a small random
    batch.

    Exit code: 0 compared and healthy, 1 a fault was found, 2 the file cannot be used, 3 a gradient could not be
    compared and no fault was found.
    """  # noqa: D301  (click reads \b as: leave these lines as they are)
    most = MEMORY if memory is None else _memory(memory)
    show = _print_on_standard_error if verbose else None

    def examine() -> int:
        diagnosis = examine_safely(file, seconds=timeout, memory=most, show=show)
        if as_json or form == "json":
            print_json({"file": file, "healthy": diagnosis.healthy, **asdict(diagnosis)})
        elif form == "sarif":
            print_json(sarif(file, diagnosis))
        else:
            _show(file, diagnosis, quiet=quiet)
        return EXIT_CODES[diagnosis.healthy]

    if watch:
        _watch(file, examine)
    code = examine()
    if code:
        raise Exit(code)


def _memory(size: str) -> int:
    try:
        return bytes_of(size)
    except InputError:
        raise InputError(f"memory={size!r}: give a size, such as '4GB' or '500MB'") from None


def _print_on_standard_error(text: str) -> None:
    if sys.stderr is not None:
        print(visible(text, kept="\n\t"), end="", file=sys.stderr, flush=True)


def _watch(file: str, examine: Callable[[], int]) -> None:
    """Examine a file now and each time that it has changed, until Ctrl-C."""
    seen: object = ()
    while True:
        try:
            found = Path(file).stat()
            now: object = (found.st_mtime_ns, found.st_size)
        except OSError:  # an editor is about to put the new file there, or there is none
            now = None
        if now != seen:
            if seen != ():
                note(f"──── {time.strftime('%H:%M:%S')} {file} was saved ────")
            seen = now
            try:
                examine()
            except InputError as error:
                note(f"error: {error}")
            sys.stdout.flush()
        time.sleep(POLL)


def _show(file: str, diagnosis: Diagnosis, *, quiet: bool) -> None:
    results, count = Out(), len(diagnosis.findings)
    faults = f"{count} fault{'s' if count > 1 else ''} found"
    said = {True: "healthy", False: faults, None: "no fault found, but not every gradient was compared"}[
        diagnosis.healthy
    ]
    results.line(f"{file}: {said}", bold=True)
    for number, finding in enumerate(diagnosis.findings, start=1):
        place = "" if finding.layer in (None, 0) else f"layer {finding.layer}, "
        results.line()
        results.line(f"{number}. {place}{finding.quantity}: {finding.fault}", bold=True)
        if not quiet:
            results.line(f"   {finding.evidence}")
        results.line(f"   → {finding.remedy}")
    parts = {"not compared": diagnosis.not_compared}
    if not quiet:
        parts = {"compared and in order": diagnosis.compared, **parts, "notes": diagnosis.notes}
    elif diagnosis.healthy is not None:
        parts = {}
    for title, lines in parts.items():
        if lines:
            results.line()
            results.line(f"{title}:")
            for line in lines:
                results.line(f"  · {line}")
