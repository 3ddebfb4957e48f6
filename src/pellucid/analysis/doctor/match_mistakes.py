"""The learner's gradients explained, from the last layer down: the fewest mistakes that give exactly these numbers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.known_mistakes import Idea, bias_ideas, hidden_ideas, output_ideas, weight_ideas
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import factor
from pellucid.core.arrays import Array

UNKNOWN = "it is wrong, in a way that matches no mistake that the doctor knows"


@dataclass(frozen=True)
class Part:
    """How one gradient came about: what is wrong with it, its factor against the right one, and the mistakes' cost."""

    fault: str | None
    remedy: str
    factor: float | None
    cost: float


@dataclass(frozen=True)
class LayerStory:
    """How one layer's gradients came about; ``fault`` is that of δ."""

    layer: int
    fault: str | None
    remedy: str
    delta: Array
    W: Part
    b: Part | None

    @property
    def cost(self) -> float:
        """How much is wrong."""
        cost = (self.fault is not None) + self.W.cost + (self.b.cost if self.b is not None else 0.0)
        if self.b is not None and None not in (self.W.factor, self.b.factor):
            cost += 0.0 if _same(self.W.factor, self.b.factor) else 0.4
        return cost


def explain(
    case: Case, gradients: Mapping[Quantity, Any], y: Array, loss: str | None, scale: float, deltas: Mapping[int, Array]
) -> list[LayerStory]:
    """Each layer's story, the last layer first.

    ``gradients`` are the learner's, as rows: dW (outputs, inputs), db as it is. ``scale`` is the loss's own, and
    ``deltas`` are the learner's own δ where they could be seen.
    """
    stories: list[LayerStory] = []
    for l in range(case.layers, 0, -1):
        ideas = output_ideas(case, y, loss) if l == case.layers else hidden_ideas(case, l, stories[-1].delta)
        stories.append(_layer(case, l, ideas, gradients, scale, deltas.get(l)))
    return stories


def _layer(
    case: Case, l: int, ideas: Iterable[Idea], gradients: Mapping[Quantity, Any], scale: float, seen: Array | None
) -> LayerStory:
    best: LayerStory | None = None
    dW, db = gradients.get(Quantity("dW", l)), gradients.get(Quantity("db", l))
    first = None
    for idea in ideas:
        delta = idea.value * (scale if l == case.layers else 1.0)
        first = delta if first is None else first
        W = _part(dW, weight_ideas(case, l, delta), idea)
        b = _part(db, bias_ideas(case, l, delta), idea) if case.array("b", l) is not None else None
        story = LayerStory(l, idea.fault, idea.remedy, delta, W, b)
        if best is None or story.cost < best.cost - 1e-9:
            best = story
        if best.cost == 0:
            break
    assert best is not None
    if best.cost >= 2 and seen is not None and first is not None and seen.shape == first.shape:
        # no idea gives these numbers: go on with what the learner's own variable holds
        W, bias = _part(dW, weight_ideas(case, l, seen), None), None
        if case.array("b", l) is not None:
            bias = _part(db, bias_ideas(case, l, seen), None)
        story = LayerStory(l, UNKNOWN, best.remedy, seen, W, bias)
        if story.cost < best.cost:
            return story
    return best


def _part(given: Any, ideas: Iterable[Idea], of: Idea | None) -> Part:
    del of
    best: Part | None = None
    remedy = ""
    for idea in ideas:
        remedy = remedy or idea.remedy
        if given is None:
            return Part("it is not returned", remedy, None, 0.9)
        for shaped in _shapes(given):
            c = factor(shaped, idea.value)
            if c is None:
                continue
            plain = 0.0 if _same(c, 1.0) else 0.3 if shaped.size > 2 else 0.9
            part = Part(idea.fault, idea.remedy, c, plain + (idea.fault is not None))
            if best is None or part.cost < best.cost - 1e-9:
                best = part
        if best is not None and best.cost == 0:
            return best
    return best or Part(UNKNOWN, remedy, None, 1.6)


def _shapes(given: Any) -> list[Array]:
    array = np.asarray(given, np.float64)
    shapes: list[Array] = [array]
    if array.ndim == 2 and 1 in array.shape:
        shapes.append(np.ravel(array))
    if array.size == 1 and array.ndim:
        shapes.append(array.reshape(()))
    if array.ndim == 0:  # the bias of a single neuron may be a plain number
        shapes.append(array.reshape(1))
    return shapes


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= 1e-4 * max(abs(one), abs(other))
