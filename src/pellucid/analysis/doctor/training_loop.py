"""The function that trains, run for a few steps on small data: does it get through, does its learning rate arrive?"""

import copy
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import all_arrays
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.inline_update import Step, StepRecorder, adds, examine_inline_step
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import CallResult, Failure, OnReturn, code_object, run
from pellucid.analysis.doctor.user_gradients import target_forms
from pellucid.core.arrays import AnyArray

BATCHES = 4  # the training function gets so many times the samples of the batch
EPOCHS = 3
RATE, OTHER_RATE = 0.05, 0.2
GIVEN = ("X", "y", "one hot", "learning rate", "epochs")  # where it has a default, too


def examine_training(exam: Examination, rng: np.random.Generator) -> None:
    """Run the training function with two learning rates, and watch which labels go with which inputs."""
    if not _has_training(exam):
        return
    X, y, first, steps = _first_run(exam, rng)
    if first is not None and first.failure is not None:
        _report_failure(exam, first.failure)
    elif first is not None:
        before = len(exam.findings)
        _examine_pairs(exam, first, X, y)
        _examine_rate(exam, X, y, first)
        if len(exam.findings) == before:
            exam.compared.append(f"{exam.functions.name_of('train')}, run for {EPOCHS} epochs on random data")
    if "update" not in exam.functions:
        examine_inline_step(exam, steps)


def training_adds(exam: Examination) -> bool:
    """Whether a training function that updates by itself adds what backward gives."""
    if not _has_training(exam) or "update" in exam.functions:
        return False
    *_, steps = _first_run(exam.without_findings(), np.random.default_rng(0))
    return adds(steps)


def _has_training(exam: Examination) -> bool:
    return "train" in exam.functions and exam.functions["train"] is not exam.functions["forward"]


def _first_run(exam: Examination, rng: np.random.Generator) -> tuple[AnyArray, AnyArray, CallResult | None, list[Step]]:
    """Train with each form of the targets until one goes through: the data, the result, and the first steps.

    If none goes through, the result is the first failure; it is None where the function cannot be called.
    """
    X, forms = _data(exam, rng)
    failed: CallResult | None = None
    for y in forms:
        recorder = StepRecorder(exam)
        result = _train(exam, X, y, RATE, recorder.on_return)
        if result is None or result.failure is None:
            return X, y, result, recorder.steps
        failed = failed or result
    return X, y, failed, []


def _report_failure(exam: Examination, failure: Failure) -> None:
    """An error in training may come from what was found before: then it needs no words of its own."""
    shown = any(f"line {failure.line}:" in f.evidence for f in exam.findings)
    if exam.findings and not shown:
        exam.notes.append(f"{exam.functions.name_of('train')} stops at {failure.text}")
    else:
        exam.add_failure("train", failure)


def _data(exam: Examination, rng: np.random.Generator) -> tuple[AnyArray, list[AnyArray]]:
    """Random data to train on, more than a batch, and its targets in the forms to try."""
    parts = [targets(exam, rng) for _ in range(BATCHES)]
    rows = np.concatenate([y for y, _ in parts])
    labels = None if parts[0][1] is None else np.concatenate([label for _, label in parts if label is not None])
    X = exam.layout.given(rng.random((BATCHES * exam.m, exam.sizes[0])) - 0.3)
    return X, target_forms(exam, "train", rows, labels)


