"""What pellucid is asked to reach, as data: the table in docs/performance.md is made from this and the JSON."""

from typing import Any, NamedTuple

from benchmarks import figures
from benchmarks.figures import Spread


class Target(NamedTuple):
    """``pellucid / to`` at most ``limit`` in a case; ``to`` may be "any", the fastest peer, or
    "others", the fastest but for the one that may be ahead: onnxruntime in prediction, the leader in large networks.
    """

    case: str
    to: str
    limit: float


FIRST = "784-32-16-10 sgd 64"
TARGETS = [
    Target(FIRST, "bound-1", 1.7),
    Target(FIRST, "pytorch", 1 / 4),
    Target(FIRST, "jax", 1 / 1.3),
    Target(FIRST, "scikit-learn", 1 / 3.5),
    Target(FIRST, "neural-network-digits", 1 / 2),
    Target("784-32-16-10 adam 64", "bound-1", 2.2),
    Target("784-32-16-10 adam 64", "any", 1.0),
    Target("784-32-16-10 sgd 32", "any", 1 / 1.2),
    Target("784-32-16-10 sgd 128", "any", 1 / 1.2),
    Target("784-128-64-10 sgd 64", "any", 1 / 1.2),
    Target("784-800-10 sgd 128", "bound-2", 1.2),
    Target("784-800-10 sgd 128", "any", 1.2),
    Target("784-800-10 sgd 128", "others", 1.0),
    Target("784-1024-1024-10 sgd 256", "bound-2", 1.2),
    Target("784-1024-1024-10 sgd 256", "any", 1.2),
    Target("784-1024-1024-10 sgd 256", "others", 1.0),
    Target("784-32-16-10 sgd full", "bound-2", 1.4),
    Target("784-32-16-10 sgd full", "article", 1 / 1.6),
    Target("predict 1", "onnxruntime", 2.0),
    Target("predict 1", "others", 1.0),
    Target("predict 10,000", "onnxruntime", 1.6),
    Target("predict 10,000", "others", 1.0),
    Target("cold start to 97 %", "pytorch", 1 / 2.5),
    Target("cold start to 97 %", "jax", 1 / 2.5),
    Target("cold start to 97 %", "scikit-learn", 1 / 2.5),
    Target("cold start to 97 %", "any", 1.0),
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
        measured = figures.ratio(case, "pellucid", name)
        if measured is not None:
            rows.append((target, name, measured))
    return rows


def rival(case: dict[str, Any], to: str) -> str | None:
    """Whom a target means: a contestant by name, the fastest peer, or the fastest but for the leader."""
    if to not in ("any", "others"):
        return to if to in case["contestants"] else None
    names = figures.peers(case)
    if not names:
        return None
    ranked = sorted(names, key=lambda name: figures.spread(case["contestants"][name]["seconds"]).median)
    if to == "others":
        ranked.remove("onnxruntime" if "onnxruntime" in ranked else ranked[0])
    return ranked[0] if ranked else None


def all_cases(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The cases of all groups by name."""
    cases = {}
    for group in ("training", "prediction", "reading"):
        for case in results.get(group, []):
            cases[case["workload"]["name"]] = case
    for group, name in (("imports", "import"), ("cold", "cold start to 97 %")):
        if group in results:
            cases[name] = results[group]
    return cases
