"""``python -m benchmarks.sweeps``: what a sweep finds beside the defaults, on rows that chose nothing.

The tables are the first ten of the list ``FRESH`` with at least 500 rows: on none of them was anything chosen before.
Of each, for each seed, a fifth of the rows is put away. ``pellucid sweep`` and ``pellucid train`` get the rest, hold
the same dev part back, and the rows that were put away score both. It fills docs/sweep.md.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "sweep.md"
RESULTS = Path(__file__).parent / "sweeps.json"
TABLES, FEWEST_ROWS, SEEDS, TRIALS = 10, 500, 3, 30
SEARCH = (
    "hidden=32,64,100,200,100-50 learning-rate=1e-4:0.1:log dropout=0:0.5 weight-decay=1e-3:1:log batch-size=16,32,64"
)
HEAD = (
    "| table | rows | score | defaults | found | difference, each seed | dev loss | test loss |\n"
    "|---|---|---|---|---|---|---|---|\n"
)


def pellucid(*words: object) -> Any:
    """What a command answers as JSON."""
    command = [sys.executable, "-m", "pellucid", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def compare(task: Any, seed: int, folder: Path) -> dict[str, Any]:
    """One table, one seed: the scores of the defaults and of what was found on the rows that were put away."""
    from benchmarks.tables.contest import is_class, parts

    train, test = parts(task.table(), task.target, seed)
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    kind = "classification" if is_class(train[task.target]) else "regression"
    words = (folder / "train.csv", "--target", task.target, "--task", kind, "--seed", seed, "--dev", 0.2)
    usual = pellucid("train", *words, "--out", folder / "usual", "--engine", "numpy", "--threads", 1)
    begun = time.perf_counter()
    found = pellucid("sweep", *words, "--search", SEARCH, "--trials", TRIALS, "--out", folder / "sweep")
    seconds = time.perf_counter() - begun
    best = json.loads((folder / "sweep" / "best" / "run.json").read_text(encoding="utf-8"))["result"]
    scores = [pellucid("evaluate", run, folder / "test.csv") for run in (folder / "usual", folder / "sweep" / "best")]
    name = "accuracy" if kind == "classification" else "r2"
    return {
        "defaults": scores[0][name], "found": scores[1][name],
        "defaults_loss": scores[0]["loss"], "found_loss": scores[1]["loss"],
        "defaults_dev": usual["dev"]["loss"], "found_dev": best["dev"]["loss"],
        "best": found["best"], "pruned": found["pruned"], "seconds": round(seconds, 1),
    }  # fmt: skip


def measure() -> list[dict[str, Any]]:
    """A row for each table."""
    from benchmarks.tables.contest import is_class
    from benchmarks.tables.data import FRESH

    rows: list[dict[str, Any]] = []
    for task in FRESH:
        frame = task.table()
        if len(frame) < FEWEST_ROWS or len(rows) == TABLES:
            continue
        seeds = []
        for seed in range(SEEDS):
            with tempfile.TemporaryDirectory() as folder:
                seeds.append(compare(task, seed, Path(folder)))
        score = "accuracy" if is_class(frame[task.target].dropna()) else "R²"
        rows.append({"table": f"{task.name} → {task.target}", "rows": len(frame), "score": score, "seeds": seeds})
        print(line(rows[-1]), flush=True)
    return rows


def middle(row: dict[str, Any], name: str) -> float:
    """The median of a number over the seeds."""
    return statistics.median(seed[name] for seed in row["seeds"])


def gap(row: dict[str, Any]) -> float:
    """The median, over the seeds, of how much better the score of what was found is."""
    return statistics.median(seed["found"] - seed["defaults"] for seed in row["seeds"])


def gap_of_losses(row: dict[str, Any]) -> float:
    """The median, over the seeds, of the share by which the loss of what was found is less."""
    return statistics.median(1 - seed["found_loss"] / seed["defaults_loss"] for seed in row["seeds"])


def line(row: dict[str, Any]) -> str:
    """A row of the table of the page."""
    each = ", ".join(f"{seed['found'] - seed['defaults']:+.3f}" for seed in row["seeds"])
    losses = [1 - seed["found_dev"] / seed["defaults_dev"] for seed in row["seeds"]]
    cells = (
        row["table"], f"{row['rows']:,}", row["score"], f"{middle(row, 'defaults'):.3f}", f"{middle(row, 'found'):.3f}",
        each, f"{-100 * statistics.median(losses):+.0f} %", f"{-100 * gap_of_losses(row):+.0f} %",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def page(rows: list[dict[str, Any]]) -> str:
    """What the page says between its markers."""
    import numpy
    import optuna

    versions = f"Python {platform.python_version()}, NumPy {numpy.__version__}, Optuna {optuna.__version__}"
    better = sum(gap(row) > 0 for row in rows)
    less = sum(gap_of_losses(row) > 0 for row in rows)
    seconds = [seed["seconds"] for row in rows for seed in row["seeds"]]
    return (
        f"Measured on {date.today().isoformat()} with `python -m benchmarks.sweeps` on two shared cores ({versions}); "
        f"{TRIALS} trials each, {SEEDS} seeds, medians over them, `--search '{SEARCH}'`.\n\n{HEAD}"
        + "\n".join(map(line, rows))
        + f"\n\nThe score of what was found is the better one on {better} of {len(rows)} tables, its loss the lower "
        f"one on {less}. Other work ran on the cores meanwhile: "
        f"a sweep took {statistics.median(seconds):.0f} s in the middle, {max(seconds):.0f} s at most.\n"
    )


def write(rows: list[dict[str, Any]]) -> None:
    """Write the figures, and the page's table between its markers."""
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, _, after = rest.partition("<!-- /measured -->")
    PAGE.write_text(f"{before}<!-- measured -->\n{page(rows)}<!-- /measured -->{after}", encoding="utf-8")


if __name__ == "__main__":
    from benchmarks.tables.__main__ import restart_without

    restart_without("benchmarks.sweeps")
    os.environ.pop("PELLUCID_ENGINE", None)
    write(measure())
