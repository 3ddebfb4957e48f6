"""The optimisers: how a gradient moves θ. A few whole-array operations on flat vectors; none knows of networks.

Formulas and defaults are PyTorch's (torch.optim). In the comments g is the gradient, η the learning rate.
``weight_decay`` draws all of θ towards 0: for ``AdamW`` beside the gradient step, for all others as λθ added to g.
``state`` holds what an optimiser remembers between steps; copy it to save a run, and write it back to go on.

A large θ is moved block by block, so that what is computed on the way stays in a core's own cache.
"""

import math
import operator
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np

from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array

State = dict[str, AnyArray]
BLOCK = 2**15  # parameters that are moved together


class Optimizer(Protocol):
    """What training needs of an optimiser."""

    name: ClassVar[str]
    learning_rate: float
    state: State

    def step(self, theta: Array, grad: Array) -> None:
        """Move ``theta`` in place, against the gradient ``grad``."""


class _Room:
    """θ and the vectors beside it, cut into blocks, with two vectors of a block's size to compute in."""

    def __init__(self) -> None:
        self._vectors: tuple[Array, ...] = ()
        self._blocks: list[list[Array]] = []

    def __reduce__(self) -> tuple[type["_Room"], tuple[()]]:
        return _Room, ()  # a copy makes its own, for the vectors that it meets

    def blocks(self, *vectors: Array) -> list[list[Array]]:
        """The blocks of these vectors, each with its room; made at the first step and kept as long as they last."""
        if len(vectors) != len(self._vectors) or not all(map(operator.is_, vectors, self._vectors)):
            theta = vectors[0]
            room = np.empty((2, min(theta.size, BLOCK)), theta.dtype)
            parts = [[vector[start : start + BLOCK] for vector in vectors] for start in range(0, theta.size, BLOCK)]
            self._blocks = [[*part, *room[:, : part[0].size]] for part in parts]
            self._vectors = vectors
        return self._blocks


def _decayed(theta: Array, grad: Array, decay: float, *, out: Array) -> Array:
    """The gradient with weight decay: g + λθ, or g itself where λ is 0."""
    if not decay:
        return grad
    np.multiply(theta, decay, out=out)
    out += grad
    return out


def _memory(state: State, name: str, theta: Array) -> AnyArray:
    """A vector of the state, which starts at 0."""
    if name not in state:
        state[name] = np.zeros_like(theta)
    return state[name]


def _tick(state: State) -> int:
    """Count this step; 1 is the first."""
    state.setdefault("steps", np.zeros(1, np.int64))[0] += 1
    return int(state["steps"][0])


@dataclass
class SGD:
    """Gradient descent: θ ← θ − η (g + λθ). With batches drawn by chance it is called stochastic.

    >>> theta = np.array([1.0, 2.0])
    >>> SGD(0.1).step(theta, np.array([10.0, 0.0]))
    >>> theta
    array([0., 2.])
    """

    learning_rate: float = 0.001
    weight_decay: float = field(default=0.0, kw_only=True)
    state: State = field(default_factory=dict, init=False, repr=False)
    _room: _Room = field(default_factory=_Room, init=False, repr=False, compare=False)
    name: ClassVar[str] = "sgd"

    def __post_init__(self) -> None:
        _check(self)

    def step(self, theta: Array, grad: Array) -> None:
        for block in self._room.blocks(theta, grad):
            self._move(*block)

    def _move(self, theta: Array, g: Array, work: Array, _: Array) -> None:
        if self.weight_decay:
            # θ ← θ − η λ θ, the decay's part of η (g + λθ)
            theta *= 1 - self.learning_rate * self.weight_decay
        # θ ← θ − η g
        np.multiply(g, self.learning_rate, out=work)
        theta -= work


