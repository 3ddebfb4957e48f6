"""The network found by trying: init is run, each layer's W and b is found in what it returns, forward gets a batch."""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Path, array_paths, learn_names, with_arrays
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.examination import Examination, Reading
from pellucid.analysis.doctor.naming import LAST, Quantity, meaning
from pellucid.analysis.doctor.own_calls import STAND_INS
from pellucid.analysis.doctor.reference_network import Layout, possible_sizes
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError

SIZES = [5, 4, 6, 3]  # of the network that is asked for, where init takes sizes
LARGEST = 12  # layers of a user's own sizes are kept as they are up to this


def find_parameters(exam: Examination, rng: np.random.Generator) -> bool:
    """Find the parameters, the layout and a batch; False where nothing further can be examined."""
    functions = exam.functions
    if functions.file is not None:
        exam.file_sizes = exam.file_sizes or sizes_in(functions.namespace) or _sizes_asked_for(functions)
    exam.available = AvailableValues().extended(
        learning_rate=0.1,
        L2_strength=0.3,
        kept_share=0.8,
        epochs=1,
        seed=0,
        rng=np.random.default_rng(0),
        sizes=_sizes(exam, 4),
        classes=_sizes(exam, 2)[-1],
    )
    result = _init(exam)
    if result.failure is not None:
        exam.add_failure("init", result.failure)
        return False
    names: list[str | None] = functions.returns("init", result) if "init" in functions else [None]
    learn_names(result.value, names)
    named = {q: path for q, path in array_paths(result.value, names).items() if q.kind in "Wb"}
    exam.unnumbered = _unnumbered(named)
    exam.paths = {Quantity(q.kind, exam.unnumbered) if q.layer == LAST else q: path for q, path in named.items()}
    exam.layers = max((q.layer for q in exam.paths if q.kind == "W"), default=0)
    if not exam.layers:
        raise InputError(
            f"{functions.path}: no weights are found in what init returns; name them W1, b1, W2, b2, … there, "
            "or return a list of (W, b)"
        )
    exam.initial, exam.parameters = result.value, _drawn(result.value, exam.paths, rng)
    missing = [f"W{l}" for l in range(1, exam.layers + 1) if Quantity("W", l) not in exam.paths]
    if missing:
        made = ", ".join(map(str, sorted(exam.paths, key=lambda q: (q.layer, q.kind))))
        exam.not_examined(
            "the parameters", f"{', '.join(missing)} cannot be told among {made}", "name them W1, b1, W2, b2, …"
        )
        return False
    return _choose_layout(exam, rng)


def _init(exam: Examination) -> CallResult:
    """Make the parameters: with the file's own arguments, but for sizes, of which small unlike ones tell more."""
    functions = exam.functions
    if "parameters" in functions.options:
        return CallResult(functions.options["parameters"])
    own = functions.own("init")
    for parameter, name in functions.arguments("init"):
        value = own.get(parameter.name, STAND_INS[word]() if (word := meaning(name)) in ("X", "y") else None)
        if _is_size(value):
            value = None
        elif _are_sizes(value):
            value = None if name in exam.available else exam.available.by_meaning["sizes"]
        if value is not None:
            exam.available.by_name[name] = exam.available.by_meaning[name] = value
    asked = [parameter.name for parameter, name in functions.required("init") if name not in exam.available]
    variadic = any(parameter.kind is parameter.VAR_POSITIONAL for parameter, _ in functions.arguments("init"))
    if asked and not variadic:
        exam.available.by_meaning.update(zip(asked, _sizes(exam, max(len(asked), 2)), strict=False))
    result = functions.call("init", exam.available)
    if result.failure is not None and result.failure.kind is TypeError and len(asked) == 1:
        exam.available.by_meaning[asked[0]] = exam.available.by_meaning["sizes"]  # it is no number but a list of them
        result = functions.call("init", exam.available)
    return result


def _sizes_asked_for(functions: UserFunctions) -> list[int]:
    """The sizes with which the file itself calls init: init(4, 8, 1), or init([4, 8, 1])."""
    own = functions.own("init") if "init" in functions else {}
    lists = [list(value) for value in own.values() if _are_sizes(value) and len(value) > 1]
    required = {parameter.name for parameter, _ in functions.required("init")} if own else set()
    numbers = [value for name, value in own.items() if name in required and _is_size(value)]
    return next(iter(lists), numbers if len(numbers) > 1 else [])


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _sizes(exam: Examination, count: int) -> list[int]:
    """The sizes of the network to ask for: as the data need it, where there are data."""
    wanted = exam.functions.options.get("sizes")
    if wanted is not None:
        if not _are_sizes(wanted):
            remedy = "give the sizes of the layers, such as [4, 8, 3]"
            raise InputError(f"{exam.functions.path}: sizes={wanted!r}; {remedy}")
        return list(wanted)
    sizes = [SIZES[0], *(SIZES[1:3] * count)[: count - 2], SIZES[-1]]
    if exam.file_sizes:
        # the same number of layers and outputs, with few inputs and neurons: soon examined
        small = [size if size <= LARGEST else SIZES[l % 3] for l, size in enumerate(exam.file_sizes[:-1])]
        sizes = [*small, exam.file_sizes[-1]]
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


