"""A model as one readable Python script that needs NumPy alone: the forward pass, its weights, its preprocessing."""

import base64
from collections.abc import Sequence
from pathlib import Path

import numpy as np

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import write_whole
from pellucid.core.activations import Activation, Softmax
from pellucid.core.arrays import AnyArray
from pellucid.core.registry import describe
from pellucid.datasets.frames.coerce import NO, YES
from pellucid.datasets.frames.marks import USUAL, marks_of
from pellucid.datasets.frames.written import Form
from pellucid.interop.export.literals import Literals, refuse_to_shadow
from pellucid.model.columns import CYCLES, MONDAY, Category, Date, Number
from pellucid.model.expressions import numpy_text
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing

FEW = 400  # parameters that are written as numbers; more are packed
BESIDE = Path(__file__).parent / "numpy_script_parts"


def write(model: Model, path: StrPath) -> None:
    """Write a model as a Python script, whole or not at all.

    Raises:
        InputError: the script would stand in the way of a module that it imports.
        OSError: the file cannot be written.
    """
    refuse_to_shadow(Path(path))
    write_whole(path, script(model).encode())


def script(model: Model) -> str:
    """The script. ``python model.py rows.csv`` prints predictions; ``predict(rows)`` is for other scripts.

    Its numbers are those of ``Network.predict`` but for the order in which sums are taken.

    >>> from pellucid import Network
    >>> text = script(Model(Network([2, 3, 2], rng=np.random.default_rng(0))))
    >>> "a = f(z)" in text
    True
    """
    net, plan, data = model.network, model.preprocessing, Literals()
    names = _names(model)
    parts = [_part("head").replace("ABOUT", _about(model))]
    parts += dict.fromkeys(_function(layer.activation, name) for layer, name in zip(net.layers, names, strict=True))
    parts.append(_part("weights").replace("DTYPE", str(net.dtype)))
    parts.append(_layers(model, names, data))
    parts.append(_part("forward"))
    parts.append(
        _table(plan, data) if plan is not None else _part("rows").replace("IMAGE", repr(model.image_shape is not None))
    )
    parts.append(_answers(model, data))
    parts.append(_part("main"))
    return data.program("\n\n\n".join(part.strip("\n") for part in parts) + "\n")


def _part(name: str) -> str:
    """A piece of the script, a file of its own in numpy_script_parts/."""
    return (BESIDE / f"{name}.txt").read_text(encoding="utf-8")


def _names(model: Model) -> list[str]:
    """The function of each layer: its activation's name, with a number where another with other settings has it."""
    names: dict[str, str] = {}
    for layer in model.network.layers:
        about, name = str(describe(layer.activation)), layer.activation.name.replace("-", "_")
        names.setdefault(about, name if name not in names.values() else f"{name}_{len(names)}")
    return [names[str(describe(layer.activation))] for layer in model.network.layers]


def _function(activation: Activation, name: str) -> str:
    """An activation as a function of whole layers, (n, neurons)."""
    if isinstance(activation, Softmax):
        return _part("softmax")
    lines = [f"def {name}(z):", f"    # f(z) = {numpy_text(activation)}"]
    lines += ['    with np.errstate(over="ignore"):', f"        return {numpy_text(activation)}"]
    return "\n".join(lines)


def _about(model: Model) -> str:
    sizes = "-".join(map(str, model.network.sizes))
    return f"A network {sizes} with {model.network.theta.size:,} parameters, written by pellucid {pellucid.__version__}"


def _layers(model: Model, names: Sequence[str], data: Literals) -> str:
    """The weights: as numbers where they are few."""
    few = model.network.theta.size <= FEW
    lines = ["LAYERS = [  # of each: W (outputs, inputs), b (outputs,), f"]
    for (W, b, _), name in zip(model.network.layers, names, strict=True):
        lines.append(f"    ({_array(W, data, few=few)}, {_array(b, data, few=few)}, {name}),")
    return "\n".join([*lines, "]"])


def _array(values: AnyArray, data: Literals, *, few: bool) -> str:
    if few:
        return f"numbers({data(values.tolist())})"
    packed = base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
    return f"unpacked({list(values.shape)}, {data(packed)})"


def _table(plan: Preprocessing, data: Literals) -> str:
    """The preprocessing of a table: a line for each column, and the functions that these lines call."""
    kinds = {type(column) for column in plan.columns}
    names = [column.name for column in plan.columns]
    marks = [(name, marks_of(plan.missing, name)) for name in names]
    own = [[name, [sorted(found.texts), sorted(found.numbers)]] for name, found in marks if found != marks_of((), name)]
    parts = [_part("table").replace("GAPS_HERE", repr(sorted(USUAL))).replace("COLUMNS_HERE", data(names))]
    parts[0] = parts[0].replace("MARKS_HERE", f"dict({data(own)})" if own else "{}")
    facts = {"YES_HERE": sorted(YES), "NO_HERE": sorted(NO), "MONDAY": MONDAY, "CYCLES": CYCLES}
    for kind, name in ((Number, "number"), (Category, "category"), (Date, "date")):
        if kind in kinds:
            parts.append(_part(f"column_{name}"))
            for word, value in facts.items():
                parts[-1] = parts[-1].replace(word, repr(value))
    lines = [
        "def inputs(rows):",
        '    """What the network reads of rows, each a dict from column to value: (n, inputs)."""',
    ]
    lines += ["    columns = ["]
    for column in plan.columns:
        settings = {name: value for name, value in column.__dict__.items() if name != "name"}
        if isinstance(column, Number):
            form = Form.of(settings.pop("form"))
            if column.form:
                settings["written"] = (form.pattern().pattern, form.between, form.point)
        given = ", ".join(
            f"{name}={data(list(value) if isinstance(value, tuple) else value)}" for name, value in settings.items()
        )
        lines.append(f"        {column.kind}(rows, {data(column.name)}, {given}),")
    lines += ["    ]", "    return np.concatenate(columns, axis=1)"]
    return "\n\n\n".join([part.strip("\n") for part in parts] + ["\n".join(lines)])


def _answers(model: Model, data: Literals) -> str:
    """What outputs come to: classes, or values in their units."""
    plan = model.preprocessing
    if model.network.loss.kind != "values":
        return _part("classes").replace("CLASSES_HERE", data(list(model.class_names)))
    targets = plan.targets if plan is not None else ()
    names = [target.name for target in targets] or [f"value_{k}" for k in range(model.network.sizes[-1])]
    text = _part("values").replace("NAMES_HERE", data(names))
    text = text.replace("SCALES", data([target.scale for target in targets] or [1.0] * len(names)))
    return text.replace("MEANS", data([target.mean for target in targets] or [0.0] * len(names)))
