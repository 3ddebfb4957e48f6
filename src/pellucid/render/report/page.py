"""The page as a whole, and its file."""

from collections.abc import Sequence
from pathlib import Path
from string import Template

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import check_replaceable, marked, write_whole
from pellucid._pages import in_one_sheet, policy
from pellucid._text import escape
from pellucid.analysis.finding import Finding
from pellucid.datasets import Dataset
from pellucid.render import palette
from pellucid.render.report import (
    columns,
    confusion,
    cost,
    curves,
    hero,
    importance,
    layers,
    mistakes,
    residuals,
    scores,
)
from pellucid.render.report.held import held
from pellucid.render.report.html import Section, paragraph
from pellucid.render.report.subject import Seen, Subject, see, subject
from pellucid.render.web import look
from pellucid.render.web.modules import plain
from pellucid.runs import Run, SavedRun, read_run
from pellucid.runs.run_json import REPORT

HERE = Path(__file__).parent
CUT = "<!-- the end of the top -->"
Source = Subject | SavedRun | Run | StrPath  # a run, or its folder


def page(run: Source, *, dataset: Dataset | None = None, findings: Sequence[Finding] | None = None) -> str:
    """A finished run as one page of HTML that needs no other file and no network.

    Args:
        run: the folder of a run, the run read back (``runs.read_run``), or the run that has just ended in this process;
            or what ``subject`` made of one of them.
        dataset: its data, if they are at hand; else they are read, and left out where they have changed or gone.
        findings: what was found wrong with it; with None the page says nothing of it.

    Raises:
        InputError: there is no finished run, or its files are damaged.
    """
    about = _subject(run, dataset)
    value, words = hero.score(about)
    sections = _sections(about, see(about), findings)
    contents = "".join(f'<li><a href="#{one.anchor}">{escape(one.short)}</a></li>' for one in sections)
    top = hero.hero(about, findings)
    markup, more = in_one_sheet(top + CUT + "".join(one.markup() for one in sections))
    top, _, markup = markup.partition(CUT)
    style = "\n".join([look(), (HERE / "page.css").read_text(encoding="utf-8").strip(), palette.on_paper(), more])
    script = plain((HERE / "contents.js").read_text(encoding="utf-8"))
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        title=escape(hero.title(about)), score=escape(value), words=escape(words), style=style,
        policy=policy([style], script), script=script, top=top, contents=contents, sections=markup,
        version=escape(pellucid.__version__),
    )  # fmt: skip


is_report = marked(b'<meta name="generator" content="pellucid report">')


def write(
    run: Source,
    *,
    dataset: Dataset | None = None,
    findings: Sequence[Finding] | None = None,
    to: StrPath | None = None,
    force: bool = False,
) -> Path:
    """Write the page of a run, whole or not at all, to ``to`` or into the run's folder; returns where it is.

    Raises:
        InputError: as ``page`` does; or a file is there that is no report, and ``force`` does not say that it may go.
        OSError: the file cannot be written; what was there before is untouched.
    """
    about = _subject(run, dataset)
    path = about.folder / REPORT if to is None else Path(to)
    if to is not None:
        check_replaceable(path, is_report, force=force)
    write_whole(path, page(about, findings=findings).encode(), durable=False)
    return path


def _subject(run: Source, dataset: Dataset | None) -> Subject:
    if isinstance(run, Subject):
        return run
    return subject(run if isinstance(run, SavedRun | Run) else read_run(Path(run)), dataset)


def _sections(about: Subject, seen: Seen | None, findings: Sequence[Finding] | None) -> list[Section]:
    return (_of_samples if about.model.preprocessing is None else _of_table)(about, seen, findings)


def _of_samples(about: Subject, seen: Seen | None, findings: Sequence[Finding] | None) -> list[Section]:
    """Of a run on pictures or arrays: how training went comes before what the network makes of samples."""
    return [
        *_findings(findings), curves.training_curves(about.history), *_predictions(about, seen, None),
        layers.weights(about), scores.scores(about), *_rest(about, seen),
    ]  # fmt: skip


def _of_table(about: Subject, seen: Seen | None, findings: Sequence[Finding] | None) -> list[Section]:
    """Of a run on a table: the answer comes first, which columns it hangs on, and the rows that it is wrong about."""
    found = importance.find(about)
    made = [
        *_findings(findings), importance.columns(about, found), *_predictions(about, seen, found),
        curves.training_curves(about.history), scores.scores(about), columns.columns(about), *_rest(about, seen),
    ]  # fmt: skip
    return [section for section in made if section is not None]


def _findings(findings: Sequence[Finding] | None) -> list[Section]:
    """A section where there is something to say; that there is nothing is a line at the top."""
    return [hero.findings(findings)] if findings else []


def _rest(about: Subject, seen: Seen | None) -> list[Section]:
    return [layers.layers(about, seen), cost.again(about), cost.cost(about)]


def _predictions(about: Subject, seen: Seen | None, found: importance.Found | None) -> list[Section]:
    """What the network makes of samples, by what it predicts: all of them as a picture, then the worst."""
    net = about.network
    if seen is None:
        why = about.why or "The data are larger than memory, and no part was held back."
        return [Section("classes", "Predictions", "What it predicts", paragraph(f"Nothing is shown here. {why}"))]
    if net.loss.kind == "values":
        return [residuals.residuals(about, seen, held(about, seen, found))]
    if net.loss.kind == "probabilities" and net.sizes[-1] > 1:
        words = "Each output answers a question of its own: there is no one class to confuse with another."
        return [Section("classes", "Predictions", "What it predicts", paragraph(words))]
    return [confusion.classes(about, seen), mistakes.mistakes(about, seen, held(about, seen, found))]
