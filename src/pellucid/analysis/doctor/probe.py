"""The first part of an examination: run init, find each layer's W and b in what it returns, and make a small batch."""

import copy
import inspect
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import LAST, Path, Quantity, at, is_array, meaning, places, replaced
from pellucid.analysis.doctor.reference_network import Layout, chains
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.analysis.doctor.signatures import AvailableValues
from pellucid.core.errors import InputError

SIZES = [5, 4, 6, 3]  # of the network that is asked for, where init takes sizes
LARGEST = 12  # layers of a user's own sizes are kept as they are up to this


def start(exam: Examination, rng: np.random.Generator) -> bool:
    """Fill in the exam's parameters, layout and batch; False where nothing further can be examined."""
    functions = exam.functions
    if functions.file is not None:
        exam.file_sizes = exam.file_sizes or sizes_in(functions.namespace)
    exam.available = AvailableValues(
        {},
        {
            "learning rate": 0.1,
            "seed": 0,
            "rng": np.random.default_rng(0),
            "sizes": _sizes(exam, 4),
            "classes": _sizes(exam, 2)[-1],
        },
    )
    result = _init(exam)
    if result.failure is not None:
        exam.add_failure("init", result.failure, "W")
        return False
    names: list[str | None] = functions.returns("init", result) if "init" in functions else [None]
    exam.initial = result.value
    written = {q: path for q, path in places(result.value, names).items() if q.kind in "Wb"}
    found, exam.unnumbered = _resolved(written), _unnumbered(written)
    exam.layers = max((q.layer for q in found if q.kind == "W"), default=0)
    if not exam.layers:
        raise InputError(
            f"{functions.path}: no weights are found in what init returns; name them W1, b1, W2, b2, … there, "
            "or return a list of (W, b)"
        )
    exam.paths = found
    exam.parameters = _drawn(result.value, found, rng)
    missing = [f"W{l}" for l in range(1, exam.layers + 1) if Quantity("W", l) not in found]
    if missing:
        exam.add(
            None, "W", f"init makes no {', '.join(missing)}", f"it makes {_listed(found)}", f"make {missing[0]} too"
        )
        return False
    return _choose_layout(exam, rng)


def _init(exam: Examination) -> CallResult:
    functions = exam.functions
    if "parameters" in functions.options:
        return CallResult(functions.options["parameters"])
    parameters = inspect.signature(functions["init"]).parameters.values()
    asked = [p.name for p in parameters if p.default is p.empty and p.name not in exam.available]
    if asked and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        exam.available.by_meaning.update(zip(asked, _sizes(exam, max(len(asked), 2)), strict=False))
    return functions.call("init", exam.available)


def _sizes(exam: Examination, count: int) -> list[int]:
    """The sizes of the network to ask for: as the data need it, where there are data."""
    told = exam.functions.options.get("sizes")
    if told is not None:
        if not isinstance(told, list | tuple) or not all(isinstance(size, int) and size > 0 for size in told):
            raise InputError(f"{exam.functions.path}: sizes={told!r}; give the sizes of the layers, such as [4, 8, 3]")
        return list(told)
    sizes = [SIZES[0], *(SIZES[1:3] * count)[: count - 2], SIZES[-1]]
    if exam.file_sizes:
        sizes = _small(exam.file_sizes)
    if exam.user_data is not None:
        X, y = exam.user_data
        sizes[0] = X.shape[1]
        if y.ndim == 1 and np.issubdtype(y.dtype, np.integer):
            sizes[-1] = int(y.max()) + 1
        elif y.ndim == 2:
            sizes[-1] = min(y.shape)
    return sizes


def _unnumbered(found: dict[Quantity, Path]) -> int:
    """The layer of a W without a number: the last one, but the first beside W2, W3, …"""
    numbers = {q.layer for q in found if q.layer != LAST}
    return 1 if numbers and min(numbers) == 2 else max(numbers, default=0) + 1


def _small(sizes: list[int]) -> list[int]:
    """The same number of layers and outputs, with few inputs and neurons: soon examined."""
    return [size if size <= LARGEST else SIZES[l % 3] for l, size in enumerate(sizes[:-1])] + sizes[-1:]


