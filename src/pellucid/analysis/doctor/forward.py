"""The forward pass, layer by layer: the user's own numbers against those of the reference network."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from pellucid.analysis.doctor.candidates import COMMON, HIDDEN, OUTPUT
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, all_arrays, quantity
from pellucid.analysis.doctor.reference_network import close, forward_pass, reference_network
from pellucid.core.activations import Activation, Softmax, value
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
            f = _activation(exam, l, own, z[l])
            hidden.append(f)
            a[l] = z[l] if f is None else value(f, z[l])
            if f is None:
                break
    output = exam.layout.to_rows(exam.output_of(exam.forward_result))
    _find_reference(exam, hidden, output, z)
    if exam.trace is not None and exam.output is None:
        _examine_output(exam, z.get(exam.layers, exam.trace.z[-1]), output)
    if exam.trace is not None:
        if not exam.forward_matches:  # from here on, what the user's own numbers lead to
            for l in z:
                exam.trace.z[l - 1][...] = z[l]
                exam.trace.a[l][...] = a.get(l, exam.trace.a[l])
        exam.trace.a[-1][...] = output
    exam.forward_matches = exam.forward_matches and exam.net is not None and exam.output is not None
    if exam.forward_matches:
        exam.checked.append(f"the forward pass, {exam.layers} layers, against the same weights in a pellucid.Network")
    elif exam.net is None:
        unknown = "an activation or an output that the doctor does not know"
        exam.notes.append(f"{unknown}: the gradients are compared all the same")


def _find_reference(exam: Examination, hidden: list[Activation | None], output: Array, z: dict[int, Array]) -> None:
    """The network with the user's weights whose output is the user's; activations that cannot be seen are guessed."""
    guesses = _guesses(hidden, exam.layers - 1)
    for guess in guesses:
        net = reference_network(exam.arrays(), exam.layout, exam.sizes, guess)
        trace = forward_pass(net, exam.X)
        score = trace.z[-1] if exam.forward_matches else z.get(exam.layers, trace.z[-1])
        exam.output = next((f for f in OUTPUT if close(value(f, score), output)), None)
        if exam.output is not None or len(guesses) == 1:
            exam.net, exam.trace = net, trace
            return


def _named(exam: Examination) -> dict[str, Array]:
    """Every array that forward made and that can be had, as rows."""
    found: dict[str, Array] = {}
    returned = exam.forward_result.value
    if isinstance(returned, tuple):
        returned = {str(name): part for name, part in exam.functions.parts("forward", exam.forward_result)}
    for label, array in [*all_arrays(exam.forward_result.last_locals), *all_arrays(returned)]:
        if array.ndim in (1, 2) and array.dtype.kind in "fiu" and exam.m in array.shape:
            rows = exam.layout.to_rows(array)
            if len(rows) == exam.m:
                found.setdefault(label, rows)
    return found


def _scores(exam: Examination, l: int, own: dict[str, Array], z: dict[int, Array], a: dict[int, Array]) -> Array:
    """Layer l's scores as the user has them; a finding where they are made of something wrong."""
    W = exam.layout.to_outputs_first(exam.array("W", l))
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
        exam.add(Quantity("z", l), fault, evidence, exam.layout.score_code(l, exam.name("a", l - 1)))
        exam.forward_matches = False
    return made


def _wrong_scores(
    exam: Examination, l: int, W: Array, b: Array, z: dict[int, Array], a: dict[int, Array]
) -> Iterator[tuple[str, Array]]:
    """The known mistakes in a layer's scores: what is wrong, and the scores that it gives."""
    for j in range(l - 1, 0, -1):
        if z[j].shape[1] == W.shape[1]:
            lost = f", so layer {j}'s activation is never used" if j == l - 1 else ""
            yield f"layer {l} is fed layer {j}'s pre-activation ({exam.name('z', j)}){lost}", z[j] @ W.T + b
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
    for f in HIDDEN:
        a = value(f, z)
        unchanged = close(a, z)  # an activation that leaves these scores as they are: the name must tell
        for label, array in own.items():
            named = (q := quantity(label)) is not None and q.kind == "a"
            if close(array, a) and (named or not unchanged):
                exam.user_names[Quantity("a", l)] = label
                return f
    return None


def _guesses(hidden: list[Activation | None], count: int) -> list[list[Activation]]:
    """Activations to try where they cannot be seen: one for all unseen layers; of two kinds if they are few."""
    seen = [*hidden, *[None] * (count - len(hidden))]
    guesses: list[list[Activation]] = [[f or guess for f in seen] for guess in HIDDEN]
    if 1 < seen.count(None) <= 3:
        guesses += map(list, product(*([f] if f is not None else COMMON for f in seen)))
    return guesses if None in seen else guesses[:1]


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
            exam.layout.softmax_code,
        )
        exam.output, exam.forward_matches = Softmax(), False
