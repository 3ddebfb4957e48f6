"""A pass in sections: what the network says, layer by layer, one neuron, the loss, backward, the update, and after."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pellucid._text import counted
from pellucid.analysis.explain import loss_terms, terms
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import Pass
from pellucid.analysis.explain.step import Block, Section, Step, of
from pellucid.analysis.explain.steps import source, steps_of
from pellucid.analysis.explain.text import formula_of, pretty
from pellucid.core.arrays import Array


@dataclass(frozen=True)
class Focus:
    """What is looked at closely: a neuron of a layer, an ``output``, one ``against`` it; ``top`` terms of each sum."""

    layer: int
    neuron: int
    output: int
    top: int
    against: int | None


def all_of(p: Pass, names: Names, focus: Focus) -> list[Section]:
    """The sections, in the order in which they are read; without a target only those about the way forward."""
    found = [_says(p, names, focus), _layers(p, names, focus), _neuron(p, names, focus)]
    if focus.against is not None:
        found.append(_against(p, names, focus, focus.against))
    if p.moved is not None:
        found += [part(p, names, focus) for part in (_loss, _backward, _changes, _after)]
    return found


def _by_size(values: Array, top: int) -> list[int]:
    """The places of the largest values, the largest first."""
    return [int(j) for j in np.argsort(-np.abs(values), kind="stable")[:top]]


def _table(steps: Iterable[Step]) -> list[Block]:
    """Steps under each other, if there are any."""
    rows = tuple(steps)
    return [rows] if rows else []


def _says(p: Pass, names: Names, focus: Focus) -> Section:
    l, blocks = p.layers, list[Block]()
    order = [int(j) for j in np.argsort(-p.trace.a[-1][0], kind="stable")[: focus.top]]
    output = p.net.loss.activation.formula
    if output.of_layer:
        words = "The softmax makes probabilities of the scores z: exp(z − m), divided by what all of these add up to."
        blocks += [words, *terms.normaliser(p)[0]]
    elif output.log_link:
        formula = pretty(output.value.format(z="z"))
        blocks.append(f"The output is {formula}: above 0 whatever the score z, as a count is.")
    elif names.has_classes:
        first, second = names.model.class_names[:2]
        blocks.append(f"One output, between 0 and 1: how probable {second} is; below 0.5 the network says {first}.")
    blocks += _table(step for j in order for step in terms.activation(p, l, j, why=names.output(j)))
    more = p.net.sizes[-1] - len(order)
    if more:
        blocks.append(f"{more} more {'output is' if more == 1 else 'outputs are'} smaller.")
    return Section("What the network says", tuple(blocks))


def _layers(p: Pass, names: Names, focus: Focus) -> Section:
    x, blocks = p.trace.a[0][0], list[Block]()
    divided = ", each pixel divided by 255" if p.given.dtype == np.uint8 else ""
    blocks.append(f"x: {_count(x, 'input')}{divided}.")
    for step in steps_of(p):
        l = step.layer
        if step.quantity == "z" and l > 0:
            blocks.append(f"Layer {l}: {step.name} = {pretty(step.formula)}")
        elif step.quantity == "a" and l < p.layers:
            a = p.trace.a[l][0]
            order = _by_size(a, focus.top)
            strongest = ", the strongest of them" if len(order) < len(a) else ""
            blocks.append(f"{step.name} = {formula_of(step)}: {_count(a, 'neuron')}{strongest}:")
            blocks += _table(s for j in order for s in terms.activation(p, l, j, why=names.neuron(l, j)))
    return Section("Layer by layer", tuple(blocks))


def _count(values: Array, what: str) -> str:
    return f"{counted(len(values), what)}, {int(np.count_nonzero(values)):,} of them not 0"


def _neuron(p: Pass, names: Names, focus: Focus) -> Section:
    l, j = focus.layer, focus.neuron
    *found, whole = terms.score(p, names, l, j, top=focus.top)
    about = "" if l < p.layers else f", {names.output(j)}"
    below = "inputs" if l == 1 else f"neurons of layer {l - 1}"
    sentence = (
        f"Its score is the sum of W{l}[{j}, i] · {source(l)}[i] over the {p.net.sizes[l - 1]:,} {below}, and the bias "
        f"b{l}[{j}]. Terms that are 0 are left out."
    )
    last = terms.activation(p, l, j)
    title = f"Neuron {j} of layer {l}{about}: the largest terms of its score"
    return Section(title, (sentence, *_table(found), whole, *last))


def _against(p: Pass, names: Names, focus: Focus, against: int) -> Section:
    *found, whole, check = terms.difference(p, names, focus.output, against, top=focus.top)
    first, second = names.output(focus.output), names.output(against)
    lead = "ahead of" if whole.value > 0 else "behind"
    below = "inputs" if p.layers == 1 else f"neurons of layer {p.layers - 1}"
    sentence = f"The score of {first} is {lead} that of {second}, by the sum of what the {below} give to the one "
    sentence += "more than to the other."
    return Section(f"Why {first} and not {second}", (sentence, *_table(found), whole, check))


def _loss(p: Pass, names: Names, focus: Focus) -> Section:
    *found, whole = loss_terms.loss(p, names, top=focus.top)
    return Section(f"The loss: {p.net.loss.name}", (*_table(found), whole))


def _backward(p: Pass, names: Names, focus: Focus) -> Section:
    L, blocks = p.layers, list[Block]()
    blocks.append("δ of a neuron is dLoss/dz: how fast the loss grows with its score. It begins at the outputs:")
    order = _by_size(p.trace.delta[-1][0], focus.top)
    if focus.layer == L and focus.neuron not in order:
        order[-1] = focus.neuron
    found = [step for j in order for step in terms.gradient(p, names, L, j, top=focus.top)]
    blocks += of(found, "sum")[:1]
    blocks += _table(replace(step, why=names.output(step.neuron)) for step in found if step.neuron is not None)
    formulas = {step.layer: pretty(step.formula) for step in of(steps_of(p), "delta")}
    for l in range(L - 1, 0, -1):
        delta = p.trace.delta[l - 1][0]
        j, where = (focus.neuron, "") if l == focus.layer else (int(np.abs(delta).argmax()), ", where it is largest")
        blocks.append(f"Layer {l}: {_count(delta, 'neuron')}; δ{l} = {formulas[l]}. At neuron {j}{where}:")
        *parts, summed, last = terms.gradient(p, names, l, j, top=focus.top)
        blocks += [*_table(parts), summed, last]
    return Section("Backward: where the gradient comes from", tuple(blocks))


def _changes(p: Pass, names: Names, focus: Focus) -> Section:
    l, j = focus.layer, focus.neuron
    blocks: list[Block] = [
        f"Each weight goes against its gradient: W − η · dW, where dW = δ · {source(l)}. Of neuron {j} of layer {l} "
        "these move most:",
        *_table(terms.changes(p, names, l, j, top=focus.top)),
    ]
    rows = []
    for k, dW in enumerate(p.trace.dW, start=1):
        to = int(np.argmax(np.abs(dW).max(axis=1)))
        step = terms.changes(p, names, k, to, top=1)[0]
        if step.quantity == "W":
            rows.append(replace(step, why=f"{step.why} → {names.neuron(k, to)}"))
    if rows:
        blocks += ["In each layer, the weight that moves most:", *_table(rows)]
    return Section("How its weights change", tuple(blocks))


def _after(p: Pass, names: Names, focus: Focus) -> Section:
    assert p.moved is not None
    assert p.loss is not None
    gain, slope = p.loss - p.moved.loss, float(np.sum(p.trace.grad**2))
    *found, whole = loss_terms.loss_after(p, names, top=focus.top)
    numbers, labels = {"before": p.loss, "after": p.moved.loss}, {"before": "loss", "after": "new loss"}
    fall = Step(0, "change", "before - after", numbers, gain, "fall of the loss", labels=labels)
    rate, labels = {"eta": p.learning_rate, "g": slope}, {"g": "‖gradient‖²"}
    promise = Step(0, "change", "eta * g", rate, p.learning_rate * slope, "promised fall", labels=labels)
    if gain < 0:
        words = "The loss has grown: the step was too long. Take a smaller learning rate."
    elif promise.value > p.loss:
        words = "Promised is what the slope would give if it stayed the same all along the step. It does not."
    else:
        words = "Promised is what the slope would give if it stayed the same all along the step."
    return Section("After the step", (*_table(found), whole, fall, promise, words))
