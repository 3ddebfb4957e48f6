"""``pellucid doctor``: what is wrong with a learner's own network code."""

from dataclasses import asdict

import click
from click.exceptions import Exit

from pellucid.analysis.doctor.doctor import Diagnosis, doctor_file
from pellucid.cli.options import output
from pellucid.cli.printing import Out, print_json


@click.command(short_help="What is wrong with your own network code.")
@click.argument("file", metavar="FILE.py")
@output
def doctor(file: str, as_json: bool, quiet: bool) -> None:
    """Examine the neural network that you have written in FILE.py: which layer's which gradient is wrong, and how.

    The functions are found by their names (init_params, forward_prop, backward_prop, update_params, loss, train, …) and
    called by the names of their arguments (W1, b1, X, Y, Z1, A1, params, cache, grads, learning_rate, …). Where that
    does not do, a mapping in the file says which is which:

    \b
    PELLUCID = dict(init=make, forward=predict,
                    backward=slopes, update=step, loss=cost,
                    X=X_train, y=Y_train, samples="columns")

    The doctor runs your code, so give it no file that you would not run. It runs definitions, and assignments that
    only compute; your training, reading of files and printing runs only as far as PELLUCID, your functions, or the call
    of your training function need the data. Your functions are then tried on a small random batch.

    Exit code: 0 compared and healthy, 1 a fault was found, 2 the file cannot be used, 3 a gradient could not be
    compared and no fault was found.
    """  # noqa: D301  (click reads \b as: leave these lines as they are)
    diagnosis = doctor_file(file)
    if as_json:
        print_json({"file": file, **asdict(diagnosis)})
    else:
        _show(file, diagnosis, quiet=quiet)
    if not diagnosis.healthy:
        raise Exit(3 if diagnosis.healthy is None else 1)


def _show(file: str, diagnosis: Diagnosis, *, quiet: bool) -> None:
    results, count = Out(), len(diagnosis.findings)
    said = "healthy" if diagnosis.healthy else f"{count} fault{'s' if count > 1 else ''} found"
    if diagnosis.healthy is None:
        said = "no fault found, but not every gradient was compared"
    results.line(f"{file}: {said}", bold=True)
    for number, finding in enumerate(diagnosis.findings, start=1):
        place = "" if finding.layer in (None, 0) else f"layer {finding.layer}, "
        results.line()
        results.line(f"{number}. {place}{finding.quantity}: {finding.fault}", bold=True)
        if not quiet:
            results.line(f"   {finding.evidence}")
        results.line(f"   → {finding.remedy}")
    if quiet:
        return
    for title, lines in (
        ("compared and in order", diagnosis.compared),
        ("not compared", diagnosis.not_compared),
        ("notes", diagnosis.notes),
    ):
        if lines:
            results.line()
            results.line(f"{title}:")
            for line in lines:
                results.line(f"  · {line}")
