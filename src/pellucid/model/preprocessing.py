"""From the columns of a table to the inputs of a network, and from its outputs to values in the target's units.

Between what a file holds and ``trace.a[0]``: a ``Preprocessing`` is fitted on the training part alone, lives inside the
model file, and is applied by whatever predicts. It is a list of columns (columns.py), each of which writes some inputs.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.model.columns import CYCLES, Category, Date, Number, Target

AT_ONCE = 1 << 14  # rows that are float64 together, until they are written to the inputs
KINDS: dict[str, type[Number | Category | Date]] = {kind.kind: kind for kind in (Number, Category, Date)}


@dataclass(frozen=True)
class Preprocessing:
    """What becomes of a table: its columns as inputs, those that were left out and why, and the values to predict.

    ``targets`` is empty for classes, whose names the model has. ``missing`` are texts that stand for a missing value
    besides the usual ones: in all columns, or ``NAME=TEXT`` in one.

    >>> plan = Preprocessing((Number("age", 40.0, 10.0, 40.0), Category("city", ("Bonn", "Köln"))))
    >>> plan.inputs
    ('age', 'city = Bonn', 'city = Köln')
    >>> plan.transform({"age": np.array([50.0]), "city": np.array(["Bonn"], object)})
    array([[1., 1., 0.]])
    """

    columns: tuple[Number | Category | Date, ...]
    left_out: tuple[tuple[str, str], ...] = ()
    targets: tuple[Target, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the network's inputs."""
        return tuple(name for column in self.columns for name in column.inputs)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it takes, and those to predict."""
        return tuple(part.name for part in (*self.columns, *self.targets))

    def places(self) -> list[slice]:
        """Which inputs each column becomes, in the order of ``columns``."""
        ends = np.cumsum([0, *(len(column.inputs) for column in self.columns)])
        return [slice(int(a), int(b)) for a, b in pairwise(ends)]

    def transform(self, values: Mapping[str, AnyArray], dtype: npt.DTypeLike = np.float64) -> Array:
        """The inputs X (n, inputs) of a table whose columns (n,) are ``values``; columns that are not named are left.

        Raises:
            KeyError: a column is missing; whoever reads tables has said so before.
        """
        rows = len(values[self.columns[0].name])
        X = np.empty((rows, len(self.inputs)), dtype)
        for column, place in zip(self.columns, self.places(), strict=True):
            for start in range(0, rows, AT_ONCE):
                some = values[column.name][start : start + AT_ONCE]
                out = np.empty((len(some), place.stop - place.start))
                column.write(some, out=out)
                X[start : start + AT_ONCE, place] = out
        return X

    def scaled(self, y: AnyArray) -> Array:
        """Targets y (n, k) in their own units, as the network learns them."""
        mean, scale = self._means_and_scales()
        return np.asarray((y - mean) / scale)

    def in_units(self, outputs: AnyArray) -> Array:
        """The network's outputs (n, k) in the targets' own units; those of classes stay what they are.

        >>> Preprocessing((), targets=(Target("price", 200.0, 100.0),)).in_units(np.array([[0.5]]))
        array([[250.]])
        """
        if not self.targets:
            return outputs
        mean, scale = self._means_and_scales()
        return np.asarray(np.asarray(outputs, np.float64) * scale + mean)

    def _means_and_scales(self) -> tuple[Array, Array]:
        """Of the targets, (k,) each."""
        return np.array([target.mean for target in self.targets]), np.array([target.scale for target in self.targets])

    def as_json(self) -> dict[str, Any]:
        """The whole plan as plain values, for the model file."""
        return {
            "columns": [{"kind": column.kind, **vars(column)} for column in self.columns],
            "left_out": [list(pair) for pair in self.left_out],
            "targets": [dict(vars(target)) for target in self.targets],
            "missing": list(self.missing),
        }

    @classmethod
    def from_json(cls, about: Mapping[str, Any]) -> "Preprocessing":
        """The plan that ``as_json`` gave, checked as what may come from anywhere.

        Raises:
            InputError, or KeyError, TypeError, ValueError: it is no such plan.
        """
        columns = tuple(_column(spec) for spec in about["columns"])
        targets = tuple(
            Target(str(t["name"]), _finite(t["mean"]), _finite(t["scale"]), _text(t.get("form", "")))
            for t in about["targets"]
        )
        left_out = tuple((str(name), str(why)) for name, why in about["left_out"])
        names = [column.name for column in columns]
        if not columns or len(set(names)) < len(names):
            raise InputError("its preprocessing has no columns, or names one twice")
        if any(part.scale <= 0 for part in (*columns, *targets) if not isinstance(part, Category)):
            raise InputError("its preprocessing divides by a scale that is not positive")
        return cls(columns, left_out, targets, _names(about.get("missing", ())))


def _column(spec: Mapping[str, Any]) -> Number | Category | Date:
    settings = dict(spec)
    kind = KINDS[settings.pop("kind")]
    for name in ("mean", "scale", "fill"):
        if name in settings:
            settings[name] = _finite(settings[name])
    for name in ("levels", "cycles"):
        if name in settings:
            settings[name] = _names(settings[name])
    if not isinstance(settings["name"], str) or not set(settings.get("cycles", ())) <= set(CYCLES):
        raise InputError("its preprocessing holds a column without a name, or with a cycle that is not known")
    _text(settings.get("form", ""))
    for name in ("gaps", "others", "boolean"):
        if not isinstance(settings.get(name, False), bool):
            raise InputError(f"its preprocessing says {name}={settings[name]!r}")
    return kind(**settings)


def _finite(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"its preprocessing holds {value!r}, which is no number")
    return float(value)


def _text(form: Any) -> str:
    if not isinstance(form, str):
        raise InputError(f"its preprocessing says form={form!r}")
    return form


def _names(values: Sequence[Any]) -> tuple[str, ...]:
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise InputError("its preprocessing holds names that are none")
    return tuple(values)
