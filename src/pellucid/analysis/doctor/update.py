"""The update: does each parameter move against its own gradient, by the learning rate times it?"""

import ast
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays, array_paths, at, replaced, with_arrays
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.inline_update import descent, report_uphill
from pellucid.analysis.doctor.naming import Quantity, quantity
from pellucid.analysis.doctor.optimizer_state import add_states, global_rates
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import close, factor
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.analysis.doctor.training_loop import training_adds
from pellucid.analysis.doctor.user_gradients import target_forms
from pellucid.core.errors import InputError

RATES = (0.1, 0.3)


def examine_update(exam: Examination, rng: np.random.Generator) -> None:
    """Give the update random gradients and two learning rates, and see how the parameters move."""
    if "update" not in exam.functions:
        if "train" not in exam.functions and not exam.functions.free_rate:  # else its own step is watched
            exam.not_examined("the update", "no function looks like it", "give update=…")
        return
    node = exam.functions.definition("update")
    if node is not None and _changes_nothing(node):
        fault = f"{exam.functions.name_of('update')} changes nothing: it only gives new values to names of its own"
        evidence = f"{exam.functions.at_line('update')}it returns nothing, and those names end with it"
        exam.add("W", fault, evidence, "return the new parameters, and take them where it is called")
        return
    gradients = _random_gradients(exam, rng)
    available, guessed = _with_gradients(exam, gradients)
    moves: list[Arrays] = []
    for rate in RATES:
        result, states = _run_update(exam, available, rate)
        if result.failure is not None and states:
            unknown = ", ".join(states)
            why = f"the doctor does not know what {unknown} should be"
            exam.not_examined(exam.functions.name_of("update"), why, "give them names that tell, or first values")
        elif result.failure is not None:
            exam.add_failure("update", result.failure)
        if result.failure is not None:
            return
        moves.append(_moves(exam, result, states))
    if states and not any(np.any(move) for move in moves[0].values()):
        why = f"the doctor does not know what {', '.join(states)} should be"
        exam.not_examined(exam.functions.name_of("update"), why, "give them names that tell, or first values")
        return
    before = len(exam.findings)
    _examine_moves(exam, moves, {q: -g if exam.gradients_negated else g for q, g in gradients.items()})
    if guessed and len(exam.findings) > before:
        del exam.findings[before:]
        why = "backward gave no gradients to hand it"
        exam.not_examined(exam.functions.name_of("update"), why, "mend backward first")
    elif len(exam.findings) == before:
        exam.compared.append("the update: every parameter moves by −learning_rate × its own gradient")


def _changes_nothing(node: ast.FunctionDef) -> bool:
    """Whether a function returns nothing, and only gives new values to its own names, as in W1 = W1 - …."""
    parts = list(ast.walk(node))
    if any(isinstance(part, ast.Return | ast.Global | ast.Nonlocal | ast.AugAssign | ast.Delete) for part in parts):
        return False
    stored = [part for part in parts if isinstance(getattr(part, "ctx", None), ast.Store)]
    taken = {
        argument.arg for argument in node.args.args if (q := quantity(argument.arg)) is not None and q.kind in "Wb"
    }
    moved = {part.id for part in stored if isinstance(part, ast.Name)} & taken
    calls = [ast.unparse(part.func) for part in parts if isinstance(part, ast.Call)]
    in_place = any("out=" in ast.unparse(part) for part in parts if isinstance(part, ast.Call))
    plain = all(isinstance(part, ast.Name | ast.Tuple | ast.List) for part in stored)
    return bool(moved) and plain and not in_place and all(call.startswith(("np.", "numpy.")) for call in calls)


def update_adds(exam: Examination) -> bool:
    """Whether the update adds what it is given, which is right if backward gives the gradients' negatives.

    Where there is none, the training function's own step is watched.
    """
    if "update" not in exam.functions:
        return training_adds(exam)
    gradients = _random_gradients(exam, np.random.default_rng(0))
    available, _ = _with_gradients(exam, gradients)
    result, states = _run_update(exam, available, RATES[0])
    return result.failure is None and _all_uphill(_moves(exam, result, states), gradients)


def _random_gradients(exam: Examination, rng: np.random.Generator) -> Arrays:
    return {q.gradient: rng.normal(size=np.shape(array)) for q, array in exam.arrays().items()}


def _with_gradients(exam: Examination, gradients: Arrays) -> tuple[AvailableValues, bool]:
    """What the update may take: these gradients too, in the structure in which backward returns its own.

    Where backward returns none, it is that of the parameters; True beside it says that the update takes this guess.
    """
    y, labels = targets(exam, np.random.default_rng(0))
    result = CallResult()
    for form in target_forms(exam, "backward", y, labels):
        try:
            result = exam.functions.call("backward", exam.with_targets(exam.forward()[0], form, y))
        except InputError:
            break
        if result.failure is None:
            break
    available = exam.with_parameters(exam.parameters).extended(arrays=gradients)
    value = result.value
    if result.failure is not None or value is None:
        box = with_arrays(exam.parameters, exam.paths, lambda q, _: gradients[q.gradient])
        box = {**box, **{f"d{key}": part for key, part in box.items()}} if isinstance(box, dict) else box
        return available.extended(gradients=box), exam.functions.takes("update", "gradients")
    names = exam.functions.returns("backward", result)
    for q, path in array_paths(value, names, gradients=True).items():
        if (q := exam.resolved(q)) in gradients:
            value = replaced(value, path, gradients[q])
    parts = value if isinstance(value, tuple) and len(names) == len(value) else (value,)
    available.by_name.update({name: part for name, part in zip(names, parts, strict=False) if name is not None})
    boxes = [part for part in value if isinstance(part, dict | list)] if isinstance(value, tuple) else []
    return available.extended(gradients=boxes[0] if len(boxes) == 1 else value), False


