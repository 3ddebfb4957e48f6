"""The forward pass, layer by layer: the user's own numbers against those of the reference network."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from pellucid.analysis.doctor.arrays import all_arrays
from pellucid.analysis.doctor.candidates import COMMON, HIDDEN, OUTPUT, SOFTMAX, TWICE, Candidate
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, quantity
from pellucid.analysis.doctor.reference_network import close, reference_pass
from pellucid.core.arrays import Array

Seen = tuple[Candidate, Array, str]  # an activation, dropout's mask after it, and what the user calls the result


def examine_forward(exam: Examination) -> None:
    """Find where the user's forward pass first differs from the one that its weights mean."""
    named = _named(exam)
    z: dict[int, Array] = {}
    a: dict[int, Array] = {0: exam.X}
    hidden: list[Candidate | None] = []
    masks: dict[int, Array] = {}
    exam.forward_matches = True
    for l in range(1, exam.layers + 1):
        own = {label: array for label, array in named.items() if array.shape == (exam.m, exam.sizes[l])}
        z[l] = _scores(exam, l, own, z, a)
        if l == exam.layers:
            break
        seen = _activations(own, z[l])
        if not seen:
            hidden.append(None)
            break
        bent = (s for s in seen if not s[0].plain and _goes_on(exam, l, s[0].value(z[l]) * s[1], named))
        f, mask, label = next(bent, seen[0])
        hidden.append(f)
        masks[l], a[l] = mask, f.value(z[l]) * mask
        exam.user_names[Quantity("a", l)] = label
    output = exam.layout.to_rows(exam.output_of(exam.forward_result))
    exam.output = _find_reference(exam, hidden, masks, output, z)
    if exam.net is not None:
        if exam.output is None:
            exam.output = _wrong_output(exam, z.get(exam.layers, exam.net.z[-1]), output, z, a)
        if not exam.forward_matches:  # from here on, what the user's own numbers lead to
            for l in z:
                exam.net.z[l - 1], exam.net.a[l] = z[l], a.get(l, exam.net.a[l])
        exam.net.a[-1] = output
    exam.forward_matches = exam.forward_matches and exam.net is not None and exam.output is not None
    if exam.forward_matches:
        layers = "1 layer" if exam.layers == 1 else f"{exam.layers} layers"
        exam.compared.append(f"the forward pass, {layers}, against a network with the same weights")
    elif exam.net is None or exam.output is None:
        exam.net = None
        exam.not_examined(
            "the forward pass, layer by layer",
            "it has an activation or an output that the doctor does not know, or keeps no layer's numbers",
            "nothing need be done: the gradients are compared all the same",
        )


def _find_reference(
    exam: Examination, hidden: list[Candidate | None], masks: dict[int, Array], output: Array, z: dict[int, Array]
) -> Candidate | None:
    """Find the network with the user's weights whose output is the user's, trying activations that cannot be seen.

    Returns the output's activation; None where no known one gives this output.
    """
    guesses = _guesses(hidden, exam.layers - 1)
    for guess in guesses:
        net = reference_pass(exam.arrays(), exam.layout, guess, exam.X, masks)
        score = net.z[-1] if exam.forward_matches else z.get(exam.layers, net.z[-1])
        found = next((f for f in (*OUTPUT, *TWICE) if close(f.value(score), output)), None)
        if found is not None or len(guesses) == 1:
            exam.net = net
            return found
    return None


def _named(exam: Examination) -> dict[str, Array]:
    """Every array that forward made and that can be had, as rows."""
    found: dict[str, Array] = {}
    returned = exam.forward_result.value
    if isinstance(returned, tuple):
        returned = {str(name): part for name, part in exam.functions.parts("forward", exam.forward_result)}
    for label, array in [*all_arrays(exam.forward_result.last_locals), *all_arrays(returned)]:
        if array.ndim in (1, 2) and array.dtype.kind in "fiub" and exam.m in array.shape:
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


