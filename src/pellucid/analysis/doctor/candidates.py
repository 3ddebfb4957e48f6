"""The activations and losses that a hand-written network is tried with, and what is known of each: a row for each one.

A new candidate is one more row. Everything else in this folder looks facts up here and knows no activation by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pellucid.core.activations import GELU, Activation, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh, slope, value
from pellucid.core.arrays import Array

Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class Candidate:
    """An activation: its value and slope at scores z, and what else is known of it."""

    name: str
    value: Function
    slope: Function
    slope_code: str = "slope({Z})"  # the slope as one writes it, from the scores {Z} or the output {A}
    slope_formula: str = "1 − a²"  # the slope as a formula of the output a …
    slope_from: Function = lambda a: 1 - a * a  # … and its value, at whatever is taken for a
    curved: bool = False  # the slope changes from place to place, not only at a kink
    bounded: bool = False  # the output stays between two numbers, so neurons can saturate
    for_classes: bool = False  # as an output it gives probabilities, not values
    losses: tuple[str, ...] = ("squared error",)  # that go with it as an output
    slope_cancels: str = ""  # the loss with which dLoss/dz is a − y; times the slope of what is below
    jacobian: Callable[[Array, Array, Array], Array] | None = None  # dLoss/dz, where outputs hang together
    inner: "Candidate | None" = None  # what is applied first, where an output has two activations

    @property
    def plain(self) -> bool:
        """Whether it leaves the scores as they are."""
        return self is IDENTITY

    def back(self, z: Array, a: Array, da: Array) -> Array:
        """DLoss/dz from dLoss/da: times the slope, or through the whole Jacobian."""
        return da * self.slope(z) if self.jacobian is None else self.jacobian(z, a, da)


def _row(activation: Activation, **known: object) -> Candidate:
    """One of pellucid's own activations."""
    return Candidate(activation.name, partial(value, activation), partial(slope, activation), **known)  # type: ignore[arg-type]


def _softmax_back(z: Array, a: Array, da: Array) -> Array:
    del z
    return np.asarray(a * (da - (da * a).sum(axis=1, keepdims=True)))


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^−z)."""
    return value(Sigmoid(), z)


_PRODUCT = {"slope_formula": "a(1 − a)", "slope_from": lambda a: a * (1 - a)}
RELU = _row(ReLU(), slope_code="({Z} > 0)")
TANH = _row(Tanh(), slope_code="(1 - {A} ** 2)", curved=True, bounded=True)
SIGMOID = _row(
    Sigmoid(), slope_code="{A} * (1 - {A})", curved=True, bounded=True, for_classes=True,
    losses=("binary cross-entropy", "squared error"), slope_cancels="binary cross-entropy", **_PRODUCT,
)  # fmt: skip
SOFTMAX = _row(
    Softmax(), for_classes=True, losses=("cross-entropy", "squared error"), slope_cancels="cross-entropy",
    jacobian=_softmax_back, **_PRODUCT,
)  # fmt: skip
OF_SCORES = "cross-entropy of the scores' softmax", "binary cross-entropy of the scores' sigmoid"
IDENTITY = Candidate("identity", np.array, np.ones_like, losses=("squared error", *OF_SCORES))
SOFTPLUS = Candidate("softplus", lambda z: np.logaddexp(0, z), sigmoid, curved=True)
SWISH = Candidate("swish", lambda z: z * sigmoid(z), lambda z: sigmoid(z) * (1 + z * (1 - sigmoid(z))), curved=True)
ELU = Candidate(
    "elu", lambda z: np.where(z > 0, z, np.expm1(z)), lambda z: np.where(z > 0, 1.0, np.exp(z)), curved=True
)
LEAKY = tuple(_row(LeakyReLU(c)) for c in (0.01, 0.1, 0.2, 0.05, 0.001))
HIDDEN = (RELU, SIGMOID, TANH, *LEAKY, _row(GELU(), curved=True), ELU, SWISH, SOFTPLUS, IDENTITY)
COMMON = HIDDEN[:3]  # those that beginners write and mix up


def twice(outer: Candidate, inner: Candidate) -> Candidate:
    """An output with two activations, one upon the other."""

    def back(z: Array, a: Array, da: Array) -> Array:
        below = inner.value(z)
        return inner.back(z, below, outer.back(below, a, da))

    return replace(
        outer,
        name=f"{outer.name} of {inner.name}",
        value=lambda z: outer.value(inner.value(z)),
        slope=lambda z: back(z, outer.value(inner.value(z)), np.ones_like(z)),
        bounded=False,
        jacobian=back,
        inner=inner,
    )


OUTPUT = (SOFTMAX, SIGMOID, IDENTITY, TANH, RELU)
TWICE = (*(twice(outer, inner) for outer in OUTPUT[:2] for inner in COMMON), twice(SIGMOID, SOFTMAX))


@dataclass(frozen=True)
class CandidateLoss:
    """A loss as a function of the output a and the targets y (m, outputs), summed over both, and its slope by a."""

    value: Callable[[Array, Array], float]
    slope: Callable[[Array, Array], Array]
    slope_code: str


def _log(a: Array) -> Array:
    return np.asarray(np.log(np.clip(a, 1e-300, None)))


def _log_of_sums(scores: Array) -> Array:
    return np.asarray(np.logaddexp.reduce(scores, axis=1, keepdims=True))


LOSSES: dict[str, CandidateLoss] = {
    "cross-entropy": CandidateLoss(lambda a, y: float(-(y * _log(a)).sum()), lambda a, y: -y / a, "-{Y} / {A}"),
    "binary cross-entropy": CandidateLoss(
        lambda a, y: float(-(y * _log(a) + (1 - y) * _log(1 - a)).sum()),
        lambda a, y: (a - y) / (a * (1 - a)),
        "({A} - {Y}) / ({A} * (1 - {A}))",
    ),
    "squared error": CandidateLoss(
        lambda a, y: float(((a - y) ** 2).sum()), lambda a, y: 2 * (a - y), "2 * ({A} - {Y})"
    ),
    "absolute error": CandidateLoss(
        lambda a, y: float(np.abs(a - y).sum()), lambda a, y: np.sign(a - y), "np.sign({A} - {Y})"
    ),
    OF_SCORES[0]: CandidateLoss(
        lambda a, y: float((y * (_log_of_sums(a) - a)).sum()), lambda a, y: SOFTMAX.value(a) - y, "softmax({A}) - {Y}"
    ),
    OF_SCORES[1]: CandidateLoss(
        lambda a, y: float((np.logaddexp(0, a) - y * a).sum()), lambda a, y: sigmoid(a) - y, "sigmoid({A}) - {Y}"
    ),
}