@dataclass
class Momentum:
    """Gradient descent with momentum: v ← μ v + g, θ ← θ − η v (Polyak 1964, in PyTorch's form).

    >>> theta, rule = np.array([1.0]), Momentum(0.1, 0.5)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.5])
    """

    learning_rate: float = 0.001
    momentum: float = 0.9
    weight_decay: float = field(default=0.0, kw_only=True)
    state: State = field(default_factory=dict, init=False, repr=False)
    _room: _Room = field(default_factory=_Room, init=False, repr=False, compare=False)
    name: ClassVar[str] = "momentum"

    def __post_init__(self) -> None:
        _check(self)

    def step(self, theta: Array, grad: Array) -> None:
        for block in self._room.blocks(theta, grad, _memory(self.state, "v", theta)):
            self._move(*block)

    def _move(self, theta: Array, grad: Array, v: Array, work: Array, room: Array) -> None:
        g = _decayed(theta, grad, self.weight_decay, out=room)
        # v ← μ v + g
        v *= self.momentum
        v += g
        # θ ← θ − η v
        np.multiply(v, self.learning_rate, out=work)
        theta -= work


@dataclass
class Nesterov:
    """Nesterov's momentum: v ← μ v + g, θ ← θ − η (g + μ v) (Sutskever et al., ICML 2013, in PyTorch's form).

    >>> theta, rule = np.array([1.0]), Nesterov(0.1, 0.5)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.35])
    """

    learning_rate: float = 0.001
    momentum: float = 0.9
    weight_decay: float = field(default=0.0, kw_only=True)
    state: State = field(default_factory=dict, init=False, repr=False)
    _room: _Room = field(default_factory=_Room, init=False, repr=False, compare=False)
    name: ClassVar[str] = "nesterov"

    def __post_init__(self) -> None:
        _check(self)

    def step(self, theta: Array, grad: Array) -> None:
        for block in self._room.blocks(theta, grad, _memory(self.state, "v", theta)):
            self._move(*block)

    def _move(self, theta: Array, grad: Array, v: Array, work: Array, room: Array) -> None:
        g = _decayed(theta, grad, self.weight_decay, out=room)
        # v ← μ v + g
        v *= self.momentum
        v += g
        # θ ← θ − η (g + μ v)
        np.multiply(v, self.momentum, out=work)
        work += g
        work *= self.learning_rate
        theta -= work


@dataclass
class RMSProp:
    """Each parameter has its own rate: s ← α s + (1 − α) g², θ ← θ − η g / (√s + ε) (Hinton, lecture 6e, 2012).

    >>> theta, rule = np.array([1.0]), RMSProp(0.1)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([-0.7089])
    """

    learning_rate: float = 0.01
    alpha: float = 0.99
    epsilon: float = 1e-8
    weight_decay: float = field(default=0.0, kw_only=True)
    state: State = field(default_factory=dict, init=False, repr=False)
    _room: _Room = field(default_factory=_Room, init=False, repr=False, compare=False)
    name: ClassVar[str] = "rmsprop"

    def __post_init__(self) -> None:
        _check(self)

    def step(self, theta: Array, grad: Array) -> None:
        for block in self._room.blocks(theta, grad, _memory(self.state, "s", theta)):
            self._move(*block)

    def _move(self, theta: Array, grad: Array, s: Array, work: Array, room: Array) -> None:
        g = _decayed(theta, grad, self.weight_decay, out=room)
        # s ← α s + (1 − α) g²
        s *= self.alpha
        np.multiply(g, g, out=work)
        work *= 1 - self.alpha
        s += work
        # θ ← θ − η g / (√s + ε)
        np.sqrt(s, out=work)
        work += self.epsilon
        np.divide(g, work, out=work)
        work *= self.learning_rate
        theta -= work


