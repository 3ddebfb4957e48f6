"""The forward pass, layer by layer: the user's own numbers against those of the same weights copied."""

from itertools import product
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, all_arrays, quantity
from pellucid.analysis.doctor.reference_network import HIDDEN, OUTPUT, applied, close, copy_of_network, scores
from pellucid.core.activations import Activation, ReLU
from pellucid.core.arrays import Array


def examine_forward(exam: Examination) -> None:
    """Find where the user's forward pass first differs from the one that its weights mean."""
    named = _named(exam)
    z: dict[int, Array] = {}
    a: dict[int, Array] = {0: exam.X}
    hidden: list[Activation | None] = []
    exam.forward_matches = True
    for l in range(1, exam.layers + 1):
        own = {label: array for label, array in named.items() if array.shape == (exam.m, exam.sizes[l])}
        z[l] = _scores(exam, l, own, z, a)
        if l < exam.layers:
            hidden.append(_activation(exam, l, own, z[l]))
            known = hidden[-1]
            a[l] = applied(known, z[l]) if known is not None else z[l]
            if known is None:
                break
    output = exam.layout.rows(exam.output_of(exam.forward_result))
    guesses = _guesses(hidden, exam.layers - 1)
    for guess in guesses:
        net = copy_of_network(exam.arrays(), exam.layout, exam.sizes, guess)
        trace = scores(net, exam.X)
        score = trace.z[-1] if exam.forward_matches else z.get(exam.layers, trace.z[-1])
        exam.output = next((f for f in OUTPUT if close(applied(f, score), output)), None)
        if exam.output is not None or len(guesses) == 1:
            exam.net, exam.trace = net, trace
            break
    if exam.trace is not None and exam.output is None:
        _examine_output(exam, z.get(exam.layers, exam.trace.z[-1]), output)
    if exam.trace is not None:
        for l in z:  # from here on, what the user's own numbers lead to
            exam.trace.z[l - 1][...] = z[l] if not exam.forward_matches else exam.trace.z[l - 1]
            exam.trace.a[l][...] = a[l] if not exam.forward_matches and l in a else exam.trace.a[l]
        exam.trace.a[-1][...] = output
    exam.forward_matches = exam.forward_matches and exam.net is not None and exam.output is not None
    if exam.forward_matches:
        exam.checked.append(f"the forward pass, {exam.layers} layers, against the same weights in a pellucid.Network")
    elif exam.net is None:
        exam.notes.append(
            "an activation or an output that the doctor does not know: the gradients are compared all the same"
        )


def _named(exam: Examination) -> dict[str, Array]:
    """Every array that forward made and that can be had, as rows."""
    found: dict[str, Array] = {}
    local = exam.forward_result.local_variables[-1] if exam.forward_result.local_variables else {}
    names = exam.functions.returns("forward", exam.forward_result)
    value = exam.forward_result.value
    returned = (
        dict(zip(map(str, names), value, strict=True))
        if isinstance(value, tuple) and len(value) == len(names)
        else value
    )
    for label, array in [*all_arrays(local), *all_arrays(returned)]:
        if array.ndim in (1, 2) and array.dtype.kind in "fiu" and exam.m in array.shape:
            rows = exam.layout.rows(array)
            if len(rows) == exam.m:
                found.setdefault(label, rows)
    return found


def _scores(exam: Examination, l: int, own: dict[str, Array], z: dict[int, Array], a: dict[int, Array]) -> Array:
    """Layer l's scores as the user has them; a finding where they are made of something wrong."""
    W = exam.layout.weights(exam.array("W", l))
    b = exam.array("b", l)
    bias = np.zeros(exam.sizes[l]) if b is None else np.ravel(b)
    right = a[l - 1] @ W.T + bias
    label = next((label for label, array in own.items() if close(array, right)), None)
    if label is not None:
        exam.user_names[Quantity("z", l)] = label
        return right
    for wrong, fault, remedy in _wrong_scores(exam, l, W, bias, z, a):
        label = next((label for label, array in own.items() if close(array, wrong)), None)
        if label is not None:
            line = exam.functions.line("forward", label)
            exam.add(
                l,
                "z",
                fault,
                f"{'' if line is None else f'line {line}: '}{label} is that to the last digit; "
                f"it should differ by up to {np.abs(right - wrong).max():.3g}",
                remedy,
            )
            exam.forward_matches = False
            exam.user_names[Quantity("z", l)] = label
            return np.asarray(wrong)
    return right


