"""The doctor: examine a learner's own network, part by part, and say what is wrong where."""

import ast
import random
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.backward import examine_backward
from pellucid.analysis.doctor.dataflow import examine_wiring
from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.forward import examine_forward
from pellucid.analysis.doctor.helpers import examine_helpers
from pellucid.analysis.doctor.naming import meaning
from pellucid.analysis.doctor.probe import start
from pellucid.analysis.doctor.roles import learner_in, make_learner
from pellucid.analysis.doctor.signatures import Learner
from pellucid.analysis.doctor.training_loop import examine_driver
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
    """Examine a learner's own network: which layer's which gradient is wrong, and how.

    The functions are called with what their arguments' names ask for (``W1``, ``params``, ``X``, ``cache``, …). The
    gradients are compared with central differences (L(θ + h) − L(θ − h)) / 2h of the learner's own loss, h = 1e-6; a
    wrong one is compared with what known mistakes would give.

    Args:
        init: makes the parameters; or give ``parameters=`` themselves.
        forward: parameters and X to the output, and whatever backward needs.
        backward: to the gradients, named or in the parameters' structure.
        update: a step of gradient descent.
        loss: the output and the targets to one number.
        X: the learner's data, examined too if it is given together with ``y``.
        y: its labels (m,), or targets beside the outputs.
        samples: "rows" or "columns"; without it, what fits.
        learning_rate: that of the learner.
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
    return _examine(make_learner({}, None, {key: value for key, value in told.items() if value is not None}))


def doctor_file(path: str) -> Diagnosis:
    """Examine the network in a Python file; raises InputError where the file cannot be used."""
    return _examine(learner_in(read_code(path)))


def _examine(learner: Learner) -> Diagnosis:
    case, rng = Case(learner), np.random.default_rng(0)
    state, drawn = np.random.get_state(), random.getstate()  # noqa: NPY002  (the learner's code draws from them)
    np.random.seed(0)  # noqa: NPY002
    names = learner.names
    before: Mapping[str, Any] = dict(names)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _parts(case, rng)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(drawn)
        if learner.code is None:
            for name in set(names) - set(before):
                del names[name]
            names.update(before)
    notes = [*case.notes, *(learner.code.notes if learner.code is not None else [])]
    return Diagnosis(case.findings, case.checked, list(dict.fromkeys(notes)))


def _parts(case: Case, rng: np.random.Generator) -> None:
    """Every part of the examination, in the order of causes."""
    examine_wiring(case)
    _prepare(case)
    if not start(case, rng):
        examine_helpers(case)
        return
    if _is_for_one_output(case):
        case.layers_asked, case.ways = [*case.sizes[:-1], 1], []
        start(case, rng)
    _count_samples(case)
    if case.training is None and (found := _data(case, case.sizes[0])) is not None:
        case.training = found
    _examine_forward(case)
    case.values = case.values or (case.output is not None and case.output.name in ("identity", "tanh", "relu"))
    examine_helpers(case)
    examine_backward(case, rng)
    examine_update(case, rng)
    examine_driver(case, rng)
    examine_data(case, rng)


def _is_for_one_output(case: Case) -> bool:
    """Whether the loss of several outputs is a table of outputs by outputs: Y @ log(A).T is meant for one."""
    k = case.sizes[-1]
    if k == 1 or "loss" not in case.learner.functions or "sizes" in case.learner.about:
        return False
    y = case.layout.own(np.eye(k)[np.arange(case.m) % k])
    pool, _ = case.forward()
    try:
        ran = case.learner.call("loss", pool.having(y=y, one_hot=y))
    except InputError:
        return False
    return ran.failure is None and np.shape(ran.value) == (k, k)


def _examine_forward(case: Case) -> None:
    """Square weights can be read two ways: the right one is that in which the forward pass is sound."""
    for layout, sizes, X, ran in case.ways if len(case.ways) > 1 else []:
        trial = replace(case, findings=[], checked=[], notes=[], labels={}, layout=layout, sizes=sizes, X=X, ran=ran)
        examine_forward(trial)
        if trial.sound:
            case.layout, case.sizes, case.X, case.ran = layout, sizes, X, ran
            break
    examine_forward(case)


def _prepare(case: Case) -> None:
    """Give the learner's functions the global names that they read, and find the data."""
    code = case.learner.code
    if code is not None:
        drivers = [case.learner.called("train")] if "train" in case.learner.functions else []
        wanted = {name for node in code.functions.values() for name in from_outside(node)} - set(code.functions)
        for failure in code.need(wanted, never=drivers):
            code.notes.append(f"not run: {failure.text}")
    case.training = _data(case, None)
    if case.training is not None:
        y = case.training[1]
        case.values = y.dtype.kind == "f" and not np.isin(y, (0, 1)).all() and not (y == np.round(y)).all()


def _data(case: Case, inputs: int | None) -> Any:
    found = find_data(case.learner)
    if found is None:
        return None
    return as_rows(case.learner, *found, inputs)


def _count_samples(case: Case) -> None:
    """A global count of samples, such as m, must be that of the training samples; here it becomes the batch's."""
    code = case.learner.code
    if code is None:
        return
    read = {name for node in code.functions.values() for name in used(node)}
    local = {a.arg for node in code.functions.values() for a in node.args.args}
    for name in sorted(read - local):
        if meaning(name) != "samples" or any(name in _assigned(node) for node in code.functions.values()):
            continue
        value = code.names.get(name)
        count = None if case.training is None else len(case.training[0])
        if value is None:
            _count_rows_set_aside(case, name)
        elif isinstance(value, int) and count is not None and value != count:
            line = code.line_of(name)
            case.add(
                None,
                "dW",
                f"{name} counts {value - count:,} samples that are not trained on: 1/{name} is the wrong 1/m"
                if value > count
                else f"{name} counts only some of the samples: 1/{name} is the wrong 1/m",
                f"{'' if line is None else f'line {line}: '}{name} = {value:,}, but training gets {count:,} samples: "
                f"every gradient is {count / value:.4g} times the right one",
                f"{name} = X.shape[{0 if case.layout.samples == 'rows' else 1}], of the X that backward is given",
            )
        code.names[name] = case.m


def _count_rows_set_aside(case: Case, name: str) -> None:
    """The same, where the data cannot be had and the text alone says that only a part of the rows is trained on."""
    code = case.learner.code
    assert code is not None
    text = ast.unparse(code.tree)
    source = re.search(rf"^\s*{name}\b[^=\n]*= (?:len\()?(\w+)(?:\.shape|\)$)", text, re.MULTILINE)
    part = source and re.search(rf"= {source[1]}\[([1-9]\d*):", text)
    if source and part:
        line = code.line_of(name)
        case.add(
            None,
            "dW",
            f"{name} counts samples that are not trained on, the first {part[1]} rows of {source[1]}: the wrong m",
            f"{'' if line is None else f'line {line}: '}{name} counts all rows of {source[1]}",
            f"{name} = X.shape[{0 if case.layout.samples == 'rows' else 1}], of the X that backward is given",
        )


def _assigned(node: Any) -> set[str]:
    return bound(node)
