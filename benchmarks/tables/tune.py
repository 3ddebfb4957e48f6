"""``python -m benchmarks.tables.tune``: the defaults for tables beside what else they might be, on other splits.

On the tables of ``data.CHOSEN`` alone, and on three splits of each that the benchmark does not score.
"""

import statistics
from typing import Any

from benchmarks.tables.__main__ import restart_without
from benchmarks.tables.contest import ours, parts, theirs
from benchmarks.tables.data import CHOSEN

SPLITS = range(100, 103)
ALTERNATIVES: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "He's start": {"init": "he"},
    "weight decay 0.1": {"weight_decay": 0.1},
    "weight decay 0.01": {"weight_decay": 0.01},
    "learning rate 0.002": {"learning_rate": 0.002},
    "learning rate 0.01": {"learning_rate": 0.01},
    "100 epochs": {"epochs": 100},
    "64 and 32 neurons": {"hidden": (64, 32)},
}


def gaps_of(settings: dict[str, Any], baselines: dict[Any, float]) -> list[float]:
    """For each table the mean, over the splits, of how far the score is above scikit-learn's."""
    gaps = []
    for task in CHOSEN:
        frame, differences = task.table(), []
        for seed in SPLITS:
            train, test = parts(frame, task.target, seed)
            if (task, seed) not in baselines:
                baselines[task, seed] = theirs(train, test, task.target, seed).score
            score = ours(train, test, task.target, seed, **settings).score
            differences.append(score - baselines[task, seed])
        gaps.append(statistics.mean(differences))
    return gaps


def line(name: str, gaps: list[float]) -> str:
    """A row of the table in docs/decisions/2026-11-27-the-defaults-for-tables.md."""
    cut = statistics.mean(min(max(gap, -0.1), 0.1) for gap in gaps)  # so that one table does not decide
    better = sum(gap > 0.01 for gap in gaps)
    worse, far = (sum(gap < -least for gap in gaps) for least in (0.01, 0.05))
    return f"| {name} | {statistics.median(gaps):+.4f} | {cut:+.4f} | {better} | {worse} | {far} |"


if __name__ == "__main__":
    restart_without("benchmarks.tables.tune")
    print("| | median | mean, each cut at ±0.1 | better by 0.01 | worse by 0.01 | worse by 0.05 |")
    print("|---|---|---|---|---|---|")
    baselines: dict[Any, float] = {}
    for name, settings in ALTERNATIVES.items():
        print(line(name, gaps_of(settings, baselines)), flush=True)
