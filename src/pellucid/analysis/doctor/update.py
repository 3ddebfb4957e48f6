"""The update: does each parameter move against its own gradient, by the learning rate times it?"""

from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, at, places, replaced
from pellucid.analysis.doctor.optimizer_state import add_states, global_rate, global_rates, takes_rate
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.analysis.doctor.training_loop import training_adds
from pellucid.analysis.doctor.user_gradients import forms_of, ordered

RATES = (0.1, 0.3)


def examine_update(exam: Examination, rng: np.random.Generator) -> None:
    """Give the update random gradients and two learning rates, and see how the parameters move."""
    if "update" not in exam.functions:
        if "train" not in exam.functions:  # else its own step is watched
            exam.notes.append("no update function was found: the step was not examined")
        return
    made = _gradients(exam, rng)
    if made is None:
        exam.notes.append("the update was not examined: backward gave no gradients to hand it")
        return
    words, gradients = made
    moves: list[dict[Quantity, Any]] = []
    states: list[str] = []
    for rate in RATES:
        available = exam.with_parameters(exam.parameters).extended(arrays=gradients, learning_rate=rate, **words)
        available.by_name.update(dict(words.get("named", {}).items()))
        states = add_states(exam, available)
        with global_rate(exam, rate):
            result = exam.functions.call("update", available)
        if result.failure is not None and states:
            exam.notes.append(f"the update was not examined: what it takes as {', '.join(states)} cannot be told")
            return
        if result.failure is not None:
            exam.add_failure("update", result.failure, "W")
            return
        moves.append(_moves(exam, result, states))
    before = len(exam.findings)
    downhill = {dq: -gradient for dq, gradient in gradients.items()} if exam.gradients_negated else gradients
    _examine_moves(exam, moves, downhill)
    if len(exam.findings) == before:
        exam.checked.append("the update: every parameter moves by −learning_rate × its own gradient")


def update_adds(exam: Examination) -> bool:
    """Whether the update adds what it is given, which is right if backward gives the gradients' negatives.

    Where there is none, the training function's own step is watched.
    """
    if "update" not in exam.functions:
        return training_adds(exam)
    trial = replace(exam, findings=[], checked=[], notes=[])
    examine_update(trial, np.random.default_rng(0))
    return trial.update_sign == -1


def _gradients(exam: Examination, rng: np.random.Generator) -> tuple[dict[str, Any], dict[Quantity, Any]] | None:
    """Random gradients, in the structure in which backward returned its own."""
    available, result = exam.forward()
    del available
    y, labels = targets(exam, np.random.default_rng(0))
    for _, form in ordered(exam, "backward", forms_of(exam, y, labels)):
        available, _ = exam.forward()
        result = exam.functions.call("backward", available.extended(y=form, one_hot=exam.layout.own(y)))
        if result.failure is None:
            break
    gradients: dict[Quantity, Any] = {
        Quantity("d" + q.kind, q.layer): rng.normal(size=np.shape(array)) for q, array in exam.arrays().items()
    }
    if result.failure is not None or result.value is None:
        return {}, gradients  # by name, it can be called all the same
    names = exam.functions.returns("backward", result)
    value = result.value
    for q, path in places(value, names, gradients=True).items():
        q = exam.resolved(q)
        if q in gradients:
            value = replaced(value, path, gradients[q])
    words: dict[str, Any] = {"gradients": value}
    if isinstance(value, tuple) and len(names) == len(value):
        words["named"] = {n: p for n, p in zip(names, value, strict=True) if n is not None}
    elif names and names[0] is not None:
        words["named"] = {names[0]: value}
    boxes = [part for part in value if isinstance(part, dict | list)] if isinstance(value, tuple) else []
    if len(boxes) == 1:
        words["gradients"] = boxes[0]
    return words, gradients


def _moves(exam: Examination, result: CallResult, states: list[str]) -> dict[Quantity, Any]:
    """How far each parameter moved, by the name under which it came back."""
    names = exam.functions.returns("update", result)
    value = result.value
    if isinstance(value, tuple) and len(names) == len(value) and states:
        kept = [(n, part) for n, part in zip(names, value, strict=True) if n not in states]
        names, value = [n for n, _ in kept], tuple(part for _, part in kept)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    found = {exam.resolved(q): path for q, path in places(value, names).items() if q.kind in "Wb"}
    if not found:  # the same structure as init's
        found = exam.paths
    after = {}
    for q, path in found.items():
        try:
            after[q] = at(value, path)
        except (KeyError, IndexError, TypeError):
            continue
    return {q: np.asarray(array) - np.asarray(exam.array(*q)) for q, array in after.items() if _fits(exam, q, array)}


def _fits(exam: Examination, q: Quantity, array: Any) -> bool:
    own = exam.array(*q)
    if own is None:
        return False
    try:
        np.broadcast_shapes(np.shape(own), np.shape(array))
    except ValueError:
        return False
    return True


