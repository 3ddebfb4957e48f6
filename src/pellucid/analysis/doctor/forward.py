"""The forward pass, layer by layer: the learner's own numbers against those of the same weights transplanted."""

from itertools import product
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.naming import Quantity, all_arrays, quantity
from pellucid.analysis.doctor.reference_network import HIDDEN, OUTPUT, applied, close, scores, transplant
from pellucid.core.activations import Activation, ReLU
from pellucid.core.arrays import Array


def examine_forward(case: Case) -> None:
    """Find where the learner's forward pass first differs from the one that its weights mean."""
    named = _named(case)
    z: dict[int, Array] = {}
    a: dict[int, Array] = {0: case.X}
    hidden: list[Activation | None] = []
    case.sound = True
    for l in range(1, case.layers + 1):
        own = {label: array for label, array in named.items() if array.shape == (case.m, case.sizes[l])}
        z[l] = _scores(case, l, own, z, a)
        if l < case.layers:
            hidden.append(_activation(case, l, own, z[l]))
            known = hidden[-1]
            a[l] = applied(known, z[l]) if known is not None else z[l]
            if known is None:
                break
    output = case.layout.rows(case.output_of(case.ran))
    guesses = _guesses(hidden, case.layers - 1)
    for guess in guesses:
        net = transplant(case.arrays(), case.layout, case.sizes, guess)
        trace = scores(net, case.X)
        score = trace.z[-1] if case.sound else z.get(case.layers, trace.z[-1])
        case.output = next((f for f in OUTPUT if close(applied(f, score), output)), None)
        if case.output is not None or len(guesses) == 1:
            case.net, case.trace = net, trace
            break
    if case.trace is not None and case.output is None:
        _examine_output(case, z.get(case.layers, case.trace.z[-1]), output)
    if case.trace is not None:
        for l in z:  # from here on, what the learner's own numbers lead to
            case.trace.z[l - 1][...] = z[l] if not case.sound else case.trace.z[l - 1]
            case.trace.a[l][...] = a[l] if not case.sound and l in a else case.trace.a[l]
        case.trace.a[-1][...] = output
    case.sound = case.sound and case.net is not None and case.output is not None
    if case.sound:
        case.checked.append(f"the forward pass, {case.layers} layers, against the same weights in a pellucid.Network")
    elif case.net is None:
        case.notes.append(
            "an activation or an output that the doctor does not know: the gradients are compared all the same"
        )


def _named(case: Case) -> dict[str, Array]:
    """Every array that forward made and that can be had, as rows."""
    found: dict[str, Array] = {}
    local = case.ran.frames[-1] if case.ran.frames else {}
    names = case.learner.returns("forward", case.ran)
    value = case.ran.value
    returned = (
        dict(zip(map(str, names), value, strict=True))
        if isinstance(value, tuple) and len(value) == len(names)
        else value
    )
    for label, array in [*all_arrays(local), *all_arrays(returned)]:
        if array.ndim in (1, 2) and array.dtype.kind in "fiu" and case.m in array.shape:
            rows = case.layout.rows(array)
            if len(rows) == case.m:
                found.setdefault(label, rows)
    return found


def _scores(case: Case, l: int, own: dict[str, Array], z: dict[int, Array], a: dict[int, Array]) -> Array:
    """Layer l's scores as the learner has them; a finding where they are made of something wrong."""
    W = case.layout.weights(case.array("W", l))
    b = case.array("b", l)
    bias = np.zeros(case.sizes[l]) if b is None else np.ravel(b)
    right = a[l - 1] @ W.T + bias
    label = next((label for label, array in own.items() if close(array, right)), None)
    if label is not None:
        case.labels[Quantity("z", l)] = label
        return right
    for wrong, fault, remedy in _wrong_scores(case, l, W, bias, z, a):
        label = next((label for label, array in own.items() if close(array, wrong)), None)
        if label is not None:
            line = case.learner.line("forward", label)
            case.add(
                l,
                "z",
                fault,
                f"{'' if line is None else f'line {line}: '}{label} is that to the last digit; "
                f"it should differ by up to {np.abs(right - wrong).max():.3g}",
                remedy,
            )
            case.sound = False
            case.labels[Quantity("z", l)] = label
            return np.asarray(wrong)
    return right


def _wrong_scores(case: Case, l: int, W: Array, b: Array, z: dict[int, Array], a: dict[int, Array]) -> Any:
    given = case.labels.get(Quantity("a", l - 1), f"A{l - 1}" if l > 1 else "X")
    remedy = case.layout.score(l, given)
    for j in range(l - 1, 0, -1):
        if z[j].shape[1] == W.shape[1]:
            known = case.labels.get(Quantity("z", j), f"Z{j}")
            lost = f", so layer {j}'s activation is never used" if j == l - 1 else ""
            yield z[j] @ W.T + b, f"layer {l} is fed layer {j}'s pre-activation ({known}){lost}", remedy
    for j in range(l - 1):
        if a[j].shape[1] == W.shape[1]:
            yield a[j] @ W.T + b, f"layer {l} is fed {'the input' if j == 0 else f'the output of layer {j}'}", remedy
    if W.shape[0] == W.shape[1]:
        yield a[l - 1] @ W + b, f"W{l} is transposed in the product", remedy
    yield a[l - 1] @ W.T, f"the bias b{l} is never added", remedy
    yield a[l - 1] @ W.T - b, f"the bias b{l} is subtracted", remedy
    for j in range(1, case.layers + 1):
        other = case.array("b", j)
        if j != l and other is not None and np.size(other) == len(b):
            yield a[l - 1] @ W.T + np.ravel(other), f"layer {l} adds b{j} in place of b{l}", remedy


def _activation(case: Case, l: int, own: dict[str, Array], z: Array) -> Activation | None:
    """The activation that makes one of the learner's arrays of z."""
    made = [(f, applied(f, z)) for f in HIDDEN]
    bent = [(f, a) for f, a in made if not close(a, z)]
    for f, a in bent:
        label = next((label for label, array in own.items() if close(array, a)), None)
        if label is not None:
            case.labels[Quantity("a", l)] = label
            return f
    for label, array in own.items():  # an activation that leaves these scores as they are
        q = quantity(label)
        if q is not None and q.kind == "a" and close(array, z):
            case.labels[Quantity("a", l)] = label
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


def _examine_output(case: Case, z: Any, output: Array) -> None:
    """The output is no activation of its scores, sample by sample: is it a softmax over something else?"""
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max())
    l, axis = case.layers, 0 if case.layout.samples == "columns" else 1
    whole = close(output, e / e.sum()) or (bool((output > 0).all()) and close(output.sum(), 1.0))
    over = "all samples and classes together" if whole else "the samples of the batch"
    if whole or close(output, np.exp(z) / np.exp(z).sum(axis=0)) or _sums_over_samples(output):
        sums = output.sum(axis=1)
        case.add(
            l,
            "a",
            f"softmax is normalised over {over}, not over each sample's classes",
            f"the probabilities of the first samples sum to {', '.join(f'{s:.3g}' for s in sums[:3])}, not to 1",
            f"E = np.exp(Z - Z.max(axis={axis}, keepdims=True)); return E / E.sum(axis={axis}, keepdims=True)",
        )
        case.output, case.sound = OUTPUT[0], False
