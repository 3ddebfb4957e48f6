"""The activations and losses that a hand-written network is tried with, and what is known of each: a row for each one.

A new candidate is one more row. Everything else in this folder looks facts up here and knows no activation by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pellucid.core.activations import GELU, Activation, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import Array


@dataclass(frozen=True)
class ActivationFacts:
    """What is known of an activation besides its value and its slope."""

    slope_code: str = "slope({Z})"  # the slope as one writes it, from the scores {Z} or the output {A}
    slope_formula: str = "1 − a²"  # the slope as a formula of the output a …
    slope_from: Callable[[Array], Array] = lambda a: 1 - a * a  # … and its value, at whatever is taken for a
    curved: bool = False  # the slope changes from place to place, not only at a kink
    bounded: bool = False  # the output stays between two numbers, so neurons can saturate
    elementwise: bool = True  # each output depends on its own score alone
    for_classes: bool = False  # as an output it gives probabilities, not values
    losses: tuple[str, ...] = ("squared error",)  # that go with it as an output
    slope_cancels: str = ""  # the loss with which dLoss/dz is a − y


FACTS: dict[str, ActivationFacts] = {
    Identity.name: ActivationFacts(),
    ReLU.name: ActivationFacts("({Z} > 0)"),
    LeakyReLU.name: ActivationFacts(),
    GELU.name: ActivationFacts(curved=True),
    Tanh.name: ActivationFacts("(1 - {A} ** 2)", curved=True, bounded=True),
    Sigmoid.name: ActivationFacts(
        "{A} * (1 - {A})",
        "a(1 − a)",
        lambda a: a * (1 - a),
        curved=True,
        bounded=True,
        for_classes=True,
        losses=("binary cross-entropy", "squared error"),
        slope_cancels="binary cross-entropy",
    ),
    Softmax.name: ActivationFacts(
        slope_formula="a(1 − a)",
        slope_from=lambda a: a * (1 - a),
        elementwise=False,
        for_classes=True,
        losses=("cross-entropy", "squared error"),
        slope_cancels="cross-entropy",
    ),
}
HIDDEN: tuple[Activation, ...] = (ReLU(), Sigmoid(), Tanh(), LeakyReLU(0.01), LeakyReLU(0.1), LeakyReLU(0.2), GELU(),
                                  Identity())  # fmt: skip
COMMON = HIDDEN[:3]  # those that beginners write and mix up
OUTPUT: tuple[Activation, ...] = (Softmax(), Sigmoid(), Identity(), Tanh(), ReLU())


def facts(activation: Activation) -> ActivationFacts:
    """What is known of an activation.

    >>> facts(ReLU()).slope_code, facts(Tanh()).bounded
    ('({Z} > 0)', True)
    """
    return FACTS[activation.name]


@dataclass(frozen=True)
class CandidateLoss:
    """A loss as a function of the output a and the targets y (m, outputs), summed over both, and its slope by a."""

    value: Callable[[Array, Array], float]
    slope: Callable[[Array, Array], Array]


def _log(a: Array) -> Array:
    return np.asarray(np.log(np.clip(a, 1e-300, None)))


LOSSES: dict[str, CandidateLoss] = {
    "cross-entropy": CandidateLoss(lambda a, y: float(-(y * _log(a)).sum()), lambda a, y: -y / a),
    "binary cross-entropy": CandidateLoss(
        lambda a, y: float(-(y * _log(a) + (1 - y) * _log(1 - a)).sum()), lambda a, y: (a - y) / (a * (1 - a))
    ),
    "squared error": CandidateLoss(lambda a, y: float(((a - y) ** 2).sum()), lambda a, y: 2 * (a - y)),
}
