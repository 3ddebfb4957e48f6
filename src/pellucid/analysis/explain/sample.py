"""One sample through a model, explained: which neuron to look at, what it comes to, and the sections that say it."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pellucid._files.values import plain
from pellucid._text import percent
from pellucid.analysis.explain import by_column, sections
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import Pass, one_pass
from pellucid.analysis.explain.sections import Focus
from pellucid.analysis.explain.step import Explanation
from pellucid.analysis.explain.steps import steps_after, steps_of
from pellucid.analysis.explain.text import number, pretty
from pellucid.core import metrics
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.model.model import Model


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
    row: by_column.Row | None = None,
) -> Explanation:
    """Explain what a model makes of one sample x (inputs,), and what its target y would teach it.

    ``layer`` (from 1) and ``neuron`` (from 0) choose what is looked at closely: without them the output that the
    network says, or the most active neuron of the layer. ``against`` is another output to compare with; where the
    network says a wrong class, it is the right one. Without y there is only the way forward; ``assumed`` says that y is
    not known, but taken to be what the network says. Of a ``row`` of a table there is also what each column gave.

    Raises:
        InputError: x or y does not fit, or there is no such layer, neuron or output.

    >>> net = Network([2, 3, 2], rng=np.random.default_rng(0))
    >>> [section.title for section in sample(net, [1.0, -1.0], 0).sections][:2]
    ['What the network says', 'Layer by layer']
    """
    model = Model(model) if isinstance(model, Network) else model
    p = one_pass(model.network, x, y, learning_rate=learning_rate)
    names = Names(model)
    focus = _focus(p, names, layer, neuron, against, top)
    facts = _facts(p, names, focus, name) | {"target_assumed": assumed}
    title = f"{name[:1].upper()}{name[1:]}, step by step"
    said = sections.all_of(p, names, focus)
    if row is not None and model.preprocessing is not None:
        of_row = by_column.facts(p, names, focus, model.preprocessing, row)
        facts |= of_row
        said[1:1] = by_column.sections(of_row, top)
    return Explanation(title, _summary(facts), facts, tuple(steps_of(p)), tuple(steps_after(p)), tuple(said))


def _focus(p: Pass, names: Names, layer: int | None, neuron: int | None, against: int | None, top: int) -> Focus:
    layers = p.layers
    layer = layers if layer is None else layer
    if not 1 <= layer <= layers:
        raise InputError(f"layer {layer}: the network has the layers 1 to {layers}")
    size, a = p.net.sizes[layer], p.trace.a[layer][0]
    if neuron is None:
        neuron = int(np.argmax(a if layer == layers else np.abs(a)))
    if not 0 <= neuron < size:
        raise InputError(f"neuron {neuron}: layer {layer} has {size} neurons, 0 to {size - 1}")
    output = neuron if layer == layers else int(np.argmax(p.trace.a[-1][0]))
    if against is not None:
        _check_against(p, names, output, against)
    elif p.loss is not None and p.net.loss.kind == "classes":
        target = int(np.argmax(p.trace.y[0]))
        against = target if target != output else None
    return Focus(layer, neuron, output, top, against)


def _check_against(p: Pass, names: Names, output: int, against: int) -> None:
    outputs = p.net.sizes[-1]
    if outputs == 1:
        raise InputError("against: the network has one output, there is no other to compare it with; leave it out")
    if not 0 <= against < outputs:
        raise InputError(f"against {against}: the network has {outputs} outputs, 0 to {outputs - 1}")
    if against == output:
        raise InputError(f"against {names.output(against)}: that is the one that is explained; name another class")


def _facts(p: Pass, names: Names, focus: Focus, name: str) -> dict[str, Any]:
    a, y = p.trace.a[-1][0], p.trace.y[0]
    facts: dict[str, Any] = {"sample": name}
    if names.has_classes:
        classes = names.model.class_names
        label = int(metrics.labels(a[np.newaxis])[0])
        facts |= {"prediction": classes[label], "probability": float(metrics.probabilities(a[np.newaxis])[0, label])}
        facts["target"] = None if p.loss is None else classes[int(metrics.labels(y[np.newaxis])[0])]
    else:
        facts["prediction"] = float(a[0]) if len(a) == 1 else plain(a)
        facts["target"] = None if p.loss is None else float(y[0]) if len(y) == 1 else plain(y)
        facts |= {"in_units": _in_units(names.model, facts["prediction"], facts["target"])}
    facts |= {"loss": p.loss, "loss_after": p.moved.loss if p.moved else None, "learning_rate": p.learning_rate}
    return facts | {"layer": focus.layer, "neuron": focus.neuron, "against": focus.against}


def _in_units(model: Model, prediction: Any, target: Any) -> list[dict[str, Any]] | None:
    """What scaled outputs come to in the units of the targets, one by one; None where they were not scaled."""
    if model.preprocessing is None:
        return None
    said, true = np.atleast_1d(prediction), None if target is None else np.atleast_1d(target)
    found = []
    for k, one in enumerate(model.preprocessing.targets):
        value, known = (None if of is None else one.mean + one.scale * float(of[k]) for of in (said, true))
        found.append({"target": one.name, "mean": one.mean, "scale": one.scale, "prediction": value, "true": known})
    return found


def _summary(facts: dict[str, Any]) -> str:
    known, words = facts["target"] is not None, _worded(facts["prediction"])
    if "probability" in facts:
        words += f" ({percent(facts['probability'])})"
        if known and not facts["target_assumed"]:
            words += ", which is right" if facts["target"] == facts["prediction"] else f", but it is {facts['target']}"
    elif known:
        words += f", the target is {_worded(facts['target'])}"
    for one in facts.get("in_units") or ():
        mean, scale, value = (number(one[name]) for name in ("mean", "scale", "prediction"))
        words += f"; in its own units {one['target']} = {mean} + {scale} · output = {value}"
        words += "" if one["true"] is None else f", and the target is {number(one['true'])}"
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
