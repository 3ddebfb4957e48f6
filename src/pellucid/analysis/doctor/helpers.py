"""The small functions on their own: a softmax of large scores, a one-hot code of labels that lack a class."""

import numpy as np

from pellucid.analysis.doctor.arrays import at, replaced
from pellucid.analysis.doctor.candidates import SOFTMAX
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, meaning
from pellucid.analysis.doctor.reference_network import close
from pellucid.analysis.doctor.sandbox import run

LARGE = 1000.0  # a score whose exponential is more than a float can hold


def examine_helpers(exam: Examination) -> None:
    """Try softmax and one_hot where they are there, or the whole forward pass with large scores where they are not."""
    if "softmax" in exam.functions:
        _examine_softmax(exam)
    elif exam.output is SOFTMAX:
        _examine_large_scores(exam)
    if "one_hot" in exam.functions:
        _examine_one_hot(exam)


def _examine_softmax(exam: Examination) -> None:
    scores = np.array([[LARGE, 0.0, -LARGE], [3.0, 2.0, 1.0]])
    scores = exam.layout.from_rows(scores) if exam.layers else scores.T
    function = exam.functions["softmax"]
    result = run(lambda: function(scores.copy()), exam.functions.path)
    if result.failure is not None and "TypeError" not in result.failure.error:
        exam.add_failure("softmax", result.failure)
    elif result.failure is None and np.isfinite(np.asarray(result.value, np.float64)).all():
        exam.compared.append("softmax, also of scores as large as 1000")
    elif result.failure is None:
        alone = run(
            lambda: function((scores[:, :1] if scores.shape == (3, 2) else scores[:1]).copy()), exam.functions.path
        )
        of = f"softmax of the scores {LARGE:.0f}, 0, {-LARGE:.0f} beside 3, 2, 1"
        _report_overflow(exam, "softmax", of, largest=not np.isfinite(np.asarray(alone.value, np.float64)).all())


def _examine_large_scores(exam: Examination) -> None:
    path = exam.paths[Quantity("W", exam.layers)]
    _, result = exam.forward(replaced(exam.parameters, path, np.asarray(at(exam.parameters, path)) * 1e5))
    out = None if result.failure is not None else exam.output_of(result)
    if out is not None and not np.isfinite(out).all():
        largest = exam.reference.z[-1].max(axis=1).argmax()  # the sample that has the largest score of all
        nan = not np.isfinite(exam.layout.to_rows(out)[largest]).all()
        if nan:  # with the user's own weights, nobody may ever meet it
            exam.notes.append(f"softmax overflows for scores above 709; safe for all is: {exam.layout.softmax_code}")
        else:
            _report_overflow(exam, "forward", "the output for weights 100,000 times as large", largest=False)


def _report_overflow(exam: Examination, role: str, what: str, *, largest: bool) -> None:
    """Softmax is no number: of the largest scores, or of others, from which the maximum of the batch is subtracted."""
    over = "softmax overflows for large scores: exp is infinite there, and inf / inf is no number"
    under = "softmax subtracts the maximum of the whole batch: of smaller scores, exp is 0, and 0 / 0 is no number"
    exam.add(
        "a",
        over if largest else under,
        f"{exam.functions.at_line(role)}{what} holds nan",
        exam.layout.softmax_code,
        layer=exam.layers or None,
    )


def _examine_one_hot(exam: Examination) -> None:
    """Labels of a batch that has no sample of the last class."""
    classes = exam.sizes[-1] if exam.layers and exam.sizes else 4  # of a network that could not be read
    if classes < 2:
        return
    function, labels = exam.functions["one_hot"], np.arange(classes + 4) % (classes - 1)
    others = [labels if meaning(name) == "y" else classes for _, name in exam.functions.required("one_hot")[1:]]
    result = run(lambda: function(labels, *others), exam.functions.path)
    shape, expected = np.shape(result.value), exam.layout.given(np.eye(classes)[labels])
    remedy = f"return np.eye(classes)[Y]{'.T' if exam.layout.columns else ''}"
    if result.failure is not None:
        exam.add_failure("one_hot", result.failure)
    elif len(shape) == 2 and classes - 1 in shape and classes not in shape:
        exam.add(
            "y",
            "one_hot loses a class that the batch lacks: the highest label there decides how many classes there are",
            f"{exam.functions.at_line('one_hot')}labels 0 to {classes - 2} give shape {shape}, "
            f"but the network has {classes} outputs",
            f"def {exam.functions.name_of('one_hot')}(Y, classes={classes}): {remedy}",
        )
    elif shape == expected.shape and not close(result.value, expected):
        exam.add("y", "one_hot does not put its ones where the labels say", f"labels {labels.tolist()}", remedy)
    else:
        exam.compared.append("one_hot, also of labels that lack a class")
