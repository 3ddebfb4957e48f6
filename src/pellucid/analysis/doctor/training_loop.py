"""The function that trains, run for a few steps on small data: does it get through, does its learning rate arrive?"""

import copy
import inspect
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.inline_update import Step, Steps, adds, examine_inline_step
from pellucid.analysis.doctor.naming import all_arrays, meaning
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import CallResult, Failure, TooLongError, code_object, run
from pellucid.analysis.doctor.signatures import AvailableValues
from pellucid.core.arrays import AnyArray

SIZES_SHARE = 4  # the train gets so many times the samples of the batch
EPOCHS = 3


def examine_training(exam: Examination, rng: np.random.Generator) -> None:
    """Run the training function with two learning rates, and watch which labels go with which inputs."""
    if not _has_training(exam):
        return
    steps = _examine_runs(exam, rng)
    if "update" not in exam.functions:
        examine_inline_step(exam, steps)


def training_adds(exam: Examination) -> bool:
    """Whether a training function that updates by itself adds what backward gives."""
    if not _has_training(exam) or "update" in exam.functions:
        return False
    trial = replace(exam, findings=[], checked=[], notes=[])
    X, forms = _data(trial, np.random.default_rng(0))
    for y in forms:
        steps = Steps(trial)
        result = _train(trial, X, y, 0.05, steps)
        if result is not None and result.failure is None:
            return adds(steps.found)
    return False


def _has_training(exam: Examination) -> bool:
    functions = exam.functions
    return "train" in functions and functions["train"] is not functions["forward"]


def _examine_runs(exam: Examination, rng: np.random.Generator) -> list[Step]:
    """Run it as often as it takes; returns its first steps."""
    functions = exam.functions
    X, forms = _data(exam, rng)
    first: CallResult | None = None
    for y in forms:
        steps = Steps(exam)
        result = _train(exam, X, y, 0.05, steps)
        if result is None:
            return []
        if result.failure is None:
            first = result
            break
        first = first or result
    assert first is not None
    if first.failure is not None:
        _report(exam, first.failure)
        return []
    before = len(exam.findings)
    _examine_pairs(exam, first, X, y)
    _examine_rate(exam, X, y, first)
    if len(exam.findings) == before:
        exam.checked.append(f"{functions.name_of('train')}, run for {EPOCHS} epochs on random data")
    return steps.found


def _report(exam: Examination, failure: Failure) -> None:
    """An error in training is a finding of its own only where nothing found before may be its cause."""
    causes = [f for f in exam.findings if not f.fault.endswith("is not defined")]
    shown = any(f"line {failure.line}:" in f.evidence for f in exam.findings)
    if failure.kind is TooLongError or (causes and not shown and failure.kind is not NameError):
        said = "stops" if failure.kind is not TooLongError else "was stopped"
        exam.notes.append(f"{exam.functions.name_of('train')} {said} at {failure.text}")
    else:
        exam.add_failure("train", failure, "training")


def _data(exam: Examination, rng: np.random.Generator) -> tuple[AnyArray, list[AnyArray]]:
    """Random data for the train, more than a batch, and its targets in the forms to try."""
    m = exam.m
    parts = [targets(exam, rng) for _ in range(SIZES_SHARE)]
    rows = np.concatenate([y for y, _ in parts])
    X = exam.layout.own(rng.random((SIZES_SHARE * m, exam.sizes[0])) - 0.3)
    flat = np.ndim(exam.output_of(exam.forward_result)) == 1
    shaped = rows[:, 0] if flat else exam.layout.own(rows)
    if parts[0][1] is None:
        return X, [shaped, rows[:, 0]] if exam.sizes[-1] == 1 else [shaped]
    labels = np.concatenate([labels for _, labels in parts if labels is not None])
    return X, [labels, shaped] if exam.sizes[-1] > 1 else [shaped, labels]


