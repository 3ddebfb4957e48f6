"""The tables: one builder of rows, shown by rich in the terminal and as Markdown for docs/performance.md."""

from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table as RichTable

from benchmarks import figures
from benchmarks.figures import Spread
from benchmarks.processes import GOAL
from benchmarks.targets import IMPORT_MS, OURS, judged


class Table(NamedTuple):
    """A title, a sentence on what stands in it, and rows of text; the first row is the head."""

    title: str
    what: str
    rows: list[list[str]]


def tables(results: dict[str, Any]) -> list[Table]:
    """All that was measured."""
    made = [_targets(results)]
    if results.get("training"):
        made += [
            _matrix(
                "Training, time", results["training"], _time, "Milliseconds an epoch of the rows; median (quartiles)."
            ),
            _matrix(
                "Training, beside the bound",
                results["training"],
                _to_bound,
                "Time / the bound's time: with two threads for the large products, else with one.",
            ),
            _losses(results["training"]),
        ]
    if results.get("fitting"):
        what = "Milliseconds a whole fit in a warm process, 40 epochs; median (quartiles)."
        made.append(_matrix("Fitting a small table, time", results["fitting"], _time, what))
    if results.get("prediction"):
        what = "Microseconds a call, float32 rows; median (quartiles)."
        made.append(_matrix("Prediction, time", results["prediction"], _call, what))
    if results.get("reading"):
        what = "Milliseconds to read the 42,000 rows into arrays, warm; median (quartiles)."
        made.append(_matrix("Reading Kaggle's CSV", results["reading"], _time, what))
    if "imports" in results:
        made.append(_imports(results["imports"]))
    if "cold" in results:
        made.append(_cold(results["cold"]))
    if "installed" in results:
        made.append(_installed(results["installed"]))
    return [table for table in made if len(table.rows) > 1]


def number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _cell(value: Spread | None, scale: float = 1.0) -> str:
    if value is None:
        return "–"
    return f"{number(value.median * scale)} ({number(value.low * scale)}–{number(value.high * scale)})"


def _time(case: dict[str, Any], name: str) -> str:
    return _cell(figures.seconds(case, name), 1e3)


def _call(case: dict[str, Any], name: str) -> str:
    return _cell(figures.seconds(case, name), 1e6)


def _to_bound(case: dict[str, Any], name: str) -> str:
    return _cell(figures.ratio(case, name, figures.bounds(case)))


def _matrix(title: str, cases: list[dict[str, Any]], cell: Any, what: str) -> Table:
    """Cases down, contestants across."""
    names = list(dict.fromkeys(name for case in cases for name in case["contestants"]))
    rows = [["work", *names]]
    rows += [[case["workload"]["name"], *(cell(case, name) for name in names)] for case in cases]
    return Table(title, what, rows)


def _losses(cases: list[dict[str, Any]]) -> Table:
    """Mean losses of the last epoch: the same work leads to the same loss."""

    def cell(case: dict[str, Any], name: str) -> str:
        values = case["contestants"].get(name, {}).get("losses") or [None]
        return "–" if values[-1] is None else f"{values[-1]:.4f}"

    return _matrix(
        "Training, the last epoch's mean loss",
        cases,
        cell,
        "All start from the same weights; each shuffles for itself.",
    )


def _targets(results: dict[str, Any]) -> Table:
    rows = [["work", f"{OURS} / …", "asked", "measured (quartiles)", "reached"]]
    for target, name, measured in judged(results):
        to = {"any": f"fastest peer ({name})", "others": f"fastest other peer ({name})"}.get(target.to, name)
        reached = "yes" if measured.median <= target.limit else "no"
        rows.append([target.case, to, f"≤ {target.limit:.3g}", _cell(measured), reached])
    if {"numpy", "pellucid"} <= set(results.get("imports", {}).get("contestants", {})):
        more = _more_than_numpy(results["imports"], "pellucid")
        reached = "yes" if more.median <= IMPORT_MS else "no"
        rows.append(["import pellucid", "ms more than numpy", f"≤ {IMPORT_MS:g}", _cell(more), reached])
    return Table("What was asked", "Ratios of medians, quartiles of the ratios repeat by repeat.", rows)


