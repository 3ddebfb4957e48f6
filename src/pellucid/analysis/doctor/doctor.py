"""The doctor: examine a user's own network, part by part, and say what is wrong where."""

import ast
import random
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.backward import examine_backward
from pellucid.analysis.doctor.dataflow import examine_dataflow
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.forward import examine_forward
from pellucid.analysis.doctor.helpers import examine_helpers
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.probe import start
from pellucid.analysis.doctor.roles import assign_roles, find_functions
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.training_loop import examine_training
from pellucid.analysis.doctor.update import examine_update
from pellucid.analysis.doctor.user_data import as_rows, examine_data, find_data
from pellucid.analysis.doctor.user_file import bound, from_outside, read_code, used
from pellucid.analysis.finding import Finding
from pellucid.core.errors import InputError


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found: no findings, or one for each cause; ``checked`` is what was examined and is in order."""

    findings: list[Finding]
    checked: list[str]
    notes: list[str]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def __str__(self) -> str:
        lines = []
        for number, finding in enumerate(self.findings, start=1):
            place = "" if finding.layer is None else f"layer {finding.layer}: "
            lines += [f"{number}. {place}{finding.fault}", f"   {finding.evidence}", f"   remedy: {finding.remedy}"]
        if self.healthy:
            lines.append("healthy: " + "; ".join(self.checked))
        return "\n".join(lines)


def doctor(
    *,
    init: Callable[..., Any] | None = None,
    forward: Callable[..., Any] | None = None,
    backward: Callable[..., Any] | None = None,
    update: Callable[..., Any] | None = None,
    loss: Callable[..., Any] | None = None,
    X: Any = None,
    y: Any = None,
    samples: str | None = None,
    learning_rate: float = 0.1,
    **more: Any,
) -> Diagnosis:
    """Examine a user's own network: which layer's which gradient is wrong, and how.

    The functions are called with what their arguments' names ask for (``W1``, ``params``, ``X``, ``cache``, …). The
    gradients are compared with central differences (L(θ + h) − L(θ − h)) / 2h of the user's own loss, h = 1e-6; a
    wrong one is compared with what known mistakes would give.

    Args:
        init: makes the parameters; or give ``parameters=`` themselves.
        forward: parameters and X to the output, and whatever backward needs.
        backward: to the gradients, named or in the parameters' structure.
        update: a step of gradient descent.
        loss: the output and the targets to one number.
        X: the user's data, examined too if it is given together with ``y``.
        y: its labels (m,), or targets beside the outputs.
        samples: "rows" or "columns"; without it, what fits.
        learning_rate: that of the functions.
        more: ``train``, ``softmax``, ``one_hot``: functions; ``returns``: names of what a function returns;
            ``arguments``: what an argument means; ``sizes``: of the network that init makes.

    Raises:
        InputError: a function is missing, or an argument's name says nothing.

    >>> def init():
    ...     rng = np.random.default_rng(0)
    ...     W1 = rng.standard_normal((3, 5))
    ...     b1 = np.zeros((3, 1))
    ...     return W1, b1
    >>> def forward(W1, b1, X):
    ...     A1 = W1 @ X + b1
    ...     return A1
    >>> def backward(A1, X, Y):
    ...     dZ1 = (A1 - Y) / Y.shape[1]
    ...     dW1, db1 = dZ1 @ X.T, np.sum(dZ1)
    ...     return dW1, db1
    >>> print(doctor(init=init, forward=forward, backward=backward).findings[0].fault)
    db1: it is one number, summed over everything, for all outputs: each output needs its own
    """
    told = {"init": init, "forward": forward, "backward": backward, "update": update, "loss": loss, "X": X, "y": y}
    told |= {"samples": samples, "learning_rate": learning_rate, **more}
    return _examine(assign_roles({}, None, {key: value for key, value in told.items() if value is not None}))


def doctor_file(path: str) -> Diagnosis:
    """Examine the network in a Python file; raises InputError where the file cannot be used."""
    return _examine(find_functions(read_code(path)))


def _examine(functions: UserFunctions) -> Diagnosis:
    exam, rng = Examination(functions), np.random.default_rng(0)
    state, drawn = np.random.get_state(), random.getstate()  # noqa: NPY002  (the user's code draws from them)
    np.random.seed(0)  # noqa: NPY002
    names = functions.namespace
    before: Mapping[str, Any] = dict(names)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _parts(exam, rng)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(drawn)
        if functions.file is None:
            for name in set(names) - set(before):
                del names[name]
            names.update(before)
    notes = [*exam.notes, *(functions.file.notes if functions.file is not None else [])]
    return Diagnosis(exam.findings, exam.checked, list(dict.fromkeys(notes)))


def _parts(exam: Examination, rng: np.random.Generator) -> None:
    """Every part of the examination, in the order of causes."""
    examine_dataflow(exam)
    _prepare(exam)
    if not start(exam, rng):
        examine_helpers(exam)
        return
    if _is_for_one_output(exam):
        exam.file_sizes, exam.layouts = [*exam.sizes[:-1], 1], []
        start(exam, rng)
    _count_samples(exam)
    if exam.user_data is None and (found := _data(exam, exam.sizes[0])) is not None:
        exam.user_data = found
    _examine_forward(exam)
    exam.regression = exam.regression or (exam.output is not None and exam.output.name in ("identity", "tanh", "relu"))
    examine_helpers(exam)
    examine_backward(exam, rng)
    examine_update(exam, rng)
    examine_training(exam, rng)
    examine_data(exam, rng)


def _is_for_one_output(exam: Examination) -> bool:
    """Whether the loss of several outputs is a table of outputs by outputs: Y @ log(A).T is meant for one."""
    k = exam.sizes[-1]
    if k == 1 or "loss" not in exam.functions or "sizes" in exam.functions.options:
        return False
    y = exam.layout.own(np.eye(k)[np.arange(exam.m) % k])
    available, _ = exam.forward()
    try:
        result = exam.functions.call("loss", available.extended(y=y, one_hot=y))
    except InputError:
        return False
    return result.failure is None and np.shape(result.value) == (k, k)


def _examine_forward(exam: Examination) -> None:
    """Square weights can be read two ways: the right one is that in which the forward pass is sound."""
    for layout, sizes, X, result in exam.layouts if len(exam.layouts) > 1 else []:
        trial = replace(
            exam,
            findings=[],
            checked=[],
            notes=[],
            user_names={},
            layout=layout,
            sizes=sizes,
            X=X,
            forward_result=result,
        )
        examine_forward(trial)
        if trial.forward_matches:
            exam.layout, exam.sizes, exam.X, exam.forward_result = layout, sizes, X, result
            break
    examine_forward(exam)


def _prepare(exam: Examination) -> None:
    """Give the user's functions the global names that they read, and find the data."""
    file = exam.functions.file
    if file is not None:
        training_functions = [exam.functions.name_of("train")] if "train" in exam.functions else []
        wanted = {name for node in file.definitions.values() for name in from_outside(node)} - set(file.definitions)
        for failure in file.run_needed(wanted, never=training_functions):
            file.notes.append(f"not run: {failure.text}")
    exam.user_data = _data(exam, None)
    if exam.user_data is not None:
        y = exam.user_data[1]
        exam.regression = y.dtype.kind == "f" and not np.isin(y, (0, 1)).all() and not (y == np.round(y)).all()


