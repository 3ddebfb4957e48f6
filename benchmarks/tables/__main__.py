"""``python -m benchmarks.tables``: every table, five seeds, both contestants; prints and writes what came of it."""

import json
import os
import platform
import statistics
import sys
from datetime import date
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "tables-benchmark.md"
RESULTS = Path(__file__).parent / "results.json"
SEEDS = 5
SETTINGS_FOR_OLD_LIBRARIES = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


def measure() -> list[dict[str, Any]]:
    """A row for each table: both scores and both times, seed by seed."""
    from benchmarks.tables.contest import compare, is_class
    from benchmarks.tables.data import CHOSEN, FRESH

    compare(CHOSEN[1], 0)  # what is imported and compiled the first time is not counted
    rows = []
    for task in FRESH + CHOSEN:
        frame = task.table()
        pairs = [compare(task, seed) for seed in range(SEEDS)]
        row = {
            "table": task.name,
            "origin": task.origin,
            "target": task.target,
            "fresh": task in FRESH,
            "rows": len(frame),
            "columns": frame.shape[1],
            "score": "accuracy" if is_class(frame[task.target].dropna()) else "R²",
            "pellucid": [ours.score for ours, _ in pairs],
            "scikit-learn": [theirs.score for _, theirs in pairs],
            "pellucid_seconds": [ours.seconds for ours, _ in pairs],
            "scikit-learn_seconds": [theirs.seconds for _, theirs in pairs],
        }
        rows.append(row)
        print(line(row), flush=True)
    return rows


def gap(row: dict[str, Any]) -> float:
    """The median, over the seeds, of how far pellucid's score is above scikit-learn's."""
    return statistics.median(a - b for a, b in zip(row["pellucid"], row["scikit-learn"], strict=True))


def clearly_behind(row: dict[str, Any]) -> bool:
    """Whether the gap is downward, more than 0.01 and more than scikit-learn's score varies from seed to seed."""
    return gap(row) < -max(0.01, statistics.stdev(row["scikit-learn"]))


def line(row: dict[str, Any]) -> str:
    """A row of the table of the page."""
    middle = {name: statistics.median(row[name]) for name in row if isinstance(row[name], list)}
    ratio = middle["pellucid_seconds"] / middle["scikit-learn_seconds"]
    return (
        f"| {row['table']} → {row['target']} ({row['origin']}) | {row['rows']:,} × {row['columns']} | {row['score']} "
        f"| {middle['pellucid']:.3f} | {middle['scikit-learn']:.3f} | {gap(row):+.3f} "
        f"| {statistics.stdev(row['scikit-learn']):.3f} | {middle['pellucid_seconds']:.2f} s "
        f"| {middle['scikit-learn_seconds']:.2f} s | {ratio:.2f} |"
    )


HEAD = (
    "| table | rows × columns | score | pellucid | scikit-learn | difference | spread | time | its time | ratio |\n"
    "|---|---|---|---|---|---|---|---|---|---|\n"
)


def page(rows: list[dict[str, Any]]) -> str:
    """What the page says between its markers: the tables that chose nothing first."""
    import numpy
    import sklearn

    versions = (
        f"Python {platform.python_version()}, NumPy {numpy.__version__}, scikit-learn {sklearn.__version__}, "
        f"{os.cpu_count()} cores"
    )
    fresh, chose = ([row for row in rows if row["fresh"] is new] for new in (True, False))
    return (
        f"Measured on {date.today().isoformat()} with `python -m benchmarks.tables` ({versions}).\n\n"
        f"## Tables on which nothing was chosen\n\n{_part(fresh)}\n"
        f"## Tables on which the defaults were chosen\n\n{_part(chose)}"
    )


def _part(rows: list[dict[str, Any]]) -> str:
    """Some tables, and what they come to."""
    gaps = [gap(row) for row in rows]
    behind = [f"{row['table']} ({gap(row):+.3f})" for row in rows if clearly_behind(row)]
    times = [[statistics.median(row[f"{name}_seconds"]) for name in ("pellucid", "scikit-learn")] for row in rows]
    ratios = [ours / theirs for ours, theirs in times]
    return (
        HEAD
        + "\n".join(map(line, rows))
        + f"\n\nThe median difference is {statistics.median(gaps):+.3f}; ahead on {sum(g > 0 for g in gaps)}, "
        f"behind on {sum(g < 0 for g in gaps)} of {len(gaps)}; clearly behind on {', '.join(behind) or 'none'}. "
        f"The median ratio of times is {statistics.median(ratios):.2f}, the largest {max(ratios):.2f}.\n"
    )


def write(rows: list[dict[str, Any]]) -> None:
    """Write the figures, and the page's table between its markers."""
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, _, after = rest.partition("<!-- /measured -->")
    PAGE.write_text(f"{before}<!-- measured -->\n{page(rows)}<!-- /measured -->{after}", encoding="utf-8")


def restart_without(module: str) -> None:
    """Run a module anew where the environment holds settings that slow a current NumPy."""
    if any(name in os.environ for name in SETTINGS_FOR_OLD_LIBRARIES):
        clean = {name: value for name, value in os.environ.items() if name not in SETTINGS_FOR_OLD_LIBRARIES}
        os.execve(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]], clean)


if __name__ == "__main__":
    restart_without("benchmarks.tables")
    write(measure())
