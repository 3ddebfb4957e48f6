"""From the raw times in the JSON to figures: medians, quartiles, ratios, and whether the losses are sane."""

from collections.abc import Sequence
from statistics import median, quantiles
from typing import Any, NamedTuple

Case = dict[str, Any]  # {"workload" …, "contestants": {name: {"seconds": […], …}}, "absent": {name: reason}}


class Spread(NamedTuple):
    """The middle of several values, and the quartiles about it."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    """Median and quartiles; for fewer than four values the least and the greatest.

    >>> spread([3.0, 1.0, 2.0])
    Spread(median=2.0, low=1.0, high=3.0)
    """
    if len(values) < 4:
        return Spread(median(values), min(values), max(values))
    low, _, high = quantiles(values, n=4, method="inclusive")
    return Spread(median(values), low, high)


def seconds(case: Case, name: str) -> Spread | None:
    """A contestant's time for one epoch (or one call), None where it took no part."""
    if name not in case["contestants"]:
        return None
    times = case.get("workload", {}).get("times", 1)
    return spread([value / times for value in case["contestants"][name]["seconds"]])


def ratio(case: Case, name: str, to: str) -> Spread | None:
    """The ratio of the medians, and the quartiles of the ratios repeat by repeat."""
    one, other = (case["contestants"].get(key) for key in (name, to))
    if one is None or other is None:
        return None
    each = spread([a / b for a, b in zip(one["seconds"], other["seconds"], strict=False)])
    return Spread(median(one["seconds"]) / median(other["seconds"]), each.low, each.high)


def bounds(case: Case) -> str:
    """The bound that the issue measures a workload by: two threads for the large products, one for the others."""
    work = case["workload"]
    large = max(a * b for a, b in zip(work["sizes"], work["sizes"][1:], strict=False)) * (
        work["batch_size"] or work["rows"]
    )
    return "bound-2" if large >= 50_000_000 else "bound-1"


def doubts(case: Case) -> list[str]:
    """What is odd about a case: losses that do not fall or differ, outputs that differ, threads that spin on."""
    found = []
    losses = {name: values["losses"][-1] for name, values in case["contestants"].items() if values.get("losses")}
    losses = {name: loss for name, loss in losses.items() if loss is not None}
    middle = median(losses.values()) if losses else 0.0
    for name, loss in losses.items():
        first = case["contestants"][name]["first_loss"]
        if not loss < first and case["workload"].get("epochs", 1) == 1:  # a whole fit begins anew each time
            found.append(f"{name}: the loss does not fall ({first:.4f} to {loss:.4f})")
        if abs(loss - middle) > 0.25 * middle + 0.005:
            found.append(f"{name}: its loss {loss:.4f} is not like the others' {middle:.4f}")
    for name, values in case["contestants"].items():
        if values.get("differs", 0.0) > 1e-5:
            found.append(f"{name}: its results differ by {values['differs']:.1e}")
        idle = median(values.get("idle_cpu_seconds") or [0.0])
        if idle > 0.13 * 2:
            found.append(f"{name}: used {idle:.2f} s of processor time between its turns")
    return found


def peers(case: Case) -> list[str]:
    """All contestants but pellucid and the bounds."""
    return [name for name in case["contestants"] if not name.startswith(("pellucid", "bound"))]