def _run_update(exam: Examination, available: AvailableValues, rate: float) -> tuple[CallResult, list[str]]:
    """The update's result, and the arguments in which it keeps an optimiser's state."""
    available = available.extended(learning_rate=rate)
    states = add_states(exam, available)
    with exam.functions.with_globals(dict.fromkeys(global_rates(exam), rate)):
        return exam.functions.call("update", available), states


def _moves(exam: Examination, result: CallResult, states: list[str]) -> Arrays:
    """How far each parameter moved, by the name under which it came back."""
    names, value = exam.functions.returns("update", result), result.value
    if isinstance(value, tuple) and len(names) == len(value) and states:
        kept = [(n, part) for n, part in zip(names, value, strict=True) if n not in states]
        names, value = [n for n, _ in kept], tuple(part for _, part in kept)
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    found = {exam.resolved(q): path for q, path in array_paths(value, names).items() if q.kind in "Wb"}
    moves = {}
    for q, path in (found or exam.paths).items():  # without names, the same structure as init's
        try:
            moves[q] = np.asarray(at(value, path)) - np.asarray(exam.array(*q))
        except (KeyError, IndexError, TypeError, ValueError):
            continue
    return moves


def _all_uphill(moves: Arrays, gradients: Arrays) -> bool:
    """Whether every parameter that moves by a multiple of its gradient moves along it."""
    factors = [c for q, move in moves.items() if (c := factor(move, gradients[q.gradient])) is not None]
    return bool(factors) and all(c > 0 for c in factors)


def _examine_moves(exam: Examination, moves: list[Arrays], gradients: Arrays) -> None:
    low, high = moves
    lost = [q for q in sorted(exam.paths) if q not in low]
    if low and lost:
        names = ", ".join(map(str, lost))
        evidence = f"{exam.functions.at_line('update')}it returns {', '.join(map(str, sorted(low)))}"
        exam.add(lost[0], f"the update does not return {names}", evidence, f"move and return {names} too")
    all_uphill = _all_uphill(low, gradients)
    takes_rate = exam.functions.takes("update", "learning rate") or bool(global_rates(exam))
    uphill: dict[Quantity, str] = {}
    for q in sorted(low):
        move, gradient = low[q], gradients[q.gradient]
        if np.shape(move) != np.shape(gradient):
            continue
        place, c = exam.functions.at_line("update", str(q)), factor(move, gradient)
        if not np.any(move):
            exam.add(q, f"the update leaves {q} as it is", f"{place}{q} is the same after it", descent(q))
        elif close(move, high[q]) and takes_rate:
            if "learning_rate" not in {f.quantity for f in exam.findings}:
                exam.add(
                    "learning_rate",
                    "the learning rate never arrives: the update moves the parameters alike whatever it is",
                    f"{place}{q} moves by up to {np.abs(move).max():.4g} with rate {RATES[0]} as with {RATES[1]}",
                    descent(q),
                )
        elif c is not None and c > 0:
            uphill[q] = f"{place}{q} changes by +{c:.3g} × {q.gradient}"
        elif c is None and (along := _examine_other(exam, q, move, gradients, place)):
            uphill[q] = along
    if uphill:
        report_uphill(exam, list(uphill), next(iter(uphill.values())), every=all_uphill)


def _examine_other(exam: Examination, q: Quantity, move: Any, gradients: Arrays, place: str) -> str:
    """A parameter that moves by no multiple of its own gradient: evidence that it moves along it, or nothing."""
    several = np.size(move) > 1
    for other, gradient in gradients.items():
        c = factor(move, gradient)
        if c is not None and several:
            fault = f"the update moves {q} by {other} in place of {q.gradient}"
            exam.add(q, fault, f"{place}its change is {c:.3g} × {other}", descent(q))
            return ""
    after = np.asarray(exam.array(*q)) + move
    for other, array in exam.arrays().items():
        same = other != q and np.shape(after) == np.shape(array)
        if same and several and factor(after - np.asarray(array), gradients[other.gradient]) is not None:
            fault = f"the update returns the new {other} in place of {q}"
            exam.add(q, fault, f"{place}it is {other} moved by {other.gradient}", descent(q))
            return ""
    gradient = gradients[q.gradient]
    cosine = float(np.sum(move * gradient) / (np.linalg.norm(move) * np.linalg.norm(gradient) + 1e-300))
    if np.size(move) > 3 and cosine > 0.5:
        return f"{place}the cosine between its change and {q.gradient} is +{cosine:.2f}"
    if not any("plain gradient descent" in text for text in exam.notes):
        exam.notes.append("the update is more than plain gradient descent: only its direction was examined")
    return ""
