"""What the doctor knows of wrong gradients: the mistake that gives exactly a learner's numbers, by its name."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays
from pellucid.analysis.doctor.candidates import RELU, SOFTMAX
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.findings import factor_meaning
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.match_mistakes import UNKNOWN, Evidence, Explanation, explain, same_factor
from pellucid.analysis.doctor.naming import Quantity
from pellucid.analysis.doctor.reference_network import Layout, reference_pass
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.book.grading.compare import as_array
from pellucid.core.arrays import AnyArray, Array


def explained(
    X: Array, y: AnyArray, weights: Sequence[Array], biases: Sequence[Array], value: Any
) -> str | None:  # fmt: skip
    """What is wrong with ([dW, …], [db, …]) of the mean cross-entropy of a network (ReLU, …, softmax), if it is known.

    >>> rng = np.random.default_rng(0)
    >>> X, W, b = rng.normal(size=(4, 3)), rng.normal(size=(2, 3)), np.zeros(2)
    >>> p = SOFTMAX.value(X @ W.T)
    >>> delta = p - np.eye(2)[[0, 1, 1, 0]]
    >>> explained(X, np.array([0, 1, 1, 0]), [W], [b], ([delta.T @ X], [delta.sum(axis=0)]))
    'every gradient is m times too large: 1/m is missing, so it is the sum over the batch, where the loss is a mean'
    """
    given = _by_quantity(value, len(weights))
    if given is None:
        return None
    arrays = {Quantity(kind, l): array for kind, arrays in (("W", weights), ("b", biases))
              for l, array in enumerate(arrays, start=1)}  # fmt: skip
    exam = _examination(X, arrays, len(weights))
    targets = np.eye(len(biases[-1]))[y]
    with np.errstate(all="ignore"):
        explanation = explain(exam, given, Evidence(targets, KnownLoss("cross-entropy", 1 / len(X)), {}, {}))
    return _in_words(exam, explanation)


def _by_quantity(value: Any, layers: int) -> Arrays | None:
    """The gradients by what they are, None where they are not built as they should be."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return None
    found: Arrays = {}
    for kind, parts in zip(("dW", "db"), value, strict=True):
        if not isinstance(parts, list | tuple) or len(parts) != layers:
            return None
        for l, part in enumerate(parts, start=1):
            array = as_array(part)
            if array is None or array.dtype.kind == "c" or not np.isfinite(array).all():
                return None
            found[Quantity(kind, l)] = array.astype(float)
    return found


def _examination(X: Array, arrays: Arrays, layers: int) -> Examination:
    layout = Layout(columns=False, outputs_first=True)
    net = reference_pass(arrays, layout, [RELU] * (layers - 1), X)
    net.a[-1] = SOFTMAX.value(net.z[-1])
    return Examination(
        UserFunctions({"forward": len}, None, {}),  # there is no code to look at, only numbers
        parameters={str(q): array for q, array in arrays.items()},
        paths={q: (str(q),) for q in arrays}, layers=layers, layout=layout, X=X, output=SOFTMAX, net=net,
        sizes=[X.shape[1], *(len(arrays[Quantity("b", l)]) for l in range(1, layers + 1))], forward_matches=True,
        user_names={Quantity(kind, l): f"{kind}{l}" for kind in "za" for l in range(1, layers + 1)},
    )  # fmt: skip


def _in_words(exam: Examination, explanation: Explanation) -> str | None:
    """What comes first: the order, a factor of all, then the last layer's faults; None where a fault has no name."""
    if explanation.reversed_order:
        return "the lists begin with the last layer's gradients: the first layer's come first"
    if explanation.swapped is not None:
        return f"{explanation.swapped[0]} and {explanation.swapped[1]} are exchanged"
    common = explanation.common_factor
    if common is not None:
        return f"every gradient is {factor_meaning(exam, common)[0]}"
    found: list[str] = []
    for layer in explanation.layers:
        if layer.fault == UNKNOWN or any(part.fault == UNKNOWN for part in layer.gradients.values()):
            return "; ".join(found) or None
        if layer.fault is not None:
            found.append(f"δ{layer.layer}: {layer.fault}")
        elif layer.factor is not None and not same_factor(layer.factor, 1.0):
            found.append(f"δ{layer.layer} is {factor_meaning(exam, layer.factor)[0]}")
        for q, part in layer.gradients.items():
            if part.fault is not None:
                found.append(f"{q}: {part.fault}")
            elif part.scaled and part.factor is not None and not same_factor(part.factor, layer.factor):
                found.append(f"{q} is {factor_meaning(exam, part.factor)[0]}")
    return "; ".join(found[:2]) or None
