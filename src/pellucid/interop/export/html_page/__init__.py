"""A model as one HTML page: draw a digit or type a row, and see what every neuron makes of it, computed in the page."""

import base64
import json
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import write_whole
from pellucid._pages import policy
from pellucid._text import escape
from pellucid.core.activations import Softmax
from pellucid.core.arrays import AnyArray
from pellucid.core.registry import describe
from pellucid.datasets import Samples, mnist
from pellucid.datasets.frames.marks import marks_of
from pellucid.datasets.frames.written import Form
from pellucid.interop.export.expressions import javascript
from pellucid.model.columns import CYCLES, DAY, MONDAY
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing

HERE = Path(__file__).parent / "browser"
SCRIPTS = ("network.js", "columns.js", "texts.js", "mnist.js", "drawing.js", "form.js", "answers.js", "start.js")
DIGITS = (3, 2, 1, 18, 4, 15, 11, 0, 61, 7)  # of the test digits, one of each class, to try


def write(model: Model, path: StrPath) -> None:
    """Write a model as a page, whole or not at all; raises OSError where that cannot be."""
    write_whole(path, html_page(model).encode())


def html_page(model: Model) -> str:
    """The page. It holds all that it needs, and forbids itself to load anything and to run another script.

    The network is computed in double precision from the model's own weights.

    >>> from pellucid import Network
    >>> html_page(Model(Network([2, 3, 2]))).splitlines()[0]
    '<!doctype html>'
    """
    sizes = "-".join(map(str, model.network.sizes))
    kind = "drawing" if model.image_shape is not None else "form"
    data = json.dumps(_data(model), allow_nan=False).replace("<", "\\u003c")  # no text can end the script
    style = _read("page.css")
    script = '"use strict";\n' + "\n\n".join([_functions(model), *map(_read, SCRIPTS)])
    return Template(_read("page.html")).substitute(
        title=escape(f"A network {sizes}"),
        style=style,
        policy=policy(style, script),
        about=escape(_about(model), 1000),
        input=_read(f"{kind}.html"),
        data=data,
        script=script,
        version=escape(pellucid.__version__),
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").strip()


def _functions(model: Model) -> str:
    """The activation of each layer, from its scores z to its activations, as JavaScript."""
    lines = ["const activations = ["]
    for layer in model.network.layers:
        f = layer.activation
        text = "softmax" if isinstance(f, Softmax) else f"scores => scores.map(z => {javascript(f)})"
        lines.append(f"  {text},  // {f.name}")
    return "\n".join([*lines, "];"])


def _about(model: Model) -> str:
    net = model.network
    what = "Draw" if model.image_shape is not None else "Change a value"
    layers = ", ".join(f"{layer.W.shape[0]} {layer.activation.name}" for layer in net.layers)
    return (
        f"{net.sizes[0]:,} inputs, then layers of {layers}: {net.theta.size:,} parameters. {what}, and each number of "
        "the pass forward is computed here, in this page; choose a neuron to see what its score is made of."
    )


def _data(model: Model) -> dict[str, Any]:
    """What the script works with; weights as the base64 of their bytes, W row after row."""
    net, plan = model.network, model.preprocessing
    values = net.loss.kind == "values"
    return {
        "dtype": str(net.dtype),
        "layers": [
            {"W": _packed(W), "b": _packed(b), "inputs": W.shape[1], "outputs": W.shape[0], "f": describe(activation)}
            for W, b, activation in net.layers
        ],
        "classes": None if values or (net.loss.kind == "probabilities" and net.sizes[-1] > 1) else model.class_names,
        "features": model.feature_names,
        "image": model.image_shape,
        "form": model.picture_form,
        "columns": None if plan is None else [_column(plan, each) for each in plan.as_json()["columns"]],
        "targets": [] if plan is None else plan.as_json()["targets"],
        "calendar": {"day": DAY, "monday": MONDAY, "cycles": CYCLES},
        "samples": _samples(model),
    }


def _column(plan: Preprocessing, about: dict[str, Any]) -> dict[str, Any]:
    """A column with what the script needs to read its texts: marks of missing values, how numbers are written."""
    marks = marks_of(plan.missing, about["name"])
    about |= {"marks": {"texts": sorted(marks.texts), "numbers": sorted(marks.numbers)}}
    if about["kind"] == "number" and about["form"]:
        form = Form.of(about["form"])
        about["written"] = {"pattern": form.pattern().pattern, **form._asdict()}
    return about


def _packed(values: AnyArray) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def _samples(model: Model) -> list[dict[str, str]]:
    """Real digits to try, where the model reads such pictures."""
    if model.image_shape != (28, 28) or model.picture_form != "mnist":
        return []
    digits = mnist().test
    assert isinstance(digits, Samples)
    return [{"name": str(digits.y[k]), "pixels": _packed(digits.X[k])} for k in DIGITS]
