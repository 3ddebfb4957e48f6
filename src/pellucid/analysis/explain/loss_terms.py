"""The loss of one sample, output by output, before the step and after it."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from pellucid.analysis.explain import formulas
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import Pass
from pellucid.analysis.explain.step import Step
from pellucid.analysis.explain.steps import below_tiny
from pellucid.analysis.explain.terms import Factor, largest, normaliser
from pellucid.core.arrays import Array

FROM_SCORES = "(z - m - np.log(s))"  # log a of a softmax, by its greatest score m and its sum s


def loss(p: Pass, names: Names, *, top: int) -> list[Step]:
    """The outputs' parts in the loss, the largest first, and last the loss itself."""
    assert p.loss is not None
    net, l = p.net, len(p.net.layers)
    if net.loss.formula.true_class:
        return [_of_true_class(p)]
    parts, formula = _parts(p)
    constants = {**formulas.constants(net.loss), **(normaliser(p)[1] if "log(s)" in formula else {})}
    rows = {"z": p.trace.z[-1][0], "a": p.trace.a[-1][0], "y": p.trace.y[0]}
    rows |= {name: np.full(len(parts), value) for name, value in constants.items()}
    factors = {
        name: Factor(rows[name], _label(name, l), {"z": f"z{l}", "a": f"a{l}"}.get(name, name))
        for name in formulas.names_in(formula, rows)
    }
    if len(parts) == 1:
        operands = {name: float(factor.values[0]) for name, factor in factors.items()}
        labels = {name: factor.label(0) for name, factor in factors.items()}
        return [Step(0, "loss", formula, operands, p.loss, "loss", why=names.output(0), labels=labels)]
    found = largest(formula, factors, parts, layer=0, top=top, why=names.output)
    letters = {f"t{k}": step.value for k, step in enumerate(found, start=1)}
    added = " + ".join(letters) or "0"
    whole = f"({added}) / {len(parts)}" if not net.loss.formula.sum else added
    labels = {f"t{len(found)}": "rest"} if found and found[-1].quantity == "rest" else {}
    return [*found, Step(0, "loss", whole, letters, p.loss, "loss", why="all together", labels=labels)]


def loss_after(p: Pass, names: Names, *, top: int) -> list[Step]:
    """The same of the updated network."""
    assert p.moved is not None
    later = replace(p, net=p.moved.net, trace=p.moved.trace, loss=p.moved.loss)
    found = [replace(step, labels=_new(step.labels)) for step in loss(later, names, top=top)]
    return [*found[:-1], replace(found[-1], name="new loss")]


def _new(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels of scores and activations, said to be new ones."""
    return {name: f"new {label}" if name in ("a", "z") else label for name, label in labels.items()}


def _of_true_class(p: Pass) -> Step:
    """What the true class's output gives, such as −log a_y; from the scores where a_y is too small for that."""
    assert p.loss is not None
    l, j = len(p.net.layers), int(np.argmax(p.trace.y[0]))
    tiny, formula = below_tiny(p.net, p.trace), p.net.loss.formula.true_class
    formula = (formula.replace(formulas.LOG, FROM_SCORES) if tiny else formula).format(a="a")
    operands = {"z": float(p.trace.z[-1][0, j]), **normaliser(p)[1]} if tiny else {}
    if formulas.names_in(formula, "a"):
        operands["a"] = float(p.trace.a[-1][0, j])
    operands |= formulas.constants(p.net.loss)
    return Step(0, "loss", formula, operands, p.loss, "loss", labels={"z": f"z{l}[{j}]", "a": f"a{l}[{j}]"})


def _parts(p: Pass) -> tuple[Array, str]:
    """Each output's part in the loss (outputs,), and its formula: what the loss gives where there is one output."""
    z, a, y = (array[0] for array in (p.trace.z[-1], p.trace.a[-1], p.trace.y))
    part, of_layer = p.net.loss.formula.part, p.net.loss.activation.formula.of_layer
    part = part.replace(formulas.LOG, FROM_SCORES) if of_layer and below_tiny(p.net, p.trace) else part
    formula = part.format(z="z", a="a", y="y", outputs=len(z))
    if of_layer:
        known = {"z": z, "a": a, "y": y, **normaliser(p)[1], **formulas.constants(p.net.loss)}
        return formulas.evaluate(formula, known), formula
    parts = np.empty(len(z))
    columns = (array.reshape(-1, 1) for array in (z, a, y))  # each output as a sample of its own
    p.net.loss.value(*columns, out=parts, workspace=np.empty((2, len(z), 1)))
    return parts, formula


def _label(name: str, l: int) -> Callable[[int], str]:
    place = {"z": f"z{l}[{{}}]", "a": f"a{l}[{{}}]", "y": "y[{}]"}.get(name, name)
    return place.format
