"""The optimisers: how a gradient moves θ. A few whole-array operations on flat vectors; none knows of networks.

Formulas and defaults are PyTorch's (torch.optim). In the comments g is the gradient, η the learning rate.
``weight_decay``, an L2 regularisation, draws all of θ towards 0: for ``AdamW`` beside the gradient step, for all others
as λθ added to g.

More of them are in model/additions.py. A new one is a class and a line, ``OPTIMIZERS.add``: docs/adding.md.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np

from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.registry import Registry

BLOCK = 2**15  # parameters that are moved together


class Optimizer(Protocol):
    """What training needs of an optimiser. ``train`` sets ``learning_rate`` for each step, and back after it."""

    name: ClassVar[str]
    learning_rate: float
    state: dict[str, AnyArray]

    def step(self, theta: Array, grad: Array) -> None:
        """Move ``theta`` in place, against the gradient ``grad``; both (parameters,)."""


class Workspace:
    """θ and the vectors beside it, cut into blocks, with two vectors of a block's size to compute in.

    A large θ is moved block by block, so that what is computed on the way stays in a core's own cache.
    """

    def __init__(self) -> None:
        self._vectors: tuple[Array, ...] = ()
        self._blocks: list[list[Array]] = []

    def __reduce__(self) -> tuple[type["Workspace"], tuple[()]]:
        return Workspace, ()  # a copy makes its own, for the vectors that it meets

    def blocks(self, *vectors: Array) -> list[list[Array]]:
        """The blocks of these vectors, each with room to compute in; made once and kept as long as they last."""
        if len(vectors) != len(self._vectors) or not all(map(operator.is_, vectors, self._vectors)):
            theta = vectors[0]
            buffers = np.empty((2, min(theta.size, BLOCK)), theta.dtype)
            parts = [[vector[start : start + BLOCK] for vector in vectors] for start in range(0, theta.size, BLOCK)]
            self._blocks = [[*part, *buffers[:, : part[0].size]] for part in parts]
            self._vectors = vectors
        return self._blocks


@dataclass
class BlockOptimizer:
    """What the optimisers share: settings, checked; memory; and a step that goes over blocks of θ.

    ``memory`` names the vectors that it keeps, each as long as θ and 0 at first; ``state`` holds them, and the number
    of steps: copy it to save a run, and write it back to go on. ``usual_rate`` and ``usual_decay`` are what
    ``pellucid train`` takes where nobody says: chosen on dev digits for the default network (docs/decisions).
    """

    learning_rate: float = 0.001
    weight_decay: float = field(default=0.0, kw_only=True)
    state: dict[str, AnyArray] = field(default_factory=dict, init=False, repr=False)
    _workspace: Workspace = field(default_factory=Workspace, init=False, repr=False, compare=False)
    name: ClassVar[str] = ""
    memory: ClassVar[tuple[str, ...]] = ()
    usual_rate: ClassVar[float] = 0.001
    usual_decay: ClassVar[float] = 0.0
    adaptive: ClassVar[bool] = False  # whether each parameter has a rate of its own
    move: ClassVar[Callable[..., None]]  # (theta, g, its memory, a vector to compute in, numbers): moves one block

    def __post_init__(self) -> None:
        # every setting as a Python float: NumPy's float64 would make a float32 vector a float64 one
        for setting, value in vars(self).items():
            if setting == "learning_rate":
                self.learning_rate = checks.number(value, setting, positive=True)
            elif setting in ("momentum", "alpha", "beta1", "beta2"):
                setattr(self, setting, checks.number(value, setting, below=1.0))
            elif setting in ("epsilon", "weight_decay"):
                setattr(self, setting, checks.number(value, setting))

    def step(self, theta: Array, grad: Array) -> None:
        """Move ``theta`` in place, against the gradient ``grad``; both (parameters,)."""
        for name in self.memory:
            if name not in self.state:
                self.state[name] = np.zeros_like(theta)
        numbers = self.numbers()
        blocks = self._workspace.blocks(theta, grad, *(self.state[name] for name in self.memory))
        for block, g, *memory, work, buffer in blocks:
            g = self.apply_weight_decay(block, g, out=buffer)
            self.move(block, g, *memory, work, *numbers)

    def numbers(self) -> tuple[Any, ...]:
        """What a step needs besides vectors; ``move`` gets it last."""
        return ()

    def count_step(self) -> int:
        """Count this step; 1 is the first."""
        self.state.setdefault("steps", np.zeros(1, np.int64))[0] += 1
        return int(self.state["steps"][0])

    def apply_weight_decay(self, theta: Array, grad: Array, *, out: Array) -> Array:
        """The gradient with weight decay, g + λθ, in ``out``; or g itself where λ is 0."""
        if not self.weight_decay:
            return grad
        np.multiply(theta, self.weight_decay, out=out)
        out += grad
        return out


def round_what_fades(v: Array) -> None:
    """Round a vector to multiples of a number that is as good as 0, 10⁻³¹ in float32, in place.

    Without gradients a memory fades, βᵗ v, until its numbers are denormal: smaller than the least normal one, 10⁻³⁸.
    With these, many processors compute a hundred times slower. What is larger than 10⁻²⁴ stays as it is, bit for bit.
    """
    info = np.finfo(v.dtype)
    unit = float(info.tiny) / float(info.eps) ** 2
    v += unit
    v -= unit


@dataclass
class SGD(BlockOptimizer):
    """Gradient descent: θ ← θ − η (g + λθ). With batches drawn by chance it is called stochastic.

    >>> theta = np.array([1.0, 2.0])
    >>> SGD(0.1).step(theta, np.array([10.0, 0.0]))
    >>> theta
    array([0., 2.])
    """

    name: ClassVar[str] = "sgd"
    usual_rate: ClassVar[float] = 0.7
    usual_decay: ClassVar[float] = 0.001

    def apply_weight_decay(self, theta: Array, grad: Array, *, out: Array) -> Array:
        """Let the decay move θ itself, in place; the gradient stays as it is."""
        if self.weight_decay:
            # θ ← θ − η λ θ, the decay's part of η (g + λθ)
            theta *= 1 - self.learning_rate * self.weight_decay
        return grad

    def move(self, theta: Array, g: Array, work: Array) -> None:
        # θ ← θ − η g
        np.multiply(g, self.learning_rate, out=work)
        theta -= work


@dataclass
class Momentum(BlockOptimizer):
    """Gradient descent with momentum: v ← μ v + g, θ ← θ − η v (Polyak 1964, in PyTorch's form).

    >>> theta, rule = np.array([1.0]), Momentum(0.1, 0.5)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.5])
    """

    momentum: float = 0.9
    name: ClassVar[str] = "momentum"
    memory: ClassVar[tuple[str, ...]] = ("v",)
    usual_rate: ClassVar[float] = 0.05
    usual_decay: ClassVar[float] = 0.001

    def move(self, theta: Array, g: Array, v: Array, work: Array) -> None:
        # v ← μ v + g
        v *= self.momentum
        v += g
        round_what_fades(v)
        # θ ← θ − η v
        np.multiply(v, self.learning_rate, out=work)
        theta -= work


@dataclass
class Nesterov(Momentum):
    """Nesterov's momentum: v ← μ v + g, θ ← θ − η (g + μ v) (Sutskever et al., ICML 2013, in PyTorch's form).

    >>> theta, rule = np.array([1.0]), Nesterov(0.1, 0.5)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.35])
    """

    name: ClassVar[str] = "nesterov"

    def move(self, theta: Array, g: Array, v: Array, work: Array) -> None:
        # v ← μ v + g
        v *= self.momentum
        v += g
        round_what_fades(v)
        # θ ← θ − η (g + μ v)
        np.multiply(v, self.momentum, out=work)
        work += g
        work *= self.learning_rate
        theta -= work


@dataclass
class RMSProp(BlockOptimizer):
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
    name: ClassVar[str] = "rmsprop"
    adaptive: ClassVar[bool] = True
    memory: ClassVar[tuple[str, ...]] = ("s",)

    def move(self, theta: Array, g: Array, s: Array, work: Array) -> None:
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
class AdaptiveMoments(BlockOptimizer):
    """What Adam and AdamW share: two running means, m of the gradient and s of its square.

    m and s are kept without their factors: m is Adam's m / (1 − β₁), s is its s / (1 − β₂). The factors go into the two
    numbers ``rate`` and ``epsilon``, which are the same for all parameters: three passes over θ fewer. An ``epsilon``
    of None leaves s out, as RAdam does in its first steps (model/additions.py).
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    memory: ClassVar[tuple[str, ...]] = ("m", "s")
    adaptive: ClassVar[bool] = True

    def numbers(self) -> tuple[float, float | None]:
        """The rate, and the ε beside √s."""
        t = self.count_step()
        scale = math.sqrt((1 - self.beta2**t) / (1 - self.beta2))  # √s is the true √ŝ times this
        return self.learning_rate * scale * (1 - self.beta1) / (1 - self.beta1**t), self.epsilon * scale

    def move(self, theta: Array, g: Array, m: Array, s: Array, work: Array, *numbers: Any) -> None:
        rate, epsilon = numbers
        # m ← β₁ m + g
        m *= self.beta1
        m += g
        round_what_fades(m)
        # s ← β₂ s + g²
        s *= self.beta2
        np.multiply(g, g, out=work)
        s += work
        # θ ← θ − η m̂ / (√ŝ + ε), without the divisor where there is no ε
        if epsilon is None:
            np.multiply(m, rate, out=work)
        else:
            np.sqrt(s, out=work)
            work += epsilon
            np.divide(m, work, out=work)
            work *= rate
        theta -= work


