"""What the network makes of samples that were held out: scores, mistakes, the confusion of classes."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid._files.values import plain
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.evaluation import evaluate
from pellucid.datasets import Samples, WeightedSamples
from pellucid.runs.scores import as_json, score
from pellucid.studio.handles import Handles, base64_of
from pellucid.studio.sight import Sight

MOST_PARTS = 8


@dataclass
class Answers:
    """The network's answers to whole parts, kept for as long as θ is the same."""

    kept: dict[tuple[int, str, str], AnyArray] = field(default_factory=dict)

    def outputs(self, sight: Sight, part: str, samples: Samples | WeightedSamples) -> AnyArray:
        """The outputs (n, outputs) for a part."""
        key = (sight.seen.version, sight.branch, part)
        if key not in self.kept:
            for old in list(self.kept)[: max(0, len(self.kept) - MOST_PARTS + 1)]:
                self.kept.pop(old, None)
            self.kept[key] = sight.network.predict(samples.X)
        return self.kept[key]


def scores(sight: Sight, handles: Handles, part: str, limit: int) -> dict[str, Any]:
    """The scores on the first samples of a part; a limit of 0 is none."""
    samples = handles.samples(part)
    if limit:
        samples = type(samples)(*(each[:limit] for each in samples))
    found = as_json(score(sight.model, samples))
    return {name: value for name, value in plain(found).items() if name != "baseline"}


def accuracy(sight: Sight, X: AnyArray, y: AnyArray) -> float | None:
    """The accuracy on some samples, or R²."""
    found = evaluate(sight.network, (X, y))
    value = found.r2 if sight.network.loss.kind == "values" else found.accuracy
    return None if value is None or not np.isfinite(value) else float(value)


def _classes(sight: Sight, handles: Handles, part: str, kept: Answers) -> tuple[AnyArray, AnyArray, AnyArray]:
    """What was true (n,), what is said (n,), and the probability of that."""
    net = sight.network
    if net.loss.kind == "values" or (net.loss.kind == "probabilities" and net.sizes[-1] > 1):
        raise InputError("there are no classes here that could be confused")
    samples = handles.samples(part)
    outputs = kept.outputs(sight, part, samples)
    said = metrics.labels(outputs)
    return samples.y.reshape(-1).astype(np.int64), said, metrics.probabilities(outputs)[np.arange(len(said)), said]


def confusion(sight: Sight, handles: Handles, part: str, kept: Answers) -> dict[str, Any]:
    """How often each class was taken for each other."""
    y, said, _ = _classes(sight, handles, part, kept)
    names = sight.model.class_names
    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (y, said), 1)
    return {"part": part, "classes": list(names), "counts": counts.tolist(), "samples": len(y),
            "version": sight.seen.version}  # fmt: skip


def cell(
    sight: Sight, handles: Handles, part: str, kept: Answers, place: tuple[int, int], shown: tuple[int, int]
) -> dict[str, Any]:
    """The samples of one cell of the confusion, the surest first; ``shown`` is the first, and how many."""
    y, said, p = _classes(sight, handles, part, kept)
    rows = np.flatnonzero((y == place[0]) & (said == place[1]))
    rows = rows[np.argsort(-p[rows], kind="stable")]
    samples, some = handles.samples(part), rows[shown[0] : shown[0] + shown[1]].tolist()
    found = [{"handle": f"{part}:{k}", "number": k, "p": float(p[k]), "pixels": base64_of(samples.X[k])} for k in some]
    return {"part": part, "count": len(rows), "samples": plain(found), "version": sight.seen.version}


def mistake(sight: Sight, handles: Handles, part: str, kept: Answers, after: int | None) -> int:
    """The next sample that is answered wrongly after a number; the surest of all where there is no number."""
    y, said, p = _classes(sight, handles, part, kept)
    wrong = np.flatnonzero(y != said)
    if not len(wrong):
        raise InputError(f"the network makes no mistake in the {part} part")
    if after is None:
        return int(wrong[np.argmax(p[wrong])])
    later = wrong[wrong > after]
    return int(later[0] if len(later) else wrong[0])
