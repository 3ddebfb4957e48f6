"""The forward pass, layer by layer: the user's own numbers against those of the reference network."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from pellucid.analysis.doctor.candidates import COMMON, HIDDEN, OUTPUT
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, all_arrays, quantity
from pellucid.analysis.doctor.reference_network import close, forward_pass, reference_network
from pellucid.core.activations import Activation, ReLU, Softmax, value
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
            a[l] = value(known, z[l]) if known is not None else z[l]
            if known is None:
                break
    output = exam.layout.rows(exam.output_of(exam.forward_result))
    guesses = _guesses(hidden, exam.layers - 1)
    for guess in guesses:
        net = reference_network(exam.arrays(), exam.layout, exam.sizes, guess)
        trace = forward_pass(net, exam.X)
        score = trace.z[-1] if exam.forward_matches else z.get(exam.layers, trace.z[-1])
        exam.output = next((f for f in OUTPUT if close(value(f, score), output)), None)
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
    returned = exam.forward_result.value
    if isinstance(returned, tuple):
        returned = {str(name): part for name, part in exam.functions.parts("forward", exam.forward_result)}
    for label, array in [*all_arrays(exam.forward_result.last_locals), *all_arrays(returned)]:
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
    formulas = [(None, right), *_wrong_scores(exam, l, W, bias, z, a)]
    found = ((label, *formula) for formula in formulas for label, array in own.items() if close(array, formula[1]))
    label, fault, made = next(found, (None, None, right))
    if label is not None:
        exam.user_names[Quantity("z", l)] = label
    if label is not None and fault is not None:
        line, difference = exam.functions.at_line("forward", label), np.abs(right - made).max()
        evidence = f"{line}{label} is that to the last digit; it should differ by up to {difference:.3g}"
        given = exam.user_names.get(Quantity("a", l - 1), f"A{l - 1}" if l > 1 else "X")
        exam.add(Quantity("z", l), fault, evidence, exam.layout.score(l, given))
        exam.forward_matches = False
    return made


def _wrong_scores(
    exam: Examination, l: int, W: Array, b: Array, z: dict[int, Array], a: dict[int, Array]
) -> Iterator[tuple[str, Array]]:
    """The known mistakes in a layer's scores: what is wrong, and the scores that it gives."""
    for j in range(l - 1, 0, -1):
        if z[j].shape[1] == W.shape[1]:
            name = exam.user_names.get(Quantity("z", j), f"Z{j}")
            lost = f", so layer {j}'s activation is never used" if j == l - 1 else ""
            yield f"layer {l} is fed layer {j}'s pre-activation ({name}){lost}", z[j] @ W.T + b
    for j in range(l - 1):
        if a[j].shape[1] == W.shape[1]:
            yield f"layer {l} is fed {'the input' if j == 0 else f'the output of layer {j}'}", a[j] @ W.T + b
    if W.shape[0] == W.shape[1]:
        yield f"W{l} is transposed in the product", a[l - 1] @ W + b
    yield f"the bias b{l} is never added", a[l - 1] @ W.T
    yield f"the bias b{l} is subtracted", a[l - 1] @ W.T - b
    for j in range(1, exam.layers + 1):
        other = exam.array("b", j)
        if j != l and other is not None and np.size(other) == len(b):
            yield f"layer {l} adds b{j} in place of b{l}", a[l - 1] @ W.T + np.ravel(other)


def _activation(exam: Examination, l: int, own: dict[str, Array], z: Array) -> Activation | None:
    """The activation that makes one of the user's arrays of z."""
    made = [(f, value(f, z)) for f in HIDDEN]
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
        choices += list(product(COMMON, repeat=len(unseen)))
    guesses = []
    for choice in choices:
        guess: list[Activation] = [f or ReLU() for f in hidden] + [ReLU()] * (count - len(hidden))
        for k, f in zip(unseen, choice, strict=True):
            guess[k] = f
        guesses.append(guess)
    return guesses


def _examine_output(exam: Examination, z: Array, output: Array) -> None:
    """The output is no activation of its scores, sample by sample: is it a softmax over something else?"""
    with np.errstate(all="ignore"):
        e = np.exp(z - z.max())
        over_samples = np.exp(z) / np.exp(z).sum(axis=0)
    positive = bool((output > 0).all())
    whole = close(output, e / e.sum()) or (positive and close(output.sum(), 1.0))
    shares = positive and close(output.sum(axis=0), np.ones(output.shape[1]))
    if whole or shares or close(output, over_samples):
        over = "all samples and classes together" if whole else "the samples of the batch"
        sums = ", ".join(f"{total:.3g}" for total in output.sum(axis=1)[:3])
        exam.add(
            Quantity("a", exam.layers),
            f"softmax is normalised over {over}, not over each sample's classes",
            f"the probabilities of the first samples sum to {sums}, not to 1",
            exam.layout.softmax,
        )
        exam.output, exam.forward_matches = Softmax(), False