@dataclass
class Adam(AdaptiveMoments):
    """Momentum and a rate for each parameter (Kingma and Ba, ICLR 2015, algorithm 1).

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  θ ← θ − η m̂ / (√ŝ + ε), with m̂ = m / (1 − β₁ᵗ), ŝ = s / (1 − β₂ᵗ)

    >>> theta, rule = np.array([1.0]), Adam(0.1)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.8])
    """

    name: ClassVar[str] = "adam"
    usual_rate: ClassVar[float] = 0.004


@dataclass
class AdamW(AdaptiveMoments):
    """Adam whose weight decay stands beside the gradient: θ ← θ − η λ θ first (Loshchilov and Hutter, ICLR 2019).

    >>> theta, rule = np.array([1.0]), AdamW(0.1, weight_decay=0.5)
    >>> for _ in range(2):
    ...     rule.step(theta, np.array([2.0]))
    >>> theta.round(4)
    array([0.7075])
    """

    weight_decay: float = field(default=0.01, kw_only=True)
    name: ClassVar[str] = "adamw"
    usual_rate: ClassVar[float] = 0.008
    usual_decay: ClassVar[float] = 0.1

    apply_weight_decay = SGD.apply_weight_decay  # θ ← (1 − η λ) θ


OPTIMIZERS = Registry[BlockOptimizer]("optimiser", BlockOptimizer, (SGD, Momentum, Nesterov, RMSProp, Adam, AdamW))


def clip(grad: Array, most: float) -> None:
    """Shorten the gradient to the length ``most`` where it is longer: gradient clipping, as PyTorch does it.

    Source: Pascanu, Mikolov and Bengio, ICML 2013, algorithm 1.

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
