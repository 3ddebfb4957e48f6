"""What the edges of the core ask of their arguments, so that the mathematics behind them can trust its arrays.

Each function returns what it was given in the form that the core works with, or raises an ``InputError`` that names
the value, the reason and the remedy.
"""

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from pellucid.core.activations import ACTIVATIONS, Activation
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.losses import Loss


def count(value: Any, name: str, least: int = 1) -> int:
    """A whole number of at least ``least``."""
    number = None if isinstance(value, bool) or not hasattr(value, "__index__") else operator.index(value)
    if number is None or number < least:
        raise InputError(f"{name}={value!r}: give a whole number of at least {least}")
    return number


def number(value: Any, name: str, *, least: float = 0.0, below: float = math.inf, positive: bool = False) -> float:
    """A finite number in [least, below), and not ``least`` itself where it must be positive.

    It comes back as a Python float: a NumPy float64 would turn a float32 vector into a float64 one.
    """
    try:
        real = float(value)
    except (TypeError, ValueError, OverflowError):
        real = math.nan
    if not (least <= real < below) or (positive and real == least):
        opening = "above" if positive else "of at least"
        ceiling = "" if below == math.inf else f" and below {below:g}"
        raise InputError(f"{name}={value!r}: give a finite number {opening} {least:g}{ceiling}")
    return real


def sizes(value: Sequence[int], loss: Loss) -> tuple[int, ...]:
    """Neurons layer by layer: at least an input and an output layer, each of at least one neuron."""
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__") or len(value) < 2:
        raise InputError(f"sizes={value!r}: name at least the inputs and the outputs, such as [784, 32, 16, 10]")
    checked = tuple(count(size, f"sizes[{place}]") for place, size in enumerate(value))
    if loss.kind == "classes" and checked[-1] < 2:
        raise InputError(
            f"{loss.name} tells classes apart and needs at least 2 outputs, not {checked[-1]}; "
            "for one yes-or-no output use BinaryCrossEntropy, for one value SquaredError"
        )
    return checked


def activations(value: Activation | Sequence[Activation], hidden: int) -> list[Activation]:
    """One activation for each hidden layer."""
    several = isinstance(value, Sequence) and not isinstance(value, str)
    given: list[Any] = list(value) if isinstance(value, Sequence) and several else [value]
    for activation in given:
        if isinstance(activation, type) or not hasattr(activation, "backward"):
            known = ", ".join(f"{kind.__name__}()" for kind in ACTIVATIONS.values())
            raise InputError(f"activation={activation!r}: give an activation object, such as {known}")
        ACTIVATIONS.check(type(activation))
    if not several:
        given *= hidden
    if len(given) != hidden:
        raise InputError(f"{len(given)} activations for {hidden} hidden layers: give one for all, or one for each")
    return given


def part(value: Any, name: str, example: str) -> None:
    """A loss or an initialiser as an object: not its class, not its name."""
    if isinstance(value, (type, str)):
        raise InputError(f"{name}={value!r}: give an object, such as {example}")


def array(value: npt.ArrayLike, name: str) -> AnyArray:
    """An array; rows of different lengths make none, and a masked one with gaps would lose its mask."""
    if np.ma.is_masked(value):
        raise InputError(f"{name} is a masked array with gaps: fill them, as {name}.filled(0) does, or drop their rows")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} is no array ({error}): give rows of one length") from None


def dtype(value: npt.DTypeLike) -> np.dtype[Any]:
    """float32 or float64."""
    try:
        kind = np.dtype(value)
    except TypeError:
        kind = np.dtype(np.void)
    if kind not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise InputError(f"dtype={value!r}: give float32 or float64")
    return kind


def zeros(size: int, dtype: np.dtype[Any]) -> AnyArray:
    """A vector of zeros, where there is memory for it."""
    try:
        return np.zeros(size, dtype)
    except (MemoryError, ValueError, OverflowError):
        raise InputError(f"{size} parameters do not fit into memory: give smaller layers") from None


def generator(rng: Any) -> np.random.Generator:
    """A NumPy random generator; a bare seed is refused, so that nobody shares one unawares."""
    if not isinstance(rng, np.random.Generator):
        raise InputError(f"rng={rng!r}: give a generator, such as np.random.default_rng(0)")
    return rng


def layer(number: int, layers: int) -> None:
    """A layer that is there; 0 is the input."""
    if not 0 <= number <= layers:
        raise InputError(f"layer {number}: the network has the layers 1 to {layers} (0 is its input)")


def rows(start: int, stop: int, batch_size: int) -> None:
    """A part of a trace: at least a row, at most all."""
    if not 0 <= start < stop <= batch_size:
        raise InputError(f"rows {start} to {stop} of a trace for {batch_size} rows: take 1 to {batch_size} of them")


def dropout(rate: float, rng: np.random.Generator | None) -> float:
    """A share of neurons to leave out, and a generator to draw them with."""
    share = number(rate, "dropout", below=1.0)
    if share and rng is None:
        raise InputError("dropout needs a random generator: give rng=np.random.default_rng(0)")
    if share:
        generator(rng)
    return share


