"""The small functions on their own: a softmax of large scores, a one-hot code of labels that lack a class."""

import inspect
import re
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import run

LARGE = 1000.0  # a score whose exponential is more than a float can hold


def examine_helpers(exam: Examination) -> None:
    """Try softmax and one_hot where they are there, or the whole forward pass with large scores where they are not."""
    if "softmax" in exam.functions:
        _examine_softmax(exam)
    elif exam.output is not None and exam.output.name == "softmax":
        _examine_large_scores(exam)
    if "one_hot" in exam.functions:
        _examine_one_hot(exam)


def _examine_softmax(exam: Examination) -> None:
    scores = np.array([[LARGE, 0.0, -LARGE], [3.0, 2.0, 1.0]])
    scores = exam.layout.own(scores) if exam.layers else scores.T
    function = exam.functions["softmax"]
    result = run(lambda: function(scores.copy()), exam.functions.path)
    if result.failure is not None:
        if "TypeError" not in result.failure.error:
            exam.add_failure("softmax", result.failure, "a")
        return
    if not np.isfinite(np.asarray(result.value, np.float64)).all():
        _overflows(exam, f"softmax of the scores {LARGE:.0f}, 0, {-LARGE:.0f}", exam.functions.line("softmax"))
    else:
        exam.checked.append("softmax, also of scores as large as 1000")


def _examine_large_scores(exam: Examination) -> None:
    large: Any = exam.parameters
    from pellucid.analysis.doctor.naming import Quantity, at, replaced

    path = exam.paths[Quantity("W", exam.layers)]
    _, result = exam.forward(replaced(large, path, np.asarray(at(large, path)) * 1e5))
    if result.failure is None:
        out = exam.output_of(result)
        if out is not None and not np.isfinite(out).all():
            _overflows(exam, "the output for weights 100,000 times as large", exam.functions.line("forward"))


def _overflows(exam: Examination, what: str, line: int | None) -> None:
    axis = 0 if exam.layout.samples == "columns" else 1
    exam.add(
        exam.layers or None,
        "a",
        "softmax overflows for large scores: exp is infinite there, and inf / inf is no number",
        f"{'' if line is None else f'line {line}: '}{what} holds nan",
        f"E = np.exp(Z - Z.max(axis={axis}, keepdims=True)); return E / E.sum(axis={axis}, keepdims=True)",
    )


def _examine_one_hot(exam: Examination) -> None:
    """Labels of a batch that has no sample of the last class."""
    classes = exam.sizes[-1] if exam.layers else 4
    if classes < 2:
        return
    function, labels = exam.functions["one_hot"], np.arange(classes + 4) % (classes - 1)
    words = {"classes": classes, "y": labels}
    arguments: list[Any] = []
    for k, parameter in enumerate(inspect.signature(function).parameters.values()):
        word = meaning(parameter.name)
        if k == 0:
            arguments.append(labels)
        elif parameter.default is parameter.empty:
            arguments.append(words.get(word or "", classes))
    result = run(lambda: function(*arguments), exam.functions.path)
    if result.failure is not None:
        exam.add_failure("one_hot", result.failure, "y")
        return
    shape = np.shape(result.value)
    if len(shape) == 2 and classes - 1 in shape and classes not in shape:
        line = exam.functions.line("one_hot")
        exam.add(
            None,
            "y",
            "one_hot loses a class that the batch lacks: the highest label there decides how many classes there are",
            f"{'' if line is None else f'line {line}: '}labels 0 to {classes - 2} give shape {shape}, "
            f"but the network has {classes} outputs",
            f"def {exam.functions.name_of('one_hot')}(Y, classes={classes}): {_one_hot_line(exam)}",
        )
        return
    expected = exam.layout.own(np.eye(classes)[labels])
    if shape == expected.shape and not close(result.value, expected):
        exam.add(
            None,
            "y",
            "one_hot does not put its ones where the labels say",
            f"labels {labels.tolist()}",
            _one_hot_line(exam),
        )
    else:
        exam.checked.append("one_hot, also of labels that lack a class")


def _one_hot_line(exam: Examination) -> str:
    return "return np.eye(classes)[Y].T" if exam.layout.samples == "columns" else "return np.eye(classes)[Y]"


def looks_shuffled(text: str) -> bool:
    """Whether a piece of code brings something into another order.

    >>> looks_shuffled("np.random.shuffle(X)"), looks_shuffled("X / 255")
    (True, False)
    """
    return re.search(r"shuffle|permut|argsort|roll\(", text) is not None
