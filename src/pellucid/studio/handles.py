"""Inputs by their handles, samples of the data and what was drawn or typed, and what the network answers to each."""

import base64
import itertools
import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid import datasets
from pellucid._files.values import plain
from pellucid._text import did_you_mean, shortened
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.model.model import Model
from pellucid.runs.scores import parts
from pellucid.studio.sight import Sight

MOST = 256  # inputs of one's own that are kept
LARGEST = 1e30  # of a number that is typed


@dataclass(frozen=True)
class Given:
    """One input: x (1, inputs) as it came, its target y, (1,) or (1, outputs), where it is known; in words, where."""

    handle: str
    x: AnyArray
    y: AnyArray | None = None
    part: str | None = None
    number: int | None = None
    cells: dict[str, str] | None = None


class Handles:
    """The inputs of one model and its data, which may come later."""

    def __init__(self, model: Model, dataset: Dataset | None = None) -> None:
        self.model, self.dataset = model, dataset
        self._own: OrderedDict[str, Given] = OrderedDict()
        self._count = itertools.count(1)

    def samples(self, part: str) -> Samples | WeightedSamples:
        """The samples of a part that is in memory."""
        found = None if self.dataset is None else parts(self.dataset).get(part)
        if not isinstance(found, Samples | WeightedSamples):
            known = [] if self.dataset is None else [k for k, v in parts(self.dataset).items() if isinstance(v, tuple)]
            raise InputError(f"part={shortened(part)!r}: there is none in memory; take one of {', '.join(known)}")
        return found

    def usual(self) -> str:
        """The part that is looked at where none is named: test, else dev, else train."""
        assert self.dataset is not None
        known = parts(self.dataset)
        return next(name for name in ("test", "dev", "train") if name in known)

    def sample(self, part: str, number: int) -> Given:
        """A sample of the data."""
        samples = self.samples(part)
        if not 0 <= number < len(samples.X):
            raise InputError(f"number={number}: the {part} part has the samples 0 to {len(samples.X) - 1}")
        one = slice(number, number + 1)
        return Given(f"{part}:{number}", samples.X[one], samples.y[one], part, number)

    def keep(self, x: AnyArray, y: AnyArray | None = None, cells: dict[str, str] | None = None) -> Given:
        """Keep an input of one's own."""
        given = Given(f"own:{next(self._count)}", x, y, cells=cells)
        self._own[given.handle] = given
        while len(self._own) > MOST:
            self._own.popitem(last=False)
        return given

    def find(self, handle: object, label: object = None) -> Given:
        """The input of a handle, with the target that ``label`` says in place of its own.

        Raises:
            InputError: there is no such input, or no such class.
        """
        kind, _, number = str(handle).partition(":")
        if kind == "own" and str(handle) in self._own:
            given = self._own[str(handle)]
        elif kind in ("train", "dev", "test") and number.isascii() and number.isdigit() and len(number) < 10:
            given = self.sample(kind, int(number))
        else:
            raise InputError(f"input={shortened(str(handle))!r}: is not known (any more); send it again")
        return given if label is None else replace(given, y=target(self.model, label))

    # what may be sent

    def pixels(self, values: object) -> AnyArray:
        """The pixels of a picture, 0 to 255, as uint8 where they are whole."""
        x = numbers(values, self.model.network.sizes[0], "pixels")
        if x.min() < 0 or x.max() > 255:
            raise InputError("pixels: give numbers from 0 to 255")
        whole = x.astype(np.uint8)
        return (whole if np.array_equal(whole, x) else x / 255).reshape(1, -1)

    def values(self, values: object) -> AnyArray:
        """Inputs as the network takes them."""
        return numbers(values, self.model.network.sizes[0], "values").reshape(1, -1)

    def row(self, cells: object) -> AnyArray:
        """What the preprocessing makes of a row of a table, column by column as a file has it."""
        plan = self.model.preprocessing
        if plan is None:
            raise InputError("cells: the model learned from no table; send pixels or values")
        if not isinstance(cells, dict) or not all(isinstance(cell, str) for item in cells.items() for cell in item):
            raise InputError('cells: give texts by the names of their columns, {"age": "41"}')
        names = [column.name for column in plan.columns]
        for name in cells:
            if name not in names:
                raise InputError(f"cells: there is no column {shortened(name)!r}; {did_you_mean(name, names)}")
        if any(len(cell) > 1000 for cell in cells.values()):
            raise InputError("cells: a cell has more than 1,000 letters; shorten it")
        line = {name: np.array([cells.get(name, "")], object) for name in names}
        return datasets.inputs_of(datasets.as_frame(line), plan, self.model.network.dtype)


