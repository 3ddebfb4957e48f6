"""What pellucid is asked to reach, as data: the table in docs/performance.md is made from this and the JSON."""

from typing import Any, NamedTuple

from benchmarks import figures
from benchmarks.figures import Spread


class Target(NamedTuple):
    """The time of the compiled engine over that of ``to`` is at most ``limit`` in a case.

    ``to`` may be "any", the fastest peer, or "others", the fastest peer but for onnxruntime.
    """

    case: str
    to: str
    limit: float


OURS = "pellucid-compiled"
COLD = "cold start to 97 %"
TARGETS = [
    Target("784-32-16-10 sgd 32", "bound-1", 1.15),
    Target("784-32-16-10 sgd 32", "jax", 1 / 2.2),
    Target("784-32-16-10 sgd 32", "any", 1.0),
    Target("784-32-16-10 sgd 64", "bound-1", 1.3),
    Target("784-32-16-10 sgd 64", "jax", 1 / 1.6),
    Target("784-32-16-10 sgd 64", "any", 1.0),
    Target("784-32-16-10 sgd 128", "bound-1", 1.35),
    Target("784-32-16-10 sgd 128", "jax", 1 / 1.5),
    Target("784-32-16-10 sgd 128", "any", 1.0),
    Target("784-32-16-10 adam 32", "bound-1", 1.4),
    Target("784-32-16-10 adam 32", "any", 1 / 1.4),
    Target("784-32-16-10 adam 64", "bound-1", 1.45),
    Target("784-32-16-10 adam 64", "any", 1 / 1.4),
    Target("784-32-16-10 adam 128", "bound-1", 1.5),
    Target("784-32-16-10 adam 128", "any", 1 / 1.4),
    Target("784-128-64-10 sgd 64", "bound-1", 1.2),
    Target("784-128-64-10 sgd 64", "jax", 1 / 1.35),
    Target("784-800-10 sgd 128", "bound-2", 1.12),
    Target("784-800-10 sgd 128", "any", 1.0),
    Target("784-1024-1024-10 sgd 256", "bound-2", 1.12),
    Target("784-1024-1024-10 sgd 256", "any", 1.0),
    Target("784-32-16-10 sgd full", "bound-2", 1.0),
    Target("784-32-16-10 sgd full", "any", 1.0),
    Target("fit a table of 1,000 rows", "scikit-learn", 1 / 6),
    Target("fit a table of 1,000 rows", "pellucid", 1 / 1.8),
    Target("predict 1", "onnxruntime", 1.3),
    Target("predict 1", "others", 1.0),
    Target("predict 100", "onnxruntime", 1.2),
    Target("predict 100", "others", 1.0),
    Target("predict 10,000", "onnxruntime", 1.1),
    Target("predict 10,000", "others", 1.0),
    Target(COLD, "pellucid", 0.75),
    Target(COLD, "any", 1 / 1.4),
]
IMPORT_MS = 25.0  # more than NumPy's own import, at most


def judged(results: dict[str, Any]) -> list[tuple[Target, str, Spread]]:
    """Each target whose case was measured, with whom it was compared to, and the measured ratio."""
    cases = all_cases(results)
    rows = []
    for target in TARGETS:
        case = cases.get(target.case)
        name = None if case is None else rival(case, target.to)
        if case is None or name is None:
            continue
        measured = figures.ratio(case, OURS, name)
        if measured is not None:
            rows.append((target, name, measured))
    return rows


def rival(case: dict[str, Any], to: str) -> str | None:
    """Whom a target means: a contestant by name, the fastest peer, or the fastest but for onnxruntime."""
    if to not in ("any", "others"):
        return to if to in case["contestants"] else None
    names = [name for name in figures.peers(case) if to == "any" or name != "onnxruntime"]
    return min(names, key=lambda name: figures.spread(case["contestants"][name]["seconds"]).median, default=None)


def all_cases(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The cases of all groups by name."""
    cases = {}
    for group in ("training", "fitting", "prediction", "reading"):
        for case in results.get(group, []):
            cases[case["workload"]["name"]] = case
    for group, name in (("imports", "import"), ("cold", COLD)):
        if group in results:
            cases[name] = results[group]
    return cases
