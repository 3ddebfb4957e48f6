"""Where the weights start: each initialiser fills one layer's W and b with its random first values.

``W`` is (outputs, inputs), ``b`` is (outputs,). The scale matters: with too wide a start the scores explode from
layer to layer, with too narrow a one they fade; each rule below but the article's keeps their spread about the same.
"""

import math
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from pellucid.core.arrays import Array
from pellucid.core.registry import Registry


class Initializer(Protocol):
    """What a network needs of its initialiser."""

    name: ClassVar[str]

    def __call__(self, W: Array, b: Array, rng: np.random.Generator) -> None:
        """Fill W (outputs, inputs) and b (outputs,) in place."""


@dataclass(frozen=True)
class He:
    """W = N(0, 1) · √(2 / inputs), b = 0: for ReLU, which silences half of its scores (He et al., ICCV 2015).

    >>> W, b = np.empty((500, 200)), np.empty(500)
    >>> He()(W, b, np.random.default_rng(0))
    >>> float(W.std().round(2)), float(b.mean().round(2))
    (0.1, 0.0)
    """

    name: ClassVar[str] = "he"

    def __call__(self, W: Array, b: Array, rng: np.random.Generator) -> None:
        # W = √(2 / inputs) · N(0, 1)
        W[...] = rng.standard_normal(W.shape) * math.sqrt(2 / W.shape[1])
        b[...] = 0


@dataclass(frozen=True)
class Glorot:
    """W = U(−r, r), r = √(6 / (inputs + outputs)), b = 0: for sigmoid and tanh (Glorot and Bengio, AISTATS 2010).

    >>> W, b = np.empty((500, 200)), np.empty(500)
    >>> Glorot()(W, b, np.random.default_rng(0))
    >>> float(W.std().round(2)), float(b.mean().round(2))
    (0.05, 0.0)
    """

    name: ClassVar[str] = "glorot"

    def __call__(self, W: Array, b: Array, rng: np.random.Generator) -> None:
        # W = U(−r, r),  r = √(6 / (inputs + outputs))
        r = math.sqrt(6 / (W.shape[0] + W.shape[1]))
        W[...] = rng.uniform(-r, r, W.shape)
        b[...] = 0


@dataclass(frozen=True)
class LeCun:
    """W = N(0, 1) / √inputs, b = 0: keeps the spread of linear scores (LeCun et al., Efficient BackProp, 1998).

    >>> W, b = np.empty((500, 200)), np.empty(500)
    >>> LeCun()(W, b, np.random.default_rng(0))
    >>> float(W.std().round(2)), float(b.mean().round(2))
    (0.07, 0.0)
    """

    name: ClassVar[str] = "lecun"

    def __call__(self, W: Array, b: Array, rng: np.random.Generator) -> None:
        # W = √(1 / inputs) · N(0, 1)
        W[...] = rng.standard_normal(W.shape) * math.sqrt(1 / W.shape[1])
        b[...] = 0


@dataclass(frozen=True)
class Article:
    """W = 0.5 · N(0, 1), b = 0.5 · U(0, 1), whatever the layer's size: the article's start, too wide for 784 inputs.

    >>> W, b = np.empty((500, 200)), np.empty(500)
    >>> Article()(W, b, np.random.default_rng(0))
    >>> float(W.std().round(2)), float(b.mean().round(2))
    (0.5, 0.24)
    """

    name: ClassVar[str] = "article"

    def __call__(self, W: Array, b: Array, rng: np.random.Generator) -> None:
        # W = 0.5 · N(0, 1),  b = 0.5 · U(0, 1)
        W[...] = rng.standard_normal(W.shape) * 0.5
        b[...] = rng.random(b.shape) * 0.5


INITIALIZERS = Registry[Initializer]("initialiser", Initializer, (He, Glorot, LeCun, Article))
