"""The function that trains, run for a few steps on small data: does it get through, does its learning rate arrive?"""

import copy
import inspect
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.inline_update import Step, Steps, adds, examine_inline_step
from pellucid.analysis.doctor.naming import all_arrays, meaning
from pellucid.analysis.doctor.probe import targets
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import Failure, Ran, TooLongError, code_of, run
from pellucid.analysis.doctor.signatures import Pool
from pellucid.core.arrays import AnyArray

SIZES_SHARE = 4  # the driver gets so many times the samples of the batch
EPOCHS = 3


def examine_driver(case: Case, rng: np.random.Generator) -> None:
    """Run the training function with two learning rates, and watch which labels go with which inputs."""
    if not _has_driver(case):
        return
    steps = _examine_runs(case, rng)
    if "update" not in case.learner.functions:
        examine_inline_step(case, steps)


def driver_adds(case: Case) -> bool:
    """Whether a training function that updates by itself adds what backward gives."""
    if not _has_driver(case) or "update" in case.learner.functions:
        return False
    trial = replace(case, findings=[], checked=[], notes=[])
    X, forms = _data(trial, np.random.default_rng(0))
    for y in forms:
        steps = Steps(trial)
        ran = _train(trial, X, y, 0.05, steps)
        if ran is not None and ran.failure is None:
            return adds(steps.found)
    return False


def _has_driver(case: Case) -> bool:
    functions = case.learner.functions
    return "train" in functions and functions["train"] is not functions.get("forward")


def _examine_runs(case: Case, rng: np.random.Generator) -> list[Step]:
    """Run it as often as it takes; returns its first steps."""
    learner = case.learner
    X, forms = _data(case, rng)
    first: Ran | None = None
    for y in forms:
        steps = Steps(case)
        ran = _train(case, X, y, 0.05, steps)
        if ran is None:
            return []
        if ran.failure is None:
            first = ran
            break
        first = first or ran
    assert first is not None
    if first.failure is not None:
        _report(case, first.failure)
        return []
    before = len(case.findings)
    _examine_pairs(case, first, X, y)
    _examine_rate(case, X, y, first)
    if len(case.findings) == before:
        case.checked.append(f"{learner.called('train')}, run for {EPOCHS} epochs on random data")
    return steps.found


def _report(case: Case, failure: Failure) -> None:
    """An error in training is a finding of its own only where nothing found before may be its cause."""
    causes = [f for f in case.findings if not f.fault.endswith("is not defined")]
    shown = any(f"line {failure.line}:" in f.evidence for f in case.findings)
    if failure.kind is TooLongError or (causes and not shown and failure.kind is not NameError):
        said = "stops" if failure.kind is not TooLongError else "was stopped"
        case.notes.append(f"{case.learner.called('train')} {said} at {failure.text}")
    else:
        case.fails("train", failure, "training")


def _data(case: Case, rng: np.random.Generator) -> tuple[AnyArray, list[AnyArray]]:
    """Random data for the driver, more than a batch, and its targets in the forms to try."""
    m = case.m
    parts = [targets(case, rng) for _ in range(SIZES_SHARE)]
    rows = np.concatenate([y for y, _ in parts])
    X = case.layout.own(rng.random((SIZES_SHARE * m, case.sizes[0])) - 0.3)
    flat = np.ndim(case.output_of(case.ran)) == 1
    shaped = rows[:, 0] if flat else case.layout.own(rows)
    if parts[0][1] is None:
        return X, [shaped, rows[:, 0]] if case.sizes[-1] == 1 else [shaped]
    labels = np.concatenate([labels for _, labels in parts if labels is not None])
    return X, [labels, shaped] if case.sizes[-1] > 1 else [shaped, labels]