def _more_than_numpy(case: dict[str, Any], name: str) -> Spread:
    """Milliseconds."""
    pairs = zip(case["contestants"][name]["seconds"], case["contestants"]["numpy"]["seconds"], strict=False)
    return figures.spread([(a - b) * 1e3 for a, b in pairs])


def _imports(case: dict[str, Any]) -> Table:
    rows = [["import", "ms, whole process", "more than numpy, ms", "peak memory, MB"]]
    for name, values in case["contestants"].items():
        more = _cell(_more_than_numpy(case, name)) if "numpy" in case["contestants"] and name != "numpy" else "–"
        peak = number(figures.spread(values["peak_mb"]).median)
        rows.append([name, _time(case, name), more, peak])
    return Table("Import", "A fresh interpreter that imports and ends; median (quartiles).", rows)


def _cold(case: dict[str, Any]) -> Table:
    rows = [
        [
            "program",
            "seconds",
            "× pellucid",
            "processor seconds",
            "peak memory, MB",
            "test accuracy, least to most",
            "runs at 97 %",
        ]
    ]
    for name, values in case["contestants"].items():
        times = figures.ratio(case, name, "pellucid")
        reached = [value for value in values["accuracy"] if value is not None]
        accuracy = f"{min(reached):.2%} – {max(reached):.2%}" if reached else "–"
        at_goal = f"{sum(value >= GOAL for value in reached)} of {len(values['accuracy'])}"
        cpu, peak = (figures.spread(values[key]).median for key in ("cpu_seconds", "peak_mb"))
        rows.append(
            [name, _cell(figures.seconds(case, name)), _cell(times), number(cpu), number(peak), accuracy, at_goal]
        )
    return Table("Cold start to 97 % of the test digits", "The whole process, measured from outside.", rows)


def _installed(sizes: dict[str, Any]) -> Table:
    rows = [["package", "MB on disk", "packages"]]
    for name, values in sorted(sizes.items(), key=lambda item: item[1]["bytes"]):
        rows.append([name, number(values["bytes"] / 1e6), ", ".join(values["packages"])])
    return Table("Installed", "Files of each package and of all that it needs, byte code left out.", rows)


def head(results: dict[str, Any]) -> list[str]:
    """When, where, with what."""
    machine = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    lines = [
        f"{results['date']}, {results['command']}, {results['repeats']} repeats",
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}",
        versions,
    ]
    for name, pools in results.get("blas", {}).items():
        found = (f"{pool['internal_api']} {pool['version']} {pool['architecture'] or ''}".strip() for pool in pools)
        lines.append(f"{name}: {', '.join(dict.fromkeys(found)) or 'no pool that threadpoolctl knows'}")
    return lines


def show(results: dict[str, Any]) -> None:
    """Everything in the terminal, doubts last."""
    console = Console(highlight=False)
    for line in head(results):
        console.print(line, soft_wrap=True, markup=False)
    for table in tables(results):
        shown = RichTable(title=table.title, caption=table.what)
        for name in table.rows[0]:
            shown.add_column(name, overflow="fold")
        for row in table.rows[1:]:
            shown.add_row(*row)
        console.print(shown)
    for line in notes(results):
        console.print(line, soft_wrap=True, markup=False)


def notes(results: dict[str, Any]) -> list[str]:
    """What was chosen for each peer, who is absent and why, and what is odd."""
    lines = []
    groups = ("training", "fitting", "prediction", "reading")
    for case in [case for group in groups for case in results.get(group, [])]:
        work = case["workload"]["name"]
        for name, values in case["contestants"].items():
            compiled = f", {values['compile_seconds']:.1f} s to compile" if values["compile_seconds"] else ""
            lines.append(f"{work}, {name}: {values['notes']}{compiled}")
        lines += [f"{work}, {name}: absent, {reason}" for name, reason in case["absent"].items()]
        lines += [f"{work}: DOUBT: {doubt}" for doubt in figures.doubts(case)]
    return lines


def markdown(results: dict[str, Any]) -> str:
    """The tables of docs/performance.md."""
    parts = ["\n".join(f"- {line}" for line in head(results))]
    for title, what, (first, *rows) in tables(results):
        lines = [f"### {title}", "", what, "", _row(first), _row(["---"] * len(first)), *map(_row, rows)]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def notes_as_markdown(results: dict[str, Any]) -> str:
    """What stands below the tables in the terminal."""
    return "### Notes\n\n" + "\n".join(f"- {line}" for line in notes(results)) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