def _examine_moves(exam: Examination, moves: list[dict[Quantity, Any]], gradients: dict[Quantity, Any]) -> None:
    low, high = moves
    right_way = [q for q, move in low.items() if _slope(move, gradients.get(_d(q))) is not None]
    signs = {q: np.sign(_slope(low[q], gradients[_d(q)]) or 0) for q in right_way}
    all_add = bool(signs) and all(sign > 0 for sign in signs.values())
    lost = [q for q in sorted(exam.paths) if q not in low]
    if low and lost:
        names = ", ".join(map(str, lost))
        line = exam.functions.line("update")
        evidence = f"{'' if line is None else f'line {line}: '}it returns {_names(low)}"
        exam.add(
            lost[0].layer, lost[0].kind, f"the update does not return {names}", evidence, f"move and return {names} too"
        )
    for q in sorted(exam.paths):
        line = exam.functions.line("update", str(q))
        place = "" if line is None else f"line {line}: "
        remedy = f"{q} = {q} - learning_rate * d{q}"
        name = str(q)
        if q not in low:
            continue
        move, gradient = low[q], gradients[_d(q)]
        if np.shape(move) != np.shape(gradient):
            continue
        if not np.any(move):
            exam.add(
                q.layer, q.kind, f"the update leaves {name} as it is", f"{place}{name} is the same after it", remedy
            )
        elif close(move, high[q]) and (takes_rate(exam) or global_rates(exam)):
            if "learning_rate" not in {f.quantity for f in exam.findings}:
                exam.add(
                    None,
                    "learning_rate",
                    "the learning rate never arrives: the update moves the parameters alike whatever it is",
                    f"{place}{name} moves by up to {np.abs(move).max():.4g} with rate {RATES[0]} as with {RATES[1]}",
                    remedy,
                )
        elif all_add or signs.get(q, 0) > 0:
            if all_add and any("wrong direction" in f.fault for f in exam.findings):
                continue
            exam.update_sign = -1 if all_add else 1
            which = "every parameter" if all_add else name
            exam.add(
                None if all_add else q.layer,
                "W" if all_add else q.kind,
                f"the update goes in the wrong direction: {which} moves along the gradient, so the loss grows",
                f"{place}{name} changes by +{_slope(move, gradient):.3g} × d{name}",
                remedy,
            )
        else:
            _examine_other(exam, q, move, gradients, place, remedy)


def _examine_other(
    exam: Examination, q: Quantity, move: Any, gradients: dict[Quantity, Any], place: str, remedy: str
) -> None:
    """A parameter that moves by another one's gradient."""
    if _slope(move, gradients[_d(q)]) is not None:
        return
    for dq, gradient in gradients.items():
        if _slope(move, gradient) is not None and np.size(move) > 1:
            exam.add(
                q.layer,
                q.kind,
                f"the update moves {q} by {dq} in place of d{q}",
                f"{place}its change is {_slope(move, gradient):.3g} × {dq}",
                remedy,
            )
            return
    for other, array in exam.arrays().items():
        after = np.asarray(exam.array(*q)) + move
        c = _slope(after - np.asarray(array), gradients[_d(other)]) if np.shape(after) == np.shape(array) else None
        if other != q and c is not None and np.size(move) > 1:
            exam.add(
                q.layer,
                q.kind,
                f"the update returns the new {other} in place of {q}",
                f"{place}it is {other} moved by d{other}",
                remedy,
            )
            return
    gradient = gradients[_d(q)]
    if np.size(move) > 3 and np.shape(move) == np.shape(gradient) and _cosine(move, gradient) > 0.5:
        exam.add(
            q.layer,
            q.kind,
            f"the update goes in the wrong direction: {q} moves along the gradient, so the loss grows",
            f"{place}the cosine between its change and d{q} is +{_cosine(move, gradient):.2f}",
            remedy,
        )
        return
    if not any("plain gradient descent" in text for text in exam.notes):
        exam.notes.append("the update is more than plain gradient descent: only its direction was examined")


def _slope(move: Any, gradient: Any) -> float | None:
    """The c with which move  = c · gradient, or None."""
    if gradient is None or np.shape(move) != np.shape(gradient):
        return None
    size = float(np.sum(gradient * gradient))
    c = float(np.sum(move * gradient)) / size if size else 0.0
    return c if c and close(move, c * gradient, 1e-6) else None


def _cosine(one: Any, other: Any) -> float:
    return float(np.sum(one * other) / (np.linalg.norm(one) * np.linalg.norm(other) + 1e-300))


def _d(q: Quantity) -> Quantity:
    return Quantity("d" + q.kind, q.layer)


def _names(found: Any) -> str:
    return ", ".join(str(q) for q in sorted(found))