def sizes_in(names: Mapping[str, Any]) -> list[int]:
    """The sizes of the layers that a file sets, such as ``layer_dims = [784, 20, 1]``; none where it sets none."""
    found = (value for name, value in names.items() if meaning(name) == "sizes" and _are_sizes(value))
    return next((list(value) for value in found if len(value) > 1), [])


def _are_sizes(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_size, value))


def _drawn(value: Any, paths: dict[Quantity, Path], rng: np.random.Generator) -> Any:
    """The same structure with small random numbers, biases too: so no score saturates and every gradient counts."""

    def draw(q: Quantity, array: Any) -> Array:
        shape = np.shape(array)
        spread = 1.2 / np.sqrt(max(min(shape), max(shape) / 2)) if q.kind == "W" and len(shape) == 2 else 0.3
        return np.asarray(rng.normal(0.0, spread, shape))

    return with_arrays(copy.deepcopy(value), paths, draw)


def _choose_layout(exam: Examination, rng: np.random.Generator) -> bool:
    """Find out by trying whether samples are rows or columns, and which way W lies."""
    possible = possible_sizes(exam.arrays(), exam.layers)
    if not possible:
        shapes = [f"{q} {np.shape(a)}" for q, a in sorted(exam.arrays().items(), key=lambda item: item[0].layer)]
        why = f"their shapes make no chain of layers: {', '.join(shapes)}"
        remedy = "W is (neurons, neurons of the layer before), or in all layers the other way; b has the neurons"
        exam.not_examined("the parameters", why, remedy)
        return False
    samples_are = exam.functions.options.get("samples")
    if samples_are not in (None, "rows", "columns"):
        raise InputError(f'{exam.functions.path}: samples={samples_are!r}; write samples="rows" or samples="columns"')
    tried: list[Reading] = []
    for outputs_first, sizes in possible:
        natural = ("columns", "rows") if outputs_first else ("rows", "columns")
        ways = natural if samples_are is None else (samples_are,)
        tried += [_tried(exam, Layout(samples == "columns", outputs_first), sizes, rng) for samples in ways]
    if not any(_is_right(exam, reading) for reading in tried):
        for outputs_first, sizes in possible:
            others = _other_layouts(outputs_first, one_sample=exam.one_sample) if samples_are is None else []
            tried += [_tried(exam, layout, sizes, rng) for layout in others]
    exam.readings += [reading for reading in tried if _is_right(exam, reading)]
    exam.layout, exam.sizes, exam.X, exam.forward_result = (exam.readings or tried)[0]
    if exam.readings:
        return True
    if exam.forward_result.failure is not None:
        exam.add_failure("forward", exam.forward_result.failure)
    else:
        m, k, L = exam.m, exam.sizes[-1], exam.layers
        evidence = f"with {m} samples and {k} outputs it should hold {m} × {k} numbers"
        remedy = f"return A{L}, the last layer's activation"
        exam.not_examined(exam.functions.name_of("forward"), f"{evidence}, and nothing that it returns does", remedy)
    return False


def _tried(exam: Examination, layout: Layout, sizes: list[int], rng: np.random.Generator) -> Reading:
    """The forward pass of a batch in this layout."""
    exam.layout, exam.sizes = layout, sizes
    exam.X = rng.random((1 if exam.one_sample else batch_size(sizes), sizes[0])) - 0.3
    return layout, sizes, exam.X, exam.forward()[1]


def _is_right(exam: Examination, reading: Reading) -> bool:
    """Whether the forward pass gets through and gives an output."""
    exam.layout, exam.sizes, exam.X, result = reading
    return result.failure is None and exam.output_of(result) is not None


def _other_layouts(outputs_first: bool, *, one_sample: bool) -> list[Layout]:
    """The layouts in which samples are given in another way than they are inside; single samples may be vectors."""
    if one_sample:
        sides = (outputs_first, not outputs_first)
        flat = [Layout(outputs_first, outputs_first, given, flat=True) for given in (None, False)]
        return [*flat, *(Layout(side, outputs_first, given_columns=False) for side in sides)]
    return [Layout(columns, outputs_first, given_columns=not columns) for columns in (True, False)]


def batch_size(sizes: list[int]) -> int:
    """Samples in the doctor's batch: more than classes, and unlike any layer's size, so that no axis is mistaken.

    >>> batch_size([5, 7, 3])
    11
    """
    least = max(7, sizes[-1] + 1)
    primes = (m for m in range(least, least + 1000) if all(m % p for p in range(2, m)))
    return next(m for m in primes if m not in sizes and m - 1 not in sizes)


def targets(exam: Examination, rng: np.random.Generator) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """Targets for the batch as rows (m, outputs), and as labels (m,) where they are classes."""
    m, k = exam.m, exam.sizes[-1]
    if exam.regression:
        return rng.normal(size=(m, k)), None
    labels = rng.permutation(np.arange(m) % max(k, 2))
    return (np.eye(k)[labels] if k > 1 else labels[:, np.newaxis].astype(float)), labels