def _train(exam: Examination, X: AnyArray, y: AnyArray, rate: float, on_return: OnReturn = None) -> CallResult | None:
    """Run the training function from the doctor's own parameters; None where it cannot be called."""
    functions = exam.functions
    available = AvailableValues(exam.arrays(), {}, exam.available.by_name).extended(
        X=X, y=y, one_hot=y, learning_rate=rate, epochs=EPOCHS, samples=exam.m, seed=0,
        sizes=exam.sizes, classes=exam.sizes[-1], parameters=exam.parameters,
    )  # fmt: skip
    given: dict[str, Any] = {}
    required = [parameter.name for parameter, _ in functions.required("train")]
    for parameter, name in functions.arguments("train"):
        if name in available and (parameter.name in required or meaning(name) in GIVEN):
            given[parameter.name] = copy.deepcopy(available[name])
        elif parameter.name in required:
            why = f"the doctor does not know what its argument {name!r} should be"
            exam.not_examined(functions.name_of("train"), why, "give it a name that tells, or a default")
            return None
    init, own_init = functions.name_of("init") if "init" in functions else "", functions.by_role.get("init")
    own = init in functions.namespace and functions.namespace[init] is own_init
    # every run starts alike, from well-chosen numbers
    alike = {init: lambda *_, **__: copy.deepcopy(exam.parameters)} if own else {}
    functions.draw_alike()
    watched = (code_object(functions["backward"]),)
    with functions.with_globals(alike):
        return run(lambda: functions["train"](**given), functions.path, watched, on_return)


def _examine_rate(exam: Examination, X: AnyArray, y: AnyArray, first: CallResult) -> None:
    known = any(f.quantity == "learning_rate" for f in exam.findings)
    if known or not exam.functions.takes("train", "learning rate"):
        return
    again, other = _train(exam, X, y, RATE), _train(exam, X, y, OTHER_RATE)
    if again is None or other is None or again.failure is not None or other.failure is not None:
        return
    # where it returns nothing, or draws its own random numbers, nothing can be said
    if _weights(first) and _alike(first, again) and _alike(first, other):
        update = exam.functions.name_of("update") if "update" in exam.functions else "update"
        exam.add(
            "learning_rate",
            f"the learning rate never arrives: {exam.functions.name_of('train')} learns the same whatever it is",
            f"{exam.functions.at_line('train')}{EPOCHS} epochs with {RATE} and with {OTHER_RATE} end at one place",
            f"hand it on: {update}(…, learning_rate)",
        )


def _weights(result: CallResult) -> list[AnyArray]:
    return [array for _, array in all_arrays(result.value) if array.dtype.kind == "f"]


def _alike(one: CallResult, other: CallResult) -> bool:
    """Whether two trainings return the same weights."""
    first, second = _weights(one), _weights(other)
    return len(first) == len(second) and all(close(a, b, 1e-12) for a, b in zip(first, second, strict=True))


def _examine_pairs(exam: Examination, result: CallResult, X: AnyArray, y: AnyArray) -> None:
    """Whether backward got, with each input, the label that belongs to it."""
    inputs = exam.layout.to_rows(X)
    labels = _rows_of(exam, y)
    place = {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(inputs))}
    arguments = [parameter.name for parameter, _ in exam.functions.arguments("backward")]
    wrong = total = 0
    for frame in result.local_variables:
        given = {meaning(name): frame[name] for name in arguments if meaning(name) in ("X", "y", "one hot")}
        x, t = given.get("X"), given.get("y", given.get("one hot"))
        if not isinstance(x, np.ndarray) or not isinstance(t, np.ndarray) or x.ndim != 2 or t.ndim != y.ndim:
            continue
        rows, given_labels = np.ascontiguousarray(exam.layout.to_rows(x)), _rows_of(exam, t)
        where = [place.get(row.tobytes(), -1) for row in rows]
        if -1 in where or rows.shape[1] != inputs.shape[1] or len(given_labels) != len(rows):
            continue
        same = (given_labels == labels[where]).reshape(len(rows), -1).all(axis=1)
        wrong, total = wrong + int((~same).sum()), total + len(rows)
    if wrong:
        exam.add(
            "y",
            "the labels are out of step with the inputs in training: backward gets inputs with the labels of others",
            f"{exam.functions.at_line('train')}{wrong} of {total} samples came with another sample's label",
            "shuffle both alike: order = rng.permutation(m), then X and Y both by order",
        )


def _rows_of(exam: Examination, y: AnyArray) -> AnyArray:
    return y if y.ndim == 1 else exam.layout.to_rows(y)
