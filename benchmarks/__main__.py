"""``python -m benchmarks``: measure everything in one go, show it, and write JSON and chart."""

import json
import shlex
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from benchmarks import chart, data, machine, processes, report, turns
from benchmarks.contestants import GROUPS, WITH_RESULTS
from benchmarks.workloads import ARTICLE, FITTING, PREDICTION, TRAINING, Workload, quick

READING = [Workload("read 42,000 rows of CSV", ARTICLE, rows=data.CSV_ROWS)]
WORK = {"training": TRAINING, "fitting": FITTING, "prediction": PREDICTION, "reading": READING}
ALL_GROUPS = (*WORK, "imports", "cold", "installed")


@click.group(invoke_without_command=True)
@click.option("--only", multiple=True, metavar="NAME", help="A group, a workload or a contestant; may be repeated.")
@click.option("--repeats", type=click.IntRange(1), default=15, show_default=True, help="Turns of each contestant.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("benchmarks/results.json"), show_default=True)
@click.option("--chart", "picture", type=click.Path(path_type=Path), default=Path("docs/images/performance.svg"))
@click.option("--quick", "in_short", is_flag=True, help="A tenth of the work, three repeats: to see that it runs.")
@click.pass_context
def main(ctx: click.Context, only: tuple[str, ...], repeats: int, out: Path, picture: Path, in_short: bool) -> None:
    """Measure pellucid beside its bound and its peers; see benchmarks/README.md for what each figure means."""
    if ctx.invoked_subcommand is not None:
        return
    choice = Choice(only)
    results: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "command": shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]]),
        "repeats": 3 if in_short else repeats,
        "quick": in_short,
        "machine": machine.describe(),
        "blas": {},
    }
    with tempfile.TemporaryDirectory(prefix="pellucid-benchmarks-") as name:
        measure(results, choice, Path(name), lambda: write(results, out))
    write(results, out)
    report.show(results)
    for path in [out, *chart.draw(results, picture)]:
        click.echo(f"written: {path}")


@main.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@click.option("--page", type=click.Path(path_type=Path, exists=True), help="Put them into a page between its marks.")
def table(path: Path, page: Path | None) -> None:
    """Print the tables of a results.json as Markdown, with notes; or put the tables into a page."""
    results = json.loads(path.read_text())
    if page is None:
        click.echo(f"{report.markdown(results)}\n{report.notes_as_markdown(results)}", nl=False)
        return
    before, opening, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, closing, after = rest.partition("<!-- /measured -->")
    if not closing:
        raise click.BadParameter(f"{page} has no lines <!-- measured --> and <!-- /measured -->")
    page.write_text(f"{before}{opening}{report.markdown(results)}{closing}{after}", encoding="utf-8")


class Choice:
    """What ``--only`` leaves of groups, workloads and contestants; a kind that it does not name stays whole."""

    def __init__(self, only: tuple[str, ...]) -> None:
        self.only = set(only)
        works = {workload.name for group in WORK.values() for workload in group}
        others = {*processes.imports(), *processes.cold(Path(), 0)}
        names = {name for group in GROUPS.values() for name in group} | others
        unknown = self.only - works - names - set(ALL_GROUPS)
        if unknown:
            known = "; ".join([*ALL_GROUPS, *sorted(works), *sorted(names)])
            raise click.BadParameter(f"{', '.join(sorted(unknown))} is not known; take one of: {known}")
        self.groups, self.works, self.names = self.only & set(ALL_GROUPS), self.only & works, self.only & names

    def group(self, group: str) -> bool:
        """Whether a group takes part at all."""
        if not self.groups and not self.works:
            return True
        return group in self.groups or bool(self.workloads(group) and self.works)

    def workloads(self, group: str) -> list[Workload]:
        """A group's workloads."""
        named = [workload for workload in WORK.get(group, []) if workload.name in self.works]
        return WORK.get(group, []) if group in self.groups or not self.works else named

    def contestants(self, names: Any) -> list[str]:
        """Who takes part."""
        return [name for name in names if name in self.names or not self.names]


def measure(results: dict[str, Any], choice: Choice, folder: Path, save: Callable[[], None]) -> None:
    """All groups that were chosen, one after the other; ``save`` keeps what there is after each case."""
    if choice.group("installed"):
        results["installed"] = machine.installed()
    if choice.group("training") or choice.group("prediction"):
        data.write_arrays(folder)
    if choice.group("reading"):
        data.write_csv(folder)
    for group in WORK:
        if choice.group(group):
            _workloads(group, results, choice, folder, save)
    names, repeats = choice.contestants(processes.imports()), results["repeats"]
    if choice.group("imports"):
        click.echo("imports", err=True)
        results["imports"] = processes.run(lambda _: processes.imports(), names, repeats, folder, _say)
        save()
    if choice.group("cold"):
        click.echo("cold start", err=True)
        data.write_idx(folder)
        names = choice.contestants(processes.cold(folder, 0))
        count = min(repeats, 5)
        results["cold"] = processes.run(
            lambda seed: processes.cold(folder, seed), names, count, folder, _say, scored=True
        )
        save()


def _workloads(group: str, results: dict[str, Any], choice: Choice, folder: Path, save: Callable[[], None]) -> None:
    """The workloads of a group whose contestants are workers."""
    results[group] = []
    with turns.Workers(group, choice.contestants(GROUPS[group]), folder) as workers:
        for workload in choice.workloads(group):
            click.echo(workload.name, err=True)
            work = quick(workload) if results["quick"] and group != "reading" else workload
            case = turns.run(workers, work, results["repeats"], _say)
            if group in WITH_RESULTS:
                _compare(case, folder)
            for name, values in case["contestants"].items():
                results["blas"][name] = values.pop("blas")
            results[group].append(case)
            save()


def _compare(case: dict[str, Any], folder: Path) -> None:
    """How far each contestant's results are from pellucid's, at most."""
    if "pellucid" not in case["contestants"]:
        return
    ours = np.load(folder / "result-pellucid.npz")
    for name, values in case["contestants"].items():
        theirs = np.load(folder / f"result-{name}.npz")
        gaps = [np.abs(ours[key].astype(np.float64) - theirs[key]).max() for key in ours.files]
        values["differs"] = float(max(gaps))


def _say(line: str) -> None:
    click.echo(line, err=True)


def write(results: dict[str, Any], path: Path) -> None:
    """The results as they are so far."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