def _train(exam: Examination, X: AnyArray, y: AnyArray, rate: float, steps: Steps | None = None) -> CallResult | None:
    functions = exam.functions
    function = functions["train"]
    words = {"X": X, "y": y, "one hot": y, "learning rate": rate, "epochs": EPOCHS, "samples": exam.m, "seed": 0}
    words |= {"sizes": exam.sizes, "classes": exam.sizes[-1], "parameters": exam.parameters}
    available = AvailableValues(exam.arrays(), words, dict(exam.available.by_name))
    named: dict[str, Any] = {}
    globals_ = functions.namespace
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        known = (
            meaning(parameter.name) in ("X", "y", "one hot", "learning rate", "epochs")
            or parameter.default is parameter.empty
        )
        if parameter.name in available and known:
            named[parameter.name] = copy.deepcopy(available[parameter.name])
        elif parameter.default is parameter.empty:
            exam.notes.append(
                f"{functions.name_of('train')} was not run: what its argument {parameter.name!r} is cannot be told"
            )
            return None
    init, name = functions.by_role.get("init"), functions.name_of("init") if "init" in functions else ""
    if name in globals_ and globals_[name] is init:  # so that every run starts alike, from well-chosen numbers
        globals_[name] = lambda *_, **__: copy.deepcopy(exam.parameters)
    state = np.random.get_state()  # noqa: NPY002  (the user's code draws from it)
    np.random.seed(0)  # noqa: NPY002
    try:
        watched = (code_object(functions["backward"]),)
        return run(lambda: function(**named), functions.path, watched, None if steps is None else steps.see)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        if name in globals_:
            globals_[name] = init


def _examine_rate(exam: Examination, X: AnyArray, y: AnyArray, first: CallResult) -> None:
    parameters = inspect.signature(exam.functions["train"]).parameters
    told = any(f.quantity == "learning_rate" for f in exam.findings)
    if told or not any(meaning(name) == "learning rate" for name in parameters):
        return
    again, other = _train(exam, X, y, 0.05), _train(exam, X, y, 0.2)
    if again is None or other is None or again.failure is not None or other.failure is not None:
        return
    one, same, changed = (_weights(exam, result.value) for result in (first, again, other))
    if not one or not _alike(one, same):  # returns nothing, or draws its own random numbers
        return
    if _alike(one, changed):
        update = exam.functions.name_of("update") if "update" in exam.functions else "update"
        line = exam.functions.line("train")
        exam.add(
            None,
            "learning_rate",
            f"the learning rate never arrives: {exam.functions.name_of('train')} learns the same whatever it is",
            f"{'' if line is None else f'line {line}: '}{EPOCHS} epochs with 0.05 and with 0.2 end at one place",
            f"hand it on: {update}(…, learning_rate)",
        )


def _weights(exam: Examination, value: Any) -> list[Any]:
    del exam
    return [array for _, array in all_arrays(value) if array.dtype.kind == "f"]


def _alike(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(close(a, b, 1e-12) for a, b in zip(one, other, strict=True))


def _examine_pairs(exam: Examination, result: CallResult, X: AnyArray, y: AnyArray) -> None:
    """Whether backward got, with each input, the label that belongs to it."""
    inputs = exam.layout.rows(X)
    labels = _rows_of(exam, y, len(inputs))
    place = {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(inputs))}
    arguments = inspect.signature(exam.functions["backward"]).parameters
    wrong = total = 0
    for frame in result.local_variables:
        given = {meaning(name): frame[name] for name in arguments if meaning(name) in ("X", "y", "one hot")}
        x, t = given.get("X"), given.get("y", given.get("one hot"))
        if not isinstance(x, np.ndarray) or not isinstance(t, np.ndarray) or x.ndim != 2 or t.ndim != y.ndim:
            continue
        rows = np.ascontiguousarray(exam.layout.rows(x))
        where = [place.get(row.tobytes(), -1) for row in rows]
        if -1 in where or rows.shape[1] != inputs.shape[1]:
            continue
        given_labels = _rows_of(exam, t, len(rows))
        if given_labels is None or labels is None:
            continue
        same = (given_labels == labels[where]).reshape(len(rows), -1).all(axis=1)
        wrong, total = wrong + int((~same).sum()), total + len(rows)
    if wrong:
        line = exam.functions.line("train")
        exam.add(
            None,
            "y",
            "the labels are out of step with the inputs in training: backward gets inputs with the labels of others",
            f"{'' if line is None else f'line {line}: '}{wrong} of {total} samples came with another sample's label",
            "shuffle both alike: order = rng.permutation(m), then X and Y both by order",
        )


def _rows_of(exam: Examination, y: AnyArray, count: int) -> AnyArray | None:
    if y.ndim == 1:
        return y if len(y) == count else None
    rows = exam.layout.rows(y)
    return rows if len(rows) == count else None
