"""The first part of an examination: run init, find each layer's W and b in what it returns, and make a small batch."""

import copy
import inspect
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.naming import LAST, Path, Quantity, at, is_array, meaning, places, replaced
from pellucid.analysis.doctor.reference_network import Layout, chains
from pellucid.analysis.doctor.sandbox import Ran
from pellucid.analysis.doctor.signatures import Pool
from pellucid.core.errors import InputError

SIZES = [5, 4, 6, 3]  # of the network that is asked for, where init takes sizes
LARGEST = 12  # layers of a learner's own sizes are kept as they are up to this


def start(case: Case, rng: np.random.Generator) -> bool:
    """Fill in the case's parameters, layout and batch; False where nothing further can be examined."""
    learner = case.learner
    if learner.code is not None:
        case.layers_asked = case.layers_asked or sizes_in(learner.names)
    case.pool = Pool(
        {},
        {
            "learning rate": 0.1,
            "seed": 0,
            "rng": np.random.default_rng(0),
            "sizes": _sizes(case, 4),
            "classes": _sizes(case, 2)[-1],
        },
    )
    ran = _init(case)
    if ran.failure is not None:
        case.fails("init", ran.failure, "W")
        return False
    names: list[str | None] = learner.returns("init", ran) if "init" in learner.functions else [None]
    case.started = ran.value
    written = {q: path for q, path in places(ran.value, names).items() if q.kind in "Wb"}
    found, case.unnumbered = _resolved(written), _unnumbered(written)
    case.layers = max((q.layer for q in found if q.kind == "W"), default=0)
    if not case.layers:
        raise InputError(
            f"{learner.path}: no weights are found in what init returns; name them W1, b1, W2, b2, … there, "
            "or return a list of (W, b)"
        )
    case.where = found
    case.parameters = _drawn(ran.value, found, rng)
    missing = [f"W{l}" for l in range(1, case.layers + 1) if Quantity("W", l) not in found]
    if missing:
        case.add(
            None, "W", f"init makes no {', '.join(missing)}", f"it makes {_listed(found)}", f"make {missing[0]} too"
        )
        return False
    return _choose_layout(case, rng)


def _init(case: Case) -> Ran:
    learner = case.learner
    if "parameters" in learner.about:
        return Ran(learner.about["parameters"])
    parameters = inspect.signature(learner.functions["init"]).parameters.values()
    asked = [p.name for p in parameters if p.default is p.empty and p.name not in case.pool]
    if asked and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        case.pool.words.update(zip(asked, _sizes(case, max(len(asked), 2)), strict=False))
    return learner.call("init", case.pool)


def _sizes(case: Case, count: int) -> list[int]:
    """The sizes of the network to ask for: as the data need it, where there are data."""
    told = case.learner.about.get("sizes")
    if told is not None:
        if not isinstance(told, list | tuple) or not all(isinstance(size, int) and size > 0 for size in told):
            raise InputError(f"{case.learner.path}: sizes={told!r}; give the sizes of the layers, such as [4, 8, 3]")
        return list(told)
    sizes = [SIZES[0], *(SIZES[1:3] * count)[: count - 2], SIZES[-1]]
    if case.layers_asked:
        sizes = _small(case.layers_asked)
    if case.training is not None:
        X, y = case.training
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


def _choose_layout(case: Case, rng: np.random.Generator) -> bool:
    """Find out by trying whether samples are rows or columns, and which way W lies."""
    found = chains(case.arrays(), case.layers)
    if not found:
        shapes = ", ".join(
            f"{q} {np.shape(a)}" for q, a in sorted(case.arrays().items(), key=lambda item: item[0].layer)
        )
        case.add(
            None,
            "W",
            "the shapes of the parameters do not fit together",
            shapes,
            "W of layer l is (neurons of l, neurons of l − 1), or in all layers the other way; b has the neurons of l",
        )
        return False
    told = case.learner.about.get("samples")
    if told not in (None, "rows", "columns"):
        raise InputError(f'{case.learner.path}: samples={told!r}; write samples="rows" or samples="columns"')
    first = None
    for outputs_first, sizes in found:
        natural = ("columns", "rows") if outputs_first else ("rows", "columns")
        for samples in natural if told is None else (told,):
            case.layout, case.sizes = Layout(samples, outputs_first), sizes
            m = batch_size(sizes)
            case.X = rng.random((m, sizes[0])) - 0.3
            _, ran = case.forward()
            if ran.failure is None and case.output_of(ran) is not None:
                case.ways.append((case.layout, sizes, case.X, ran))
            first = first or (case.layout, sizes, case.X, ran)
    if case.ways:
        case.layout, case.sizes, case.X, case.ran = case.ways[0]
        return True
    assert first is not None
    case.layout, case.sizes, case.X, ran = first
    if ran.failure is not None:
        case.fails("forward", ran.failure, "z")
    else:
        case.add(
            case.layers,
            "a",
            "forward returns nothing of the output's shape",
            f"with {case.m} samples and {case.sizes[-1]} outputs it should hold {case.m} × {case.sizes[-1]} numbers",
            f"return A{case.layers}, the last layer's activation",
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


def targets(case: Case, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Targets for the batch as rows (m, outputs), and as labels (m,) where they are classes."""
    m, k = case.m, case.sizes[-1]
    if case.values:
        return rng.normal(size=(m, k)), None
    labels = rng.permutation(np.arange(m) % max(k, 2))
    return (np.eye(k)[labels] if k > 1 else labels[:, np.newaxis].astype(float)), labels


def counted(values: list[Any]) -> list[Any]:
    """The values that occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def scalar(value: Any) -> float | None:
    """A loss as one number: the mean, where a learner returns one for each sample."""
    if not is_array(value) or np.size(value) == 0:
        return None
    return float(np.mean(value))
