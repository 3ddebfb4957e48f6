"""One sample through a model, in sections: what it says, layer by layer, one neuron, the loss, backward, the update."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pellucid import metrics
from pellucid.errors import InputError
from pellucid.explain import loss_terms, terms
from pellucid.explain.names import Names
from pellucid.explain.passes import Pass, one_pass
from pellucid.explain.step import Block, Explanation, Section, Step
from pellucid.explain.steps import source, steps_after, steps_of
from pellucid.explain.text import formula_of, number, pretty
from pellucid.files import plain
from pellucid.network import Network
from pellucid.storage import Model


@dataclass(frozen=True)
class Focus:
    """What is looked at more closely: neuron j of layer l, the ``top`` largest terms of each sum, and a rival output."""

    layer: int
    neuron: int
    top: int
    against: int | None


def sample(
    model: Model | Network,
    x: npt.ArrayLike,
    y: npt.ArrayLike | None = None,
    *,
    learning_rate: float = 0.1,
    layer: int | None = None,
    neuron: int | None = None,
    against: int | None = None,
    top: int = 8,
    name: str = "the sample",
    assumed: bool = False,
) -> Explanation:
    """Explain what a model makes of one sample x (inputs,), and what its target y would teach it.

    ``layer`` (from 1) and ``neuron`` (from 0) choose what is looked at closely: without them the output that the
    network says, or the most active neuron of the layer. ``against`` is another output to compare with. Without y there
    is only the way forward; ``assumed`` says that y is not known, but taken to be what the network says.

    Raises:
        InputError: x or y does not fit, or there is no such layer, neuron or output.

    >>> net = Network([2, 3, 2], rng=np.random.default_rng(0))
    >>> [section.title for section in sample(net, [1.0, -1.0], 0).sections][:2]
    ['What the network says', 'Layer by layer']
    """
    model = Model(model) if isinstance(model, Network) else model
    p = one_pass(model.network, x, y, learning_rate=learning_rate)
    names = Names(model)
    focus = _focus(p, layer, neuron, against, top)
    facts = {**_facts(p, names, focus, name), "target_assumed": assumed}
    sections = [_says(p, names, facts, focus), _layers(p, names, focus), _neuron(p, names, focus)]
    if focus.against is not None:
        sections.append(_against(p, names, focus))
    if p.moved is not None:
        sections += [_loss(p, names, focus), _backward(p, names, focus), _changes(p, names, focus), _after(p, names)]
    title = f"{name[:1].upper()}{name[1:]}, step by step"
    return Explanation(title, _summary(facts), facts, tuple(steps_of(p)), tuple(steps_after(p)), tuple(sections))


def said(p: Pass) -> int:
    """The output that the network says: the largest, or its only one."""
    return int(np.argmax(p.trace.a[-1][0]))


def _focus(p: Pass, layer: int | None, neuron: int | None, against: int | None, top: int) -> Focus:
    layers, outputs = p.layers, p.net.sizes[-1]
    if layer is None:
        layer = layers
    if not 1 <= layer <= layers:
        raise InputError(f"layer {layer}: the network has the layers 1 to {layers}")
    size = p.net.sizes[layer]
    if neuron is None:
        neuron = int(np.argmax(p.trace.a[layer][0])) if layer == layers else int(np.argmax(np.abs(p.trace.a[layer][0])))
    if not 0 <= neuron < size:
        raise InputError(f"neuron {neuron}: layer {layer} has {size} neurons, 0 to {size - 1}")
    if against is not None:
        if outputs == 1:
            raise InputError("against: the network has one output, which is compared with nothing; leave it out")
        if not 0 <= against < outputs:
            raise InputError(f"against {against}: the network has {outputs} outputs, 0 to {outputs - 1}")
        if against == (neuron if layer == layers else said(p)):
            raise InputError(f"against {against}: is the very output that is explained; name another one")
    return Focus(layer, neuron, top, against)


def _facts(p: Pass, names: Names, focus: Focus, name: str) -> dict[str, Any]:
    a, y = p.trace.a[-1][0], p.trace.y[0]
    facts: dict[str, Any] = {"sample": name}
    if names.has_classes:
        classes = names.model.class_names
        shares = np.hstack([1 - a, a]) if len(a) == 1 else a
        label = int(metrics.labels(a[np.newaxis])[0])
        facts |= {"prediction": classes[label], "probability": float(shares[label])}
        target = int(metrics.labels(y[np.newaxis])[0]) if p.loss is not None else None
        facts["target"] = None if target is None else classes[target]
    else:
        facts["prediction"] = float(a[0]) if len(a) == 1 else plain(a)
        facts["target"] = None if p.loss is None else float(y[0]) if len(y) == 1 else plain(y)
    facts |= {"loss": p.loss, "loss_after": p.moved.loss if p.moved else None, "learning_rate": p.learning_rate}
    return facts | {"layer": focus.layer, "neuron": focus.neuron}


def _summary(facts: dict[str, Any]) -> str:
    known, words = facts["target"] is not None, _worded(facts["prediction"])
    if "probability" in facts:
        words += f" ({100 * facts['probability']:.2f} %)"
        if known and not facts["target_assumed"]:
            words += ", which is right" if facts["target"] == facts["prediction"] else f", but it is {facts['target']}"
    elif known:
        words += f", the target is {_worded(facts['target'])}"
    if not known:
        return f"{facts['sample']}: the network says {words}; no target is known, so there is no loss and no way back."
    if facts["target_assumed"]:
        words += "; nobody has told its class, so this is taken as the target"
    loss, later = number(facts["loss"]), number(facts["loss_after"])
    step = f"after one step of gradient descent (η = {number(facts['learning_rate'])}) it is {later}"
    return f"{facts['sample']}: the network says {words}. The loss is {loss}; {step}."


def _worded(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(pretty(number(each)) for each in (value if isinstance(value, list) else [value]))


def _says(p: Pass, names: Names, facts: dict[str, Any], focus: Focus) -> Section:
    l, blocks = p.layers, list[Block]()
    order = np.argsort(-p.trace.a[-1][0], kind="stable")[: focus.top]
    if p.net.loss.activation.name == "softmax":
        blocks.append(
            "The softmax makes probabilities of the scores z: each is exp(z − m), divided by what all add up to."
        )
        blocks += terms.normaliser(p)[0]
    elif names.has_classes:
        first, second = names.model.class_names[:2]
        blocks.append(f"One output, between 0 and 1: how probable {second} is; below 0.5 the network says {first}.")
    blocks.append(tuple(step for j in order for step in terms.activation(p, l, int(j), why=names.output(int(j)))))
    if len(order) < p.net.sizes[-1]:
        blocks.append(f"{p.net.sizes[-1] - len(order)} more outputs are smaller.")
    return Section("What the network says", tuple(blocks))


def _layers(p: Pass, names: Names, focus: Focus) -> Section:
    blocks: list[Block] = []
    given, used = p.trace.a[0][0], int(np.count_nonzero(p.trace.a[0][0]))
    divided = ", each pixel divided by 255" if p.given.dtype == np.uint8 else ""
    blocks.append(f"x: {len(given):,} inputs{divided}; {used:,} of them are not 0.")
    for step in steps_of(p):
        l = step.layer
        if step.quantity == "z" and l > 0:
            blocks.append(f"Layer {l}: {step.name} = {pretty(step.formula)}, {p.net.sizes[l]:,} scores.")
        elif step.quantity == "a" and l < p.layers:
            a = p.trace.a[l][0]
            order = np.argsort(-np.abs(a), kind="stable")[: focus.top]
            many = len(order) < len(a)
            on = f" {np.count_nonzero(a):,} of {len(a):,} are not 0{', the strongest of them:' if many else ':'}"
            blocks.append(f"{step.name} = {formula_of(step)}.{on}")
            blocks.append(tuple(s for j in order for s in terms.activation(p, l, int(j), why=names.neuron(l, int(j)))))
    return Section("Layer by layer", tuple(blocks))


def _neuron(p: Pass, names: Names, focus: Focus) -> Section:
    l, j = focus.layer, focus.neuron
    found = terms.score(p, names, l, j, top=focus.top)
    about = "" if l < p.layers else f", {names.output(j)}"
    below = "inputs" if l == 1 else f"neurons of layer {l - 1}"
    sentence = (
        f"Its score is the sum of W{l}[{j}, i] · {source(l)}[i] over the {p.net.sizes[l - 1]:,} {below}, and the bias."
    )
    last = terms.activation(p, l, j)
    return Section(
        f"Neuron {j} of layer {l}{about}: the largest terms", (sentence, tuple(found[:-1]), found[-1], *last)
    )


def _against(p: Pass, names: Names, focus: Focus) -> Section:
    assert focus.against is not None
    j = focus.neuron if focus.layer == p.layers else said(p)
    found = terms.difference(p, names, j, focus.against, top=focus.top)
    first, second = names.output(j), names.output(focus.against)
    lead = "ahead of" if found[-1].value > 0 else "behind"
    sentence = f"The score of {first} is {lead} that of {second} by a sum of what each neuron below gives to the one more than to the other."
    return Section(f"Why {first} and not {second}", (sentence, tuple(found[:-2]), *found[-2:]))


def _loss(p: Pass, names: Names, focus: Focus) -> Section:
    found = loss_terms.loss(p, names, top=focus.top)
    return Section(f"The loss: {p.net.loss.name}", (*([tuple(found[:-1])] if found[:-1] else []), found[-1]))


def _backward(p: Pass, names: Names, focus: Focus) -> Section:
    L, blocks = p.layers, list[Block]()
    blocks.append("δ of a neuron is dLoss/dz: by how much the loss grows for each unit that its score grows.")
    delta = p.trace.delta[-1][0]
    order = [int(j) for j in np.argsort(-np.abs(delta), kind="stable")[: focus.top]]
    if focus.layer == L and focus.neuron not in order:
        order[-1] = focus.neuron
    found = [step for j in order for step in terms.gradient(p, names, L, j, top=focus.top)]
    shared = [step for step in found if step.quantity == "sum"]
    blocks += shared[:1]
    rows = [step for step in found if step.quantity != "sum"]
    blocks.append(tuple(_because(step, names.output(j)) for j, step in zip(order, rows, strict=True)))
    for l in range(L - 1, 0, -1):
        delta = p.trace.delta[l - 1][0]
        chosen = l == focus.layer
        j = focus.neuron if chosen else int(np.argmax(np.abs(delta)))
        which = f"neuron {j}" if chosen else f"neuron {j}, where it is largest"
        arrives = np.count_nonzero(delta)
        blocks.append(f"Layer {l}: it arrives at {arrives:,} of {len(delta):,} neurons. At {which}:")
        *parts, summed, last = terms.gradient(p, names, l, j, top=focus.top)
        blocks += [*([tuple(parts)] if parts else []), summed, last]
    return Section("Backward: where the gradient comes from", tuple(blocks))


def _because(step: Step, why: str) -> Step:
    return Step(
        step.layer, step.quantity, step.formula, step.operands, step.value, step.name, step.neuron, why, step.labels
    )


def _changes(p: Pass, names: Names, focus: Focus) -> Section:
    l, j = focus.layer, focus.neuron
    blocks: list[Block] = [
        f"Each weight goes against its gradient: W − η · dW, where dW = δ · x. Of neuron {j} of layer {l} these move most:",
        tuple(terms.changes(p, names, l, j, top=focus.top)),
    ]
    rows = []
    for k, dW in enumerate(p.trace.dW, start=1):
        at = int(np.argmax(np.abs(dW).max(axis=1)))
        step = terms.changes(p, names, k, at, top=1)[0]
        if step.quantity == "W":
            rows.append(
                _because(step, f"{names.neuron(k - 1, int(np.argmax(np.abs(dW[at]))))} → {names.neuron(k, at)}")
            )
    if rows:
        blocks += ["In each layer, the weight that moves most:", tuple(rows)]
    return Section("How its weights change", tuple(blocks))


def _after(p: Pass, names: Names) -> Section:
    assert p.moved is not None
    assert p.loss is not None
    after, gain = p.moved.loss, p.loss - p.moved.loss
    slope = float(np.sum(p.trace.grad**2))
    difference = Step(
        0, "change", "before - after", {"before": p.loss, "after": after}, gain, "the loss falls by",
        labels={"before": "loss", "after": "loss after the step"},
    )  # fmt: skip
    promise = Step(
        0, "change", "eta * g", {"eta": p.learning_rate, "g": slope}, p.learning_rate * slope, "promised",
        labels={"g": "‖gradient‖²"},
    )  # fmt: skip
    blocks: list[Block] = [*loss_terms.loss_after(p, names), difference, promise]
    if gain < 0:
        blocks.append("The loss has grown: the step was too long. Try a smaller learning rate.")
    else:
        blocks.append("Promised is what the slope would give if it stayed the same all along the step.")
    return Section("After the step", tuple(blocks))