def numbers(values: object, count: int, name: str) -> AnyArray:
    """So many finite numbers, (count,) in float64; raises InputError for anything else.

    >>> numbers([1, 2.5], 2, "values")
    array([1. , 2.5])
    """
    if not isinstance(values, list) or len(values) != count:
        raise InputError(f"{name}: give a list of {count} numbers")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        raise InputError(f"{name}: give numbers alone")
    if not all(abs(value) < LARGEST for value in values):
        raise InputError(f"{name}: give finite numbers, below {LARGEST:g}")
    return np.array(values, np.float64)


def target(model: Model, label: object) -> AnyArray:
    """The target of a label: the class of that name, (1,); or values in the targets' units, (1, outputs)."""
    net = model.network
    if net.loss.kind == "values":
        several = label if isinstance(label, list) else [label]
        y = numbers([_value(each) for each in several], net.sizes[-1], "label").reshape(1, -1)
        plan = model.preprocessing
        return y if plan is None or not plan.targets else plan.scaled(y)
    names = list(model.class_names)
    if str(label) not in names:
        raise InputError(f"label={shortened(str(label))!r}: is no class; {did_you_mean(label, names, 'name one')}")
    return np.array([names.index(str(label))])


def _value(text: object) -> object:
    try:
        return float(text) if isinstance(text, str) else text
    except ValueError:
        return math.nan


def label_of(model: Model, y: AnyArray | None) -> Any:
    """A target as people say it: the name of its class, or its values in their units."""
    if y is None:
        return None
    if model.network.loss.kind == "values":
        plan = model.preprocessing
        return plain((y if plan is None else plan.in_units(y))[0])
    return model.class_names[int(y.reshape(-1)[0])] if y.size == 1 else plain(y[0])


def passed(net: Network, given: Given) -> tuple[Trace, float | None]:
    """The trace of one input, forward, and back where its target is known; and its loss."""
    trace = Trace(net, 1)
    y = given.y
    trace.fill(given.x, None if y is None else y.reshape(-1) if net.loss.kind == "classes" else y.reshape(1, -1))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        forward(net, trace)
        return trace, None if y is None else backward(net, trace)


def said(model: Model, outputs: AnyArray) -> dict[str, Any]:
    """What one row of outputs (1, outputs) says."""
    if model.network.loss.kind == "values":
        plan = model.preprocessing
        units = outputs if plan is None or not plan.targets else plan.in_units(outputs)
        return {"said": None, "number": None, "p": None, "probabilities": None, "values": plain(units[0])}
    shares = metrics.probabilities(outputs)[0]
    best = int(metrics.labels(outputs)[0])
    p = float(shares[best]) if best < len(shares) else None
    name = model.class_names[best]
    return {"said": name, "number": best, "p": p, "probabilities": plain(shares), "values": None}


def answer(sight: Sight, given: Given, *, layers: bool = False) -> dict[str, Any]:
    """What a network says to an input, in float64; with its layers' z, a and δ where that is asked for."""
    trace, loss = passed(sight.exact, given)
    found = {"handle": given.handle, "version": sight.seen.version, "step": sight.seen.step, "branch": sight.branch}
    found |= said(sight.model, trace.a[-1]) | {"loss": loss, "label": label_of(sight.model, given.y)}
    if layers:
        found["layers"] = [
            {
                "z": plain(trace.z[l][0]),
                "a": plain(trace.a[l + 1][0]),
                "delta": None if loss is None else plain(trace.delta[l][0]),
            }
            for l in range(len(trace.z))
        ]
        found["x"] = plain(trace.a[0][0])
    return plain_floats(found)


def plain_floats(found: Mapping[str, Any]) -> dict[str, Any]:
    """The same with null for what is no number."""
    value: dict[str, Any] = plain(dict(found))
    return value


def base64_of(pixels: AnyArray) -> str | None:
    """Pixels as base64, where they are bytes."""
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode() if pixels.dtype == np.uint8 else None
