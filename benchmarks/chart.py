"""The chart of docs/performance.md: each contestant's time as a multiple of the bound, a row of points a workload."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks import figures

# Okabe and Ito's palette, and a marker each, so that neither colour nor print is needed to tell them apart
LOOKS = {
    "pellucid-compiled": ("#0072B2", "o"),
    "pellucid": ("#0072B2", "*"),
    "pytorch": ("#D55E00", "s"),
    "pytorch-compile": ("#E69F00", "D"),
    "jax": ("#009E73", "^"),
    "tinygrad": ("#999999", "<"),
    "scikit-learn": ("#CC79A7", "v"),
    "neural-network-digits": ("#56B4E9", "P"),
    "article": ("#000000", "X"),
}


def draw(results: dict[str, Any], path: Path) -> list[Path]:
    """Write the chart as SVG, and as PNG beside it; returns what was written."""
    cases = [case for case in results.get("training", []) if figures.bounds(case) in case["contestants"]]
    if not cases:
        return []
    mpl.rcParams["svg.hashsalt"] = "pellucid"  # the same figures give the same file
    figure = Figure(figsize=(9, 1.6 + 0.62 * len(cases)), layout="constrained")
    axes = figure.subplots()
    for row, case in enumerate(cases):
        axes.axhline(row, color="#dddddd", linewidth=0.8, zorder=0)
        for name, (colour, marker) in LOOKS.items():
            times = figures.ratio(case, name, figures.bounds(case))
            if times is None:
                continue
            bars = [[max(0.0, times.median - times.low)], [max(0.0, times.high - times.median)]]
            size = 9 if name.startswith("pellucid") else 7
            axes.errorbar(
                times.median, row, xerr=bars, color=colour, marker=marker, markersize=size, linestyle="none", label=name
            )
    axes.axvline(1, color="#444444", linewidth=1.2)
    axes.set_xscale("log")
    ticks = [0.5, 0.7, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(cases)), [_label(case) for case in cases])
    axes.invert_yaxis()
    axes.set_xlabel("time of an epoch / time of its bare matrix products (log scale; 1 is the bound; bars: quartiles)")
    axes.set_title("Training on real digits: time as a multiple of the bound, less is better", fontsize=11)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    figure.legend(unique.values(), unique.keys(), loc="outside lower center", ncols=5, frameon=False, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    written = [path.with_suffix(".svg"), path.with_suffix(".png")]
    figure.savefig(written[0], metadata={"Date": None})
    figure.savefig(written[1], dpi=150)
    return written


def _label(case: dict[str, Any]) -> str:
    work = case["workload"]
    batch = work["batch_size"] or "full batch"
    threads = "one thread" if figures.bounds(case) == "bound-1" else "two threads"
    time = figures.seconds(case, figures.bounds(case))
    assert time is not None
    sizes = "-".join(map(str, work["sizes"]))
    return f"{sizes}, {work['optimizer']}, {batch}\nbound {time.median * 1e3:.3g} ms, {threads}"