def _activations(own: dict[str, Array], z: Array) -> list[Seen]:
    """What may have made the user's arrays of z: an activation alone, and one with dropout after it."""
    found = []
    for f in HIDDEN:
        a = f.value(z)
        unchanged = close(a, z)  # an activation that leaves these scores as they are: the name must tell
        for label, array in own.items():
            named = (q := quantity(label)) is not None and q.kind == "a"
            if close(array, a) and (named or not unchanged):
                found.append((f, np.ones_like(a), label))
                break
    for f in HIDDEN[:-1]:
        a = f.value(z)
        for label, array in own.items():
            mask = np.divide(array, a, out=np.zeros_like(a), where=np.abs(a) > 1e-9)
            kept, dropped = mask[np.abs(mask) > 1e-9], (mask == 0) & (np.abs(a) > 1e-9)
            if kept.size and dropped.any() and kept[0] > 0 and close(array, a * mask) and np.ptp(kept) < 1e-9 * kept[0]:
                found.append((f, _whole_mask(own, a, mask, float(kept[0])), label))
    return found


def _whole_mask(own: dict[str, Array], a: Array, mask: Array, factor: float) -> Array:
    """Dropout's mask, also where the activation is 0 and does not show it: by the user's own array, if there is one."""
    seen = np.abs(a) > 1e-9
    for array in own.values():
        on = array != 0
        if 0 < on.sum() < on.size and np.ptp(array[on]) == 0 and (on == (mask != 0))[seen].all():
            return np.where(on, factor, 0.0)
    return mask


def _goes_on(exam: Examination, l: int, a: Array, named: dict[str, Array]) -> bool:
    """Whether the next layer's scores of these activations, or an output made of them, are among the user's arrays."""
    W, b = exam.layout.to_outputs_first(exam.array("W", l + 1)), exam.array("b", l + 1)
    z = a @ W.T + (0.0 if b is None else np.ravel(b))
    functions = (*HIDDEN, *OUTPUT, *TWICE)
    return any(close(f.value(z), array) for array in named.values() if array.shape == z.shape for f in functions)


def _guesses(hidden: list[Candidate | None], count: int) -> list[list[Candidate]]:
    """Activations to try where they cannot be seen: one for all unseen layers; of two kinds if they are few."""
    seen = [*hidden, *[None] * (count - len(hidden))]
    guesses: list[list[Candidate]] = [[f or guess for f in seen] for guess in HIDDEN]
    if 1 < seen.count(None) <= 3:
        guesses += map(list, product(*([f] if f is not None else COMMON for f in seen)))
    return guesses if None in seen else guesses[:1]


def _wrong_output(
    exam: Examination, scores: Array, output: Array, z: dict[int, Array], a: dict[int, Array]
) -> Candidate | None:
    """The output is no activation of its scores, sample by sample: is it a softmax over, or of, something else?"""
    L = exam.layers
    made = [("z", l, z[l]) for l in z if l < L] + [("a", l, a[l]) for l in a]
    taken = any(close(array, output) for *_, array in made)  # then forward's output was mistaken for another array
    for f, (kind, layer, array) in product(OUTPUT, made):
        if not taken and close(f.value(array), output):
            own, last = exam.name(kind, layer), exam.name("z", L)
            exam.add(
                Quantity("a", L),
                f"the {f.name} is taken of {own} in place of {last}, so W{L} and b{L} are never used",
                f"the output is exactly the {f.name} of {own}",
                f"take the {f.name} of {last}",
            )
            exam.forward_matches = False
            return f
    with np.errstate(all="ignore"):
        e = np.exp(scores - scores.max())
        over_samples = np.exp(scores) / np.exp(scores).sum(axis=0)
    positive = bool((output > 0).all())
    whole = close(output, e / e.sum()) or (positive and close(output.sum(), 1.0))
    shares = positive and close(output.sum(axis=0), np.ones(output.shape[1]))
    if not (whole or shares or close(output, over_samples)):
        return None
    over = "all samples and classes together" if whole else "the samples of the batch"
    sums = ", ".join(f"{total:.3g}" for total in output.sum(axis=1)[:3])
    exam.add(
        Quantity("a", L),
        f"softmax is normalised over {over}, not over each sample's classes",
        f"the probabilities of the first samples sum to {sums}, not to 1",
        exam.layout.softmax_code,
    )
    exam.forward_matches = False
    return SOFTMAX