def sizes_in(names: Mapping[str, Any]) -> list[int]:
    """The sizes of the layers that a file sets, such as ``layer_dims = [784, 20, 1]``; none where it sets none."""
    for name, value in names.items():
        told = meaning(name) == "sizes" and isinstance(value, list | tuple) and len(value) > 1
        if told and all(isinstance(size, int) and size > 0 for size in value):
            return list(value)
    return []


def _resolved(found: dict[Quantity, Path]) -> dict[Quantity, Path]:
    """The same with numbers for the layers that have none."""
    last = _unnumbered(found)
    return {Quantity(q.kind, last) if q.layer == LAST else q: path for q, path in found.items()}


def _drawn(value: Any, found: dict[Quantity, Path], rng: np.random.Generator) -> Any:
    """The same structure with small random numbers, biases too: so no score saturates and every gradient counts."""
    value = copy.deepcopy(value)
    for q, path in found.items():
        shape = np.shape(at(value, path))
        spread = 1.2 / np.sqrt(max(min(shape), max(shape) / 2)) if q.kind == "W" and len(shape) == 2 else 0.3
        value = replaced(value, path, rng.normal(0.0, spread, shape))
    return value


def _choose_layout(exam: Examination, rng: np.random.Generator) -> bool:
    """Find out by trying whether samples are rows or columns, and which way W lies."""
    found = chains(exam.arrays(), exam.layers)
    if not found:
        shapes = ", ".join(
            f"{q} {np.shape(a)}" for q, a in sorted(exam.arrays().items(), key=lambda item: item[0].layer)
        )
        exam.add(
            None,
            "W",
            "the shapes of the parameters do not fit together",
            shapes,
            "W of layer l is (neurons of l, neurons of l − 1), or in all layers the other way; b has the neurons of l",
        )
        return False
    told = exam.functions.options.get("samples")
    if told not in (None, "rows", "columns"):
        raise InputError(f'{exam.functions.path}: samples={told!r}; write samples="rows" or samples="columns"')
    first = None
    for outputs_first, sizes in found:
        natural = ("columns", "rows") if outputs_first else ("rows", "columns")
        for samples in natural if told is None else (told,):
            exam.layout, exam.sizes = Layout(samples, outputs_first), sizes
            m = batch_size(sizes)
            exam.X = rng.random((m, sizes[0])) - 0.3
            _, result = exam.forward()
            if result.failure is None and exam.output_of(result) is not None:
                exam.layouts.append((exam.layout, sizes, exam.X, result))
            first = first or (exam.layout, sizes, exam.X, result)
    if exam.layouts:
        exam.layout, exam.sizes, exam.X, exam.forward_result = exam.layouts[0]
        return True
    assert first is not None
    exam.layout, exam.sizes, exam.X, result = first
    if result.failure is not None:
        exam.add_failure("forward", result.failure, "z")
    else:
        exam.add(
            exam.layers,
            "a",
            "forward returns nothing of the output's shape",
            f"with {exam.m} samples and {exam.sizes[-1]} outputs it should hold {exam.m} × {exam.sizes[-1]} numbers",
            f"return A{exam.layers}, the last layer's activation",
        )
    return False


def batch_size(sizes: list[int]) -> int:
    """Samples in the doctor's batch: more than classes, and unlike any layer's size, so that no axis is mistaken.

    >>> batch_size([5, 7, 3])
    11
    """
    least = max(7, sizes[-1] + 1)
    return next(m for m in range(least, least + 1000) if m not in sizes and all(m % p for p in range(2, m)))


def _listed(found: dict[Quantity, Path]) -> str:
    return ", ".join(str(q) for q in sorted(found, key=lambda q: (q.layer, q.kind)))


def targets(exam: Examination, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Targets for the batch as rows (m, outputs), and as labels (m,) where they are classes."""
    m, k = exam.m, exam.sizes[-1]
    if exam.regression:
        return rng.normal(size=(m, k)), None
    labels = rng.permutation(np.arange(m) % max(k, 2))
    return (np.eye(k)[labels] if k > 1 else labels[:, np.newaxis].astype(float)), labels


def counted(values: list[Any]) -> list[Any]:
    """The values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def scalar(value: Any) -> float | None:
    """A loss as one number: the mean, where a user returns one for each sample."""
    if not is_array(value) or np.size(value) == 0:
        return None
    return float(np.mean(value))
