"""What the page's script works with: the network's numbers, names, columns, and digits to try."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pellucid.analysis.explain.formulas import constants
from pellucid.core.registry import describe
from pellucid.datasets import Samples, mnist
from pellucid.datasets.frames.marks import marks_of
from pellucid.datasets.frames.written import Form
from pellucid.model.columns import CYCLES, DAY, MONDAY
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing
from pellucid.render.model_page import functions

DIGITS = (3, 2, 1, 18, 4, 15, 11, 0, 61, 7)  # of the test digits, one of each class, to try


@dataclass(frozen=True)
class Tried:
    """Digits to try: one of each class, and behind them the mistake of the test set that the model is surest of."""

    digits: Samples
    mistake: int | None  # its place in the test set; None where the model makes none, or answers with other classes


def to_try(model: Model) -> Tried | None:
    """Digits to try, where the model reads such pictures."""
    if model.image_shape != (28, 28) or model.picture_form != "mnist":
        return None
    test = mnist().test
    assert isinstance(test, Samples)
    mistake = surest_mistake(model, test) if model.class_names == tuple("0123456789") else None
    places = [*DIGITS] if mistake is None else [*DIGITS, mistake]
    return Tried(Samples(test.X[places], test.y[places]), mistake)


def surest_mistake(model: Model, samples: Samples) -> int | None:
    """Which sample the model is wrong about and surest of its answer; None where it is never wrong."""
    p = model.network.predict(samples.X / np.float32(255))
    sure = np.where(p.argmax(axis=1) == samples.y, -np.inf, p.max(axis=1))
    return None if np.isneginf(sure).all() else int(sure.argmax())


def of_model(model: Model, tried: Tried | None) -> dict[str, Any]:
    """All of it, as JSON can say it."""
    net, plan = model.network, model.preprocessing
    values = net.loss.kind == "values"
    several = net.loss.kind == "probabilities" and net.sizes[-1] > 1  # questions of their own, no classes
    return {
        "dtype": str(net.dtype),
        "layers": [
            {
                "inputs": W.shape[1],
                "outputs": W.shape[0],
                "f": describe(f)["name"],
                "words": functions.in_words(f),
                "constants": dict(constants(f)),
            }
            for W, _, f in net.layers
        ],
        "loss": {
            "name": net.loss.name,
            "kind": net.loss.kind,
            "words": functions.loss_in_words(net.loss, net.sizes[-1]),
            "constants": dict(constants(net.loss)),
        },
        "classes": None if values or several else model.class_names,
        "features": [] if model.image_shape else model.feature_names,
        "image": model.image_shape,
        "form": model.picture_form,
        "columns": None if plan is None else [_column(plan, each) for each in plan.as_json()["columns"]],
        "places": None if plan is None else [[place.start, place.stop] for place in plan.places()],
        "targets": [] if plan is None else plan.as_json()["targets"],
        "calendar": {"day": DAY, "monday": MONDAY, "cycles": CYCLES},
        "samples": None if tried is None else [str(y) for y in tried.digits.y],
        "mistake": None if tried is None else tried.mistake,
    }


def parameters(model: Model) -> list[bytes]:
    """W row after row and b of each layer: of all numbers the first byte, then of all the second, and so on.

    The last bytes, sign and exponent, are much alike, and deflate well on their own.
    """
    values = np.concatenate([np.ascontiguousarray(part).ravel() for W, b, _ in model.network.layers for part in (W, b)])
    little = values.astype(values.dtype.newbyteorder("<"))
    return [plane.tobytes() for plane in little.view(np.uint8).reshape(len(values), -1).T]


def pixels(tried: Tried | None) -> bytes:
    """The digits to try, one after the other; nothing where there are none."""
    return b"" if tried is None else tried.digits.X.tobytes()


def _column(plan: Preprocessing, about: dict[str, Any]) -> dict[str, Any]:
    """A column with what the script needs to read its texts: marks of missing values, how numbers are written."""
    marks = marks_of(plan.missing, about["name"])
    about |= {"marks": {"texts": sorted(marks.texts), "numbers": sorted(marks.numbers)}}
    if about["kind"] == "number" and about["form"]:
        form = Form.of(about["form"])
        about["written"] = {"pattern": form.pattern().pattern, **form._asdict()}
    return about