@dataclass
class Adam:
    """Momentum and a rate for each parameter (Kingma and Ba, ICLR 2015, algorithm 1).

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  θ ← θ − η m̂ / (√ŝ + ε), with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ)

    >>> theta, rule = np.array([1.0]), Adam(0.1)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.8])
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = field(default=0.0, kw_only=True)
    state: State = field(default_factory=dict, init=False, repr=False)
    _room: _Room = field(default_factory=_Room, init=False, repr=False, compare=False)
    name: ClassVar[str] = "adam"

    def __post_init__(self) -> None:
        _check(self)

    def step(self, theta: Array, grad: Array) -> None:
        _adam(self, theta, grad, self.weight_decay)


@dataclass
class AdamW:
    """Adam whose weight decay stands beside the gradient: θ ← θ − η λ θ first (Loshchilov and Hutter, ICLR 2019).

    >>> theta, rule = np.array([1.0]), AdamW(0.1, weight_decay=0.5)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.7075])
    """

    learning_rate: float = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = field(default=0.01, kw_only=True)
    state: State = field(default_factory=dict, init=False, repr=False)
    _room: _Room = field(default_factory=_Room, init=False, repr=False, compare=False)
    name: ClassVar[str] = "adamw"

    def __post_init__(self) -> None:
        _check(self)

    def step(self, theta: Array, grad: Array) -> None:
        # θ ← (1 − η λ) θ
        theta *= 1 - self.learning_rate * self.weight_decay
        _adam(self, theta, grad, 0.0)


def _adam(rule: Adam | AdamW, theta: Array, grad: Array, decay: float) -> None:
    """The step that Adam and AdamW share.

    m and s are kept without their factors (1 − β), which go into the two numbers ``rate`` and ``epsilon``: they are
    the same for all parameters, and so it takes three passes over θ fewer.
    """
    m, s, t = _memory(rule.state, "m", theta), _memory(rule.state, "s", theta), _tick(rule.state)
    scale = math.sqrt((1 - rule.beta2**t) / (1 - rule.beta2))  # √s is the true √ŝ times this
    rate = rule.learning_rate * scale * (1 - rule.beta1) / (1 - rule.beta1**t)
    epsilon = rule.epsilon * scale
    for block in rule._room.blocks(theta, grad, m, s):
        _move_adam(rule, rate, epsilon, decay, *block)


def _move_adam(
    rule: Adam | AdamW,
    rate: float,
    epsilon: float,
    decay: float,
    theta: Array,
    grad: Array,
    m: Array,
    s: Array,
    work: Array,
    room: Array,
) -> None:
    g = _decayed(theta, grad, decay, out=room)
    # m ← β₁ m + g
    m *= rule.beta1
    m += g
    # s ← β₂ s + g²
    s *= rule.beta2
    np.multiply(g, g, out=work)
    s += work
    # θ ← θ − η m̂ / (√ŝ + ε)
    np.sqrt(s, out=work)
    work += epsilon
    np.divide(m, work, out=work)
    work *= rate
    theta -= work


def clip(grad: Array, most: float) -> None:
    """Shorten the gradient to the length ``most`` where it is longer (Pascanu et al., ICML 2013), as PyTorch does.

    >>> grad = np.array([3.0, 4.0])
    >>> clip(grad, 1.0)
    >>> grad.round(4)
    array([0.6, 0.8])
    """
    # g ← g · min(1, most / (‖g‖ + 10⁻⁶))
    length = math.sqrt(float(np.dot(grad, grad)))
    share = most / (length + 1e-6)
    if share < 1:
        grad *= share


def _check(rule: Optimizer) -> None:
    """Every setting as a Python float in its range: NumPy's float64 would make a float32 vector a float64 one."""
    for name, value in vars(rule).items():
        if name == "learning_rate":
            setattr(rule, name, checks.number(value, name, positive=True))
        elif name in ("momentum", "alpha", "beta1", "beta2"):
            setattr(rule, name, checks.number(value, name, below=1.0))
        elif name in ("epsilon", "weight_decay"):
            setattr(rule, name, checks.number(value, name))


OPTIMIZERS: dict[str, type[SGD | Momentum | Nesterov | RMSProp | Adam | AdamW]] = {
    kind.name: kind for kind in (SGD, Momentum, Nesterov, RMSProp, Adam, AdamW)
}
