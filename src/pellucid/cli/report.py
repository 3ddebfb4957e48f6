"""``pellucid report``: a finished run as one page of HTML."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import click
from click.exceptions import Exit

from pellucid.analysis.diagnosis.diagnose import diagnose_run
from pellucid.analysis.finding import Finding
from pellucid.cli.flags import with_flags
from pellucid.cli.options import TRAINED, check_out, out_option, output
from pellucid.cli.printing import Out, note, print_json
from pellucid.core.errors import InputError
from pellucid.render.report import is_report, subject, write
from pellucid.runs import Run, open_run
from pellucid.runs.run_json import REPORT


@click.command(short_help="A run as one page of HTML.")
@click.argument("run", type=TRAINED)
@out_option("Where to write it [RUN/report.html]", metavar="FILE.html")
@output
def report(run: str, out: Path | None, force: bool, as_json: bool, quiet: bool) -> None:
    """Write RUN, the folder of a finished run, as one page of HTML that opens without a network.

    It shows the scores, what was found wrong, the curves, the confusion of classes, the worst mistakes, the weights,
    the layers, what the run took, and the command that makes it again. That of a table begins with the scores beside
    those of a guess, the columns that matter, and the worst rows as the file has them. train writes it at the end; this
    makes it anew. Data that have changed or gone since are left out.
    """
    if out is not None and out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"--out {out}: the report is a page of HTML; give a name that ends in .html")
    if out is not None and os.path.realpath(out) == os.path.realpath(Path(run) / REPORT):
        out = None  # its own place, where it goes without --out
    if out is not None:
        check_out(out, own=is_report, force=force)
    opened = open_run(run)
    about = subject(opened)
    if about.dataset is None:
        note(f"note: the predictions are left out. {about.why}")
    findings = None if about.dataset is None else with_flags(diagnose_run(opened, about.dataset))
    path = write(about, findings=findings, to=out, force=force)
    if as_json:
        print_json({"report": path})
    elif quiet:
        Out().line(str(path))
    else:
        Out().line(f"{path}: {path.stat().st_size / 1000:,.0f} kB; open it in a browser")


def write_at_the_end(run: Run, findings: Sequence[Finding]) -> None:
    """The report of a run that has just ended. The run is whole already: if this fails, it only says so.

    Raises:
        Exit: Ctrl-C; with 130.
    """
    how = f"the run is complete; for its report: pellucid report {shlex.quote(str(run.folder))}"
    try:
        write(run, findings=findings)
    except KeyboardInterrupt:
        note(f"interrupted while the report was written; {how}")
        raise Exit(130) from None
    except (OSError, MemoryError, InputError) as error:
        note(f"note: the report could not be written ({error}); {how}")