def _train(case: Case, X: AnyArray, y: AnyArray, rate: float, steps: Steps | None = None) -> Ran | None:
    learner = case.learner
    function = learner.functions["train"]
    words = {"X": X, "y": y, "one hot": y, "learning rate": rate, "epochs": EPOCHS, "samples": case.m, "seed": 0}
    words |= {"sizes": case.sizes, "classes": case.sizes[-1], "parameters": case.parameters}
    pool = Pool(case.arrays(), words, dict(case.pool.named))
    named: dict[str, Any] = {}
    globals_ = learner.names
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            continue
        known = (
            meaning(parameter.name) in ("X", "y", "one hot", "learning rate", "epochs")
            or parameter.default is parameter.empty
        )
        if parameter.name in pool and known:
            named[parameter.name] = copy.deepcopy(pool[parameter.name])
        elif parameter.default is parameter.empty:
            case.notes.append(
                f"{learner.called('train')} was not run: what its argument {parameter.name!r} is cannot be told"
            )
            return None
    init, name = learner.functions.get("init"), learner.called("init") if "init" in learner.functions else ""
    if name in globals_ and globals_[name] is init:  # so that every run starts alike, from well-chosen numbers
        globals_[name] = lambda *_, **__: copy.deepcopy(case.parameters)
    state = np.random.get_state()  # noqa: NPY002  (the learner's code draws from it)
    np.random.seed(0)  # noqa: NPY002
    try:
        watched = (code_of(learner.functions["backward"]),)
        return run(lambda: function(**named), learner.path, watched, None if steps is None else steps.see)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        if name in globals_:
            globals_[name] = init


def _examine_rate(case: Case, X: AnyArray, y: AnyArray, first: Ran) -> None:
    parameters = inspect.signature(case.learner.functions["train"]).parameters
    told = any(f.quantity == "learning_rate" for f in case.findings)
    if told or not any(meaning(name) == "learning rate" for name in parameters):
        return
    again, other = _train(case, X, y, 0.05), _train(case, X, y, 0.2)
    if again is None or other is None or again.failure is not None or other.failure is not None:
        return
    one, same, changed = (_weights(case, ran.value) for ran in (first, again, other))
    if not one or not _alike(one, same):  # returns nothing, or draws its own random numbers
        return
    if _alike(one, changed):
        update = case.learner.called("update") if "update" in case.learner.functions else "update"
        line = case.learner.line("train")
        case.add(
            None,
            "learning_rate",
            f"the learning rate never arrives: {case.learner.called('train')} learns the same whatever it is",
            f"{'' if line is None else f'line {line}: '}{EPOCHS} epochs with 0.05 and with 0.2 end at one place",
            f"hand it on: {update}(…, learning_rate)",
        )


def _weights(case: Case, value: Any) -> list[Any]:
    del case
    return [array for _, array in all_arrays(value) if array.dtype.kind == "f"]


def _alike(one: list[Any], other: list[Any]) -> bool:
    return len(one) == len(other) and all(close(a, b, 1e-12) for a, b in zip(one, other, strict=True))


def _examine_pairs(case: Case, ran: Ran, X: AnyArray, y: AnyArray) -> None:
    """Whether backward got, with each input, the label that belongs to it."""
    inputs = case.layout.rows(X)
    labels = _rows_of(case, y, len(inputs))
    place = {row.tobytes(): k for k, row in enumerate(np.ascontiguousarray(inputs))}
    arguments = inspect.signature(case.learner.functions["backward"]).parameters
    wrong = total = 0
    for frame in ran.frames:
        given = {meaning(name): frame[name] for name in arguments if meaning(name) in ("X", "y", "one hot")}
        x, t = given.get("X"), given.get("y", given.get("one hot"))
        if not isinstance(x, np.ndarray) or not isinstance(t, np.ndarray) or x.ndim != 2 or t.ndim != y.ndim:
            continue
        rows = np.ascontiguousarray(case.layout.rows(x))
        where = [place.get(row.tobytes(), -1) for row in rows]
        if -1 in where or rows.shape[1] != inputs.shape[1]:
            continue
        given_labels = _rows_of(case, t, len(rows))
        if given_labels is None or labels is None:
            continue
        same = (given_labels == labels[where]).reshape(len(rows), -1).all(axis=1)
        wrong, total = wrong + int((~same).sum()), total + len(rows)
    if wrong:
        line = case.learner.line("train")
        case.add(
            None,
            "y",
            "the labels are out of step with the inputs in training: backward gets inputs with the labels of others",
            f"{'' if line is None else f'line {line}: '}{wrong} of {total} samples came with another sample's label",
            "shuffle both alike: order = rng.permutation(m), then X and Y both by order",
        )


def _rows_of(case: Case, y: AnyArray, count: int) -> AnyArray | None:
    if y.ndim == 1:
        return y if len(y) == count else None
    rows = case.layout.rows(y)
    return rows if len(rows) == count else None