def _data(exam: Examination, inputs: int | None) -> Any:
    found = find_data(exam.functions)
    if found is None:
        return None
    return as_rows(exam.functions, *found, inputs)


def _count_samples(exam: Examination) -> None:
    """A global count of samples, such as m, must be that of the training samples; here it becomes the batch's."""
    file = exam.functions.file
    if file is None:
        return
    read = {name for node in file.definitions.values() for name in used(node)}
    local = {a.arg for node in file.definitions.values() for a in node.args.args}
    for name in sorted(read - local):
        if meaning(name) != "samples" or any(name in _assigned(node) for node in file.definitions.values()):
            continue
        value = file.namespace.get(name)
        count = None if exam.user_data is None else len(exam.user_data[0])
        if value is None:
            _count_rows_set_aside(exam, name)
        elif isinstance(value, int) and count is not None and value != count:
            line = file.line_of(name)
            exam.add(
                None,
                "dW",
                f"{name} counts {value - count:,} samples that are not trained on: 1/{name} is the wrong 1/m"
                if value > count
                else f"{name} counts only some of the samples: 1/{name} is the wrong 1/m",
                f"{'' if line is None else f'line {line}: '}{name} = {value:,}, but training gets {count:,} samples: "
                f"every gradient is {count / value:.4g} times the right one",
                f"{name} = X.shape[{0 if exam.layout.samples == 'rows' else 1}], of the X that backward is given",
            )
        file.namespace[name] = exam.m


def _count_rows_set_aside(exam: Examination, name: str) -> None:
    """The same, where the data cannot be had and the text alone says that only a part of the rows is trained on."""
    file = exam.functions.file
    assert file is not None
    text = ast.unparse(file.tree)
    source = re.search(rf"^\s*{name}\b[^=\n]*= (?:len\()?(\w+)(?:\.shape|\)$)", text, re.MULTILINE)
    part = source and re.search(rf"= {source[1]}\[([1-9]\d*):", text)
    if source and part:
        line = file.line_of(name)
        exam.add(
            None,
            "dW",
            f"{name} counts samples that are not trained on, the first {part[1]} rows of {source[1]}: the wrong m",
            f"{'' if line is None else f'line {line}: '}{name} counts all rows of {source[1]}",
            f"{name} = X.shape[{0 if exam.layout.samples == 'rows' else 1}], of the X that backward is given",
        )


def _assigned(node: Any) -> set[str]:
    return bound(node)