def _wrong_scores(exam: Examination, l: int, W: Array, b: Array, z: dict[int, Array], a: dict[int, Array]) -> Any:
    given = exam.user_names.get(Quantity("a", l - 1), f"A{l - 1}" if l > 1 else "X")
    remedy = exam.layout.score(l, given)
    for j in range(l - 1, 0, -1):
        if z[j].shape[1] == W.shape[1]:
            known = exam.user_names.get(Quantity("z", j), f"Z{j}")
            lost = f", so layer {j}'s activation is never used" if j == l - 1 else ""
            yield z[j] @ W.T + b, f"layer {l} is fed layer {j}'s pre-activation ({known}){lost}", remedy
    for j in range(l - 1):
        if a[j].shape[1] == W.shape[1]:
            yield a[j] @ W.T + b, f"layer {l} is fed {'the input' if j == 0 else f'the output of layer {j}'}", remedy
    if W.shape[0] == W.shape[1]:
        yield a[l - 1] @ W + b, f"W{l} is transposed in the product", remedy
    yield a[l - 1] @ W.T, f"the bias b{l} is never added", remedy
    yield a[l - 1] @ W.T - b, f"the bias b{l} is subtracted", remedy
    for j in range(1, exam.layers + 1):
        other = exam.array("b", j)
        if j != l and other is not None and np.size(other) == len(b):
            yield a[l - 1] @ W.T + np.ravel(other), f"layer {l} adds b{j} in place of b{l}", remedy


def _activation(exam: Examination, l: int, own: dict[str, Array], z: Array) -> Activation | None:
    """The activation that makes one of the user's arrays of z."""
    made = [(f, applied(f, z)) for f in HIDDEN]
    bent = [(f, a) for f, a in made if not close(a, z)]
    for f, a in bent:
        label = next((label for label, array in own.items() if close(array, a)), None)
        if label is not None:
            exam.user_names[Quantity("a", l)] = label
            return f
    for label, array in own.items():  # an activation that leaves these scores as they are
        q = quantity(label)
        if q is not None and q.kind == "a" and close(array, z):
            exam.user_names[Quantity("a", l)] = label
            return next(f for f, a in made if close(a, z))
    return None


def _guesses(hidden: list[Activation | None], count: int) -> list[list[Activation]]:
    """Activations to try where they cannot be seen: one for all unseen layers; of two kinds if they are few."""
    unseen = [k for k in range(count) if k >= len(hidden) or hidden[k] is None]
    if not unseen:
        return [[f for f in hidden if f is not None]]
    choices = [(f,) * len(unseen) for f in HIDDEN]
    if 1 < len(unseen) <= 3:
        choices += list(product(HIDDEN[:3], repeat=len(unseen)))
    guesses = []
    for choice in choices:
        guess: list[Activation] = [f or ReLU() for f in hidden] + [ReLU()] * (count - len(hidden))
        for k, f in zip(unseen, choice, strict=True):
            guess[k] = f
        guesses.append(guess)
    return guesses


def _sums_over_samples(output: Array) -> bool:
    """Whether each output's values are shares of 1 over the samples of the batch."""
    return bool((output > 0).all()) and close(output.sum(axis=0), np.ones(output.shape[1]))


def _examine_output(exam: Examination, z: Any, output: Array) -> None:
    """The output is no activation of its scores, sample by sample: is it a softmax over something else?"""
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max())
    l, axis = exam.layers, 0 if exam.layout.samples == "columns" else 1
    whole = close(output, e / e.sum()) or (bool((output > 0).all()) and close(output.sum(), 1.0))
    over = "all samples and classes together" if whole else "the samples of the batch"
    if whole or close(output, np.exp(z) / np.exp(z).sum(axis=0)) or _sums_over_samples(output):
        sums = output.sum(axis=1)
        exam.add(
            l,
            "a",
            f"softmax is normalised over {over}, not over each sample's classes",
            f"the probabilities of the first samples sum to {', '.join(f'{s:.3g}' for s in sums[:3])}, not to 1",
            f"E = np.exp(Z - Z.max(axis={axis}, keepdims=True)); return E / E.sum(axis={axis}, keepdims=True)",
        )
        exam.output, exam.forward_matches = OUTPUT[0], False
