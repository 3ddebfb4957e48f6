"""The small functions on their own: a softmax of large scores, a one-hot code of labels that lack a class."""

import inspect
import re
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import run

LARGE = 1000.0  # a score whose exponential is more than a float can hold


def examine_helpers(case: Case) -> None:
    """Try softmax and one_hot where they are there, or the whole forward pass with large scores where they are not."""
    if "softmax" in case.learner.functions:
        _examine_softmax(case)
    elif case.output is not None and case.output.name == "softmax":
        _examine_large_scores(case)
    if "one_hot" in case.learner.functions:
        _examine_one_hot(case)


def _examine_softmax(case: Case) -> None:
    scores = np.array([[LARGE, 0.0, -LARGE], [3.0, 2.0, 1.0]])
    scores = case.layout.own(scores) if case.layers else scores.T
    function = case.learner.functions["softmax"]
    ran = run(lambda: function(scores.copy()), case.learner.path)
    if ran.failure is not None:
        if "TypeError" not in ran.failure.error:
            case.fails("softmax", ran.failure, "a")
        return
    if not np.isfinite(np.asarray(ran.value, np.float64)).all():
        _overflows(case, f"softmax of the scores {LARGE:.0f}, 0, {-LARGE:.0f}", case.learner.line("softmax"))
    else:
        case.checked.append("softmax, also of scores as large as 1000")


def _examine_large_scores(case: Case) -> None:
    large: Any = case.parameters
    from pellucid.analysis.doctor.naming import Quantity, at, replaced

    path = case.where[Quantity("W", case.layers)]
    _, ran = case.forward(replaced(large, path, np.asarray(at(large, path)) * 1e5))
    if ran.failure is None:
        out = case.output_of(ran)
        if out is not None and not np.isfinite(out).all():
            _overflows(case, "the output for weights 100,000 times as large", case.learner.line("forward"))


def _overflows(case: Case, what: str, line: int | None) -> None:
    axis = 0 if case.layout.samples == "columns" else 1
    case.add(
        case.layers or None,
        "a",
        "softmax overflows for large scores: exp is infinite there, and inf / inf is no number",
        f"{'' if line is None else f'line {line}: '}{what} holds nan",
        f"E = np.exp(Z - Z.max(axis={axis}, keepdims=True)); return E / E.sum(axis={axis}, keepdims=True)",
    )


def _examine_one_hot(case: Case) -> None:
    """Labels of a batch that has no sample of the last class."""
    classes = case.sizes[-1] if case.layers else 4
    if classes < 2:
        return
    function, labels = case.learner.functions["one_hot"], np.arange(classes + 4) % (classes - 1)
    words = {"classes": classes, "y": labels}
    arguments: list[Any] = []
    for k, parameter in enumerate(inspect.signature(function).parameters.values()):
        word = meaning(parameter.name)
        if k == 0:
            arguments.append(labels)
        elif parameter.default is parameter.empty:
            arguments.append(words.get(word or "", classes))
    ran = run(lambda: function(*arguments), case.learner.path)
    if ran.failure is not None:
        case.fails("one_hot", ran.failure, "y")
        return
    shape = np.shape(ran.value)
    if len(shape) == 2 and classes - 1 in shape and classes not in shape:
        line = case.learner.line("one_hot")
        case.add(
            None,
            "y",
            "one_hot loses a class that the batch lacks: the highest label there decides how many classes there are",
            f"{'' if line is None else f'line {line}: '}labels 0 to {classes - 2} give shape {shape}, "
            f"but the network has {classes} outputs",
            f"def {case.learner.called('one_hot')}(Y, classes={classes}): {_one_hot_line(case)}",
        )
        return
    expected = case.layout.own(np.eye(classes)[labels])
    if shape == expected.shape and not close(ran.value, expected):
        case.add(
            None,
            "y",
            "one_hot does not put its ones where the labels say",
            f"labels {labels.tolist()}",
            _one_hot_line(case),
        )
    else:
        case.checked.append("one_hot, also of labels that lack a class")


def _one_hot_line(case: Case) -> str:
    return "return np.eye(classes)[Y].T" if case.layout.samples == "columns" else "return np.eye(classes)[Y]"


def looks_shuffled(text: str) -> bool:
    """Whether a piece of code brings something into another order.

    >>> looks_shuffled("np.random.shuffle(X)"), looks_shuffled("X / 255")
    (True, False)
    """
    return re.search(r"shuffle|permut|argsort|roll\(", text) is not None