def inputs(X: npt.ArrayLike, features: int, rows: int | None = None) -> AnyArray:
    """Inputs of the shape (rows, features) that hold numbers."""
    inputs = array(X, "X")
    if inputs.ndim != 2 or inputs.shape[1] != features:
        raise InputError(
            f"X has shape {inputs.shape}, but the network takes {features} inputs: give it the shape (n, {features})"
            + (f", as X.reshape(-1, {features}) does" if features and inputs.size % features == 0 else "")
        )
    if inputs.dtype.kind not in "biuf":
        raise InputError(f"X holds {inputs.dtype}, not numbers: turn it into floats first")
    if rows is not None and len(inputs) != rows:
        raise InputError(f"X has {len(inputs)} rows, but the trace has room for {rows}: use trace.head(n)")
    return inputs


def targets(loss: Loss, y: npt.ArrayLike, samples: int, outputs: int, dtype: npt.DTypeLike = np.float64) -> AnyArray:
    """The targets as an array that fits the loss, or an InputError that says which of them does not, and why."""
    given = array(y, "y")
    if given.shape[:1] != (samples,):
        raise InputError(f"y has shape {given.shape}, but X has {samples} rows: give one target for each row of X")
    if given.dtype.kind not in "biuf":
        raise InputError(f"y holds {given.dtype}, not numbers: turn class names into 0, 1, 2, … first")
    if loss.kind == "classes":
        return _labels(loss, given, outputs)
    if given.size != samples * outputs:
        raise InputError(
            f"y has shape {given.shape}, but the network has {outputs} outputs: give y the shape {(samples, outputs)}"
        )
    gap = f"y holds {{value}} in row {{row}}: {_remedy(dtype)}"
    _refuse(given, ~(np.abs(given) <= np.finfo(dtype).max), outputs, gap)
    wrong = f"target {{value:g}} in row {{row}}, but {loss.name} takes"
    if loss.kind == "probabilities":
        _refuse(given, (given < 0) | (given > 1), outputs, f"{wrong} 0 or 1 (or a probability between them)")
    if loss.activation.formula.log_link:
        remedy = "counts and other numbers of at least 0: use another loss, such as squared-error"
        _refuse(given, given < 0, outputs, f"{wrong} {remedy}")
    return given


def _refuse(values: AnyArray, bad: AnyArray, columns: int, message: str) -> None:
    """Raise InputError for the first of the bad values, whose ``{value}`` and ``{row}`` the message names."""
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise InputError(message.format(value=values.flat[place], row=place // columns))


def _labels(loss: Loss, labels: AnyArray, outputs: int) -> AnyArray:
    if labels.ndim != 1 or labels.dtype.kind == "f":
        raise InputError(
            f"y is {labels.dtype} of shape {labels.shape}, but {loss.name} takes whole numbers of shape "
            f"({len(labels)},), one class a row: use y.astype(int), or argmax(axis=1) of one-hot rows"
        )
    wrong = f"label {{value}} in row {{row}}, but the network has {outputs} outputs, for labels 0 to {outputs - 1}"
    _refuse(labels, (labels < 0) | (labels >= outputs), 1, wrong)
    return labels.astype(np.int64, copy=False)


def weights(value: npt.ArrayLike, samples: int) -> AnyArray:
    """A weight for each sample (samples,): finite numbers of at least 0, as float64, not all of them 0."""
    given = array(value, "weights")
    if given.shape != (samples,) or given.dtype.kind not in "biuf":
        raise InputError(
            f"weights are {given.dtype} of shape {given.shape}, but X has {samples} rows: give a number for each row"
        )
    wrong = "weight {value} in row {row}: give finite numbers of at least 0"
    _refuse(given, ~((given >= 0) & np.isfinite(given)), 1, wrong)
    with np.errstate(over="ignore"):
        total = given.sum(dtype=np.float64)
    if not 0 < total < math.inf:
        raise InputError(f"the weights come to {total:g} in all: give some rows a weight above 0, and none a huge one")
    return given.astype(np.float64)


def stream(shape: tuple[int, int], target_shape: tuple[int, ...], loss: Loss, features: int, outputs: int) -> None:
    """A stream whose samples fit the network; what its blocks hold was checked by what reads them."""
    if shape[1] != features:
        raise InputError(f"the data have {shape[1]} features, but the network takes {features} inputs")
    fitting: list[tuple[int, ...]] = [()] if loss.kind == "classes" else [(outputs,)]
    if loss.kind == "probabilities" and outputs == 1:
        fitting.append(())
    if target_shape not in fitting:
        raise InputError(
            f"a target of the data has the shape {target_shape}, which {loss.name} with {outputs} outputs does not take"
        )


def finite(X: AnyArray, name: str = "X", dtype: npt.DTypeLike = np.float64) -> None:
    """Inputs without gaps: no NaN and no infinity in ``dtype``, which one step would spread over all of θ."""
    if X.dtype.kind != "f":
        return
    for start in range(0, len(X), 4096):
        bad = np.argwhere(~(np.abs(X[start : start + 4096]) <= np.finfo(dtype).max))
        if len(bad):
            row, column = start + bad[0][0], bad[0][1]
            value = X[row, column]
            raise InputError(f"{name} holds {value} in row {row}, column {column}: {_remedy(dtype)}")


def _remedy(dtype: npt.DTypeLike) -> str:
    larger = "" if dtype == np.float64 else "; what is too large for float32 may fit dtype='float64'"
    return "remove or fill the gap" + larger
