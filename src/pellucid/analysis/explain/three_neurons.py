"""Three neurons in a row, with numbers: forward, the error, and the chain rule, factor by factor."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from pellucid.analysis.explain.one_step import Pass, one_pass
from pellucid.analysis.explain.step import Block, Explanation, Section, Step, of
from pellucid.analysis.explain.steps import steps_after, steps_of
from pellucid.analysis.explain.text import number
from pellucid.analysis.layer_health import slopes
from pellucid.core import checks
from pellucid.core.activations import Activation, Sigmoid
from pellucid.core.arrays import Array
from pellucid.core.losses import LossFormula, SquaredError
from pellucid.core.network import Network

START = ((0.8, -0.5), (-1.2, 0.6), (1.5, -0.3))  # W and b of each neuron


@dataclass(frozen=True)
class SquaredErrorOfSigmoid:
    """L = (a − y)² with a = σ(z): how the article's chain of three neurons measures its error.

    Squared error flattens where the sigmoid does, so the library pairs it with the identity; here it shows one more
    factor of the chain rule.
    """

    name: ClassVar[str] = "squared-error-of-sigmoid"
    activation: ClassVar[Activation] = Sigmoid()
    kind: ClassVar[str] = "values"
    formula: ClassVar[LossFormula] = LossFormula("({a} - {y}) ** 2", "2 * ({a} - {y}) * {a} * (1 - {a})", sum=True)
    kinks: ClassVar[tuple[float, ...]] = ()

    def value(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        SquaredError().value(z, a, y, out=out, workspace=workspace)

    def delta(self, z: Array, a: Array, y: Array, *, out: Array, workspace: Array) -> None:
        # dL/da = 2 (a − y), then through the sigmoid
        SquaredError().delta(z, a, y, out=out, workspace=workspace)
        self.activation.backward(z, a, delta=out, workspace=workspace)


def three_neurons(*, x: float = 1.5, target: float = 1.0, learning_rate: float = 0.5) -> Explanation:
    """Explain a chain of three sigmoid neurons: z1 = W1 · x + b1, a1 = σ(z1), …, L = (a3 − y)².

    Raises:
        InputError: a number is not finite.

    >>> example = three_neurons()
    >>> [step.name for step in example.steps[:7]]
    ['x', 'z1', 'a1', 'z2', 'a2', 'z3', 'a3']
    >>> example.facts["loss_after"] < example.facts["loss"]
    True
    """
    net = Network([1, 1, 1, 1], activation=Sigmoid(), loss=SquaredErrorOfSigmoid(), init=None, dtype=np.float64)
    for layer, (weight, bias) in zip(net.layers, START, strict=True):
        layer.W[...], layer.b[...] = weight, bias
    y = checks.number(target, "target", least=-np.inf)
    p = one_pass(net, [checks.number(x, "x", least=-np.inf)], [y], learning_rate=learning_rate)
    assert p.loss is not None
    assert p.moved is not None
    found, after, said = steps_of(p), steps_after(p), float(p.trace.a[-1][0, 0])
    facts = {
        "sample": "three neurons", "prediction": said, "target": y, "loss": p.loss,
        "loss_after": p.moved.loss, "learning_rate": p.learning_rate,
    }  # fmt: skip
    summary = (
        f"x → neuron 1 → neuron 2 → neuron 3 → {number(said)}, but {number(y)} is wanted: the loss is "
        f"{number(p.loss)}, and {number(p.moved.loss)} after one step of gradient descent."
    )
    sections = (
        Section("Forward", (_FORWARD, *of(found, "x", "z", "a"))),
        Section("The loss", of(found, "loss")),
        _factors(p),
        _products(p),
        Section("Backward, as it is computed", (_BACKWARD, *of(found, "delta", "dW", "db"))),
        Section("The update", (_UPDATE, *of(found, "W", "b"))),
        Section("After the step", (*after, *_fall(p.loss, p.moved.loss))),
    )
    return Explanation("Three neurons, step by step", summary, facts, tuple(found), tuple(after), sections)


_FORWARD = (
    "Each neuron multiplies what it is given by its weight W, adds its bias b, and sends the sum z through the "
    "sigmoid, a = 1 / (1 + exp(−z)), which squeezes it between 0 and 1."
)
_BACKWARD = (
    "Much of that is the same again and again. Back propagation computes it once: δ = ∂L/∂z of a neuron, from the δ of "
    "the neuron after it. The gradients are the same as above."
)
_UPDATE = "Each parameter goes a little way against its gradient; η is the learning rate."


def _fall(before: float, after: float) -> tuple[Block, ...]:
    """By how much a step has made the loss smaller, and what to do where it has grown."""
    fall = Step(0, "change", "before - after", {"before": before, "after": after}, before - after, "fall of the loss")
    grown = "The loss has grown: the step was too long. Try a smaller learning rate."
    return (fall, grown) if after > before else (fall,)


def _factors(p: Pass) -> Section:
    sentence = (
        "By how much does each number change when the one before it changes a little? These are the factors of the "
        "chain rule, from the loss back to the input."
    )
    a, y = float(p.trace.a[-1][0, 0]), float(p.trace.y[0, 0])
    first = Step(3, "dL/da", "2 * (a3 - y)", {"a3": a, "y": y}, 2 * (a - y), "∂L/∂a3")
    blocks: list[Block] = [sentence, first]
    for l in (3, 2, 1):
        weight, below = float(p.net.layers[l - 1].W[0, 0]), "x" if l == 1 else f"a{l - 1}"
        a, slope = float(p.trace.a[l][0, 0]), float(slopes(p.net, p.trace, l)[0, 0])
        given = float(p.trace.a[l - 1][0, 0])
        blocks += [
            Step(l, "da/dz", f"a{l} * (1 - a{l})", {f"a{l}": a}, slope, f"∂a{l}/∂z{l}"),
            Step(l, "dz/dW", below, {below: given}, given, f"∂z{l}/∂W{l}"),
            Step(l, "dz/db", "1", {}, 1.0, f"∂z{l}/∂b{l}"),
        ]
        if l > 1:
            blocks.append(Step(l, "dz/da", f"W{l}", {f"W{l}": weight}, weight, f"∂z{l}/∂{below}"))
    return Section("The factors of the chain rule", tuple(blocks))


def _products(p: Pass) -> Section:
    """Each gradient as the product of the factors on the way to it; the values are the trace's own."""
    way = {step.name: step for step in _factors(p).steps}
    blocks: list[Block] = ["A gradient is the product of the factors along the way from the loss to its parameter."]
    for l in (3, 2, 1):
        path = ["∂L/∂a3", "∂a3/∂z3"]
        for k in range(3, l, -1):
            path += [f"∂z{k}/∂a{k - 1}", f"∂a{k - 1}/∂z{k - 1}"]
        for letter, gradient in (("W", p.trace.dW[l - 1][0, 0]), ("b", p.trace.db[l - 1][0])):
            labels = {f"f{k}": name for k, name in enumerate([*path, f"∂z{l}/∂{letter}{l}"], start=1)}
            operands = {factor: way[name].value for factor, name in labels.items()}
            formula = " * ".join(operands)
            blocks.append(Step(l, f"d{letter}", formula, operands, float(gradient), f"∂L/∂{letter}{l}", labels=labels))
    return Section("Multiplied out", tuple(blocks))
