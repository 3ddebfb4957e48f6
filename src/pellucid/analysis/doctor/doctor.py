"""The doctor: examine a user's own network, part by part, and say what is wrong where."""

import random
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.backward import examine_backward
from pellucid.analysis.doctor.candidates import SOFTMAX
from pellucid.analysis.doctor.dataflow import examine_dataflow
from pellucid.analysis.doctor.diagnosis import Diagnosis
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.forward import examine_forward
from pellucid.analysis.doctor.helpers import examine_helpers
from pellucid.analysis.doctor.idle_momentum import idle_momenta
from pellucid.analysis.doctor.initial_weights import examine_initial_weights
from pellucid.analysis.doctor.layer_way import examine_layers
from pellucid.analysis.doctor.naming import own_words
from pellucid.analysis.doctor.own_driver import driven_step
from pellucid.analysis.doctor.own_step import own_step
from pellucid.analysis.doctor.probe import find_parameters
from pellucid.analysis.doctor.roles import assign_roles, taken
from pellucid.analysis.doctor.sample_count import examine_sample_count
from pellucid.analysis.doctor.second_opinion import second_opinion
from pellucid.analysis.doctor.source import Source, read_source, with_texts
from pellucid.analysis.doctor.training_loop import examine_training
from pellucid.analysis.doctor.update import examine_update
from pellucid.analysis.doctor.user_data import define_globals, examine_data, user_data
from pellucid.analysis.doctor.user_file import MAPPING, THING, UserFile, user_file_of
from pellucid.analysis.doctor.user_gradients import is_for_classes
from pellucid.analysis.doctor.user_namespace import read_namespace
from pellucid.analysis.doctor.ways import Reading, readings
from pellucid.core.errors import InputError

MADE_UP = "on made-up data"
DRAWS = 5  # of random parameters, where a layer of ReLUs is closed, or open, for all samples


def doctor(
    *,
    namespace: Mapping[str, Any] | None = None,
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
        namespace: ``globals()``, where functions are then found by their names as in a file; the others may be left
            out, or say what names do not.
        init: makes the parameters; or give ``parameters=`` themselves.
        forward: parameters and X to the output, and whatever backward needs.
        backward: to the gradients, named or in the parameters' structure.
        update: a step of gradient descent.
        loss: the output and the targets to one number.
        X: the user's data, examined too if it is given together with ``y``.
        y: its labels (m,), or targets beside the outputs.
        samples: "rows" or "columns"; without it, what fits.
        learning_rate: the one that the network is trained with.
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
    options = {"init": init, "forward": forward, "backward": backward, "update": update, "loss": loss, "X": X, "y": y,
               "samples": samples, "learning_rate": learning_rate, **more}  # fmt: skip
    given = {key: value for key, value in options.items() if value is not None}
    if namespace is None:
        return _examine(Reading(assign_roles({}, None, given)))[0]
    file, source = read_namespace(namespace)
    mapping = namespace.get(MAPPING, {})
    file.namespace[MAPPING] = {**given, **mapping} if isinstance(mapping, dict) else mapping
    return _located(source, lambda: file)


def doctor_file(path: str) -> Diagnosis:
    """Examine the network in a Python file or a notebook; raises InputError where the file cannot be used."""
    source = read_source(path)
    return _located(source, lambda: user_file_of(source, path))


def _located(source: Source, read: Callable[[], UserFile]) -> Diagnosis:
    """The diagnosis of a file, in which every line has the place that the user knows."""
    with warnings.catch_warnings(), source.errors_located():
        warnings.simplefilter("ignore")  # what is odd in the file shows when it runs
        file = read()
        with file.importing():
            whole = _with_idle_momenta(_with_own_step(file), file)
        notes = list(dict.fromkeys([*whole.notes, *file.notes]))  # more may have been stood for in the file's own step
        diagnosis: Diagnosis = with_texts(replace(whole, notes=notes), source.located)
    return diagnosis


def _with_own_step(file: UserFile) -> Diagnosis:
    """The diagnosis of the file's functions, and of its own first step, where it trains."""
    deferred = list(file.deferred)
    first, refused = None, None
    try:
        first = _examine_readings(file)
    except InputError as error:
        refused = error
    step = own_step(file) if deferred and MAPPING not in file.namespace else None
    if step is not None:
        return second_opinion(first, step)
    if MAPPING not in file.namespace and (first is None or not first.healthy):
        step = driven_step(file)
        if step is not None:
            driven: Diagnosis = with_texts(second_opinion(first, step), _of_made_up_data)
            return driven
    if first is None:
        assert refused is not None
        raise refused
    return first


def _with_idle_momenta(diagnosis: Diagnosis, file: UserFile) -> Diagnosis:
    found = idle_momenta(file.tree)
    return replace(diagnosis, findings=[*diagnosis.findings, *found], healthy=False) if found else diagnosis


def _of_made_up_data(text: str) -> str:
    """What is said of a step that the doctor's own program made."""
    return text.replace("on your own data", MADE_UP).replace("on your data", MADE_UP).replace(f"{THING}.", "")


def _examine_readings(file: UserFile) -> Diagnosis:
    """The diagnosis of the reading in which all is right; else that of the first in which anything was compared."""
    started, deferred = dict(file.namespace), list(file.deferred)
    best: Diagnosis | None = None
    refused: InputError | None = None
    layers = examine_layers(file)
    if layers.findings:
        return Diagnosis(layers.findings, layers.compared, layers.not_compared, [], False)
    try:
        for reading in readings(file):
            try:
                diagnosis, right_gradients = _examine(reading)
            except InputError as error:
                refused = refused or error
                reading.functions.stopped.add("examination")
                continue
            finally:
                file.namespace.clear()
                file.namespace.update(started)
                file.deferred = list(deferred)
            if right_gradients:  # so the file is read rightly, whatever else is wrong with it
                return diagnosis
            best = diagnosis if best is None or (best.healthy is None and diagnosis.healthy is False) else best
    except InputError as error:  # it can be read in no way
        refused = refused or error
    if best is None and layers.compared:
        why = f"the layers together: because {refused}; each alone is in order"
        return Diagnosis([], layers.compared, [*layers.not_compared, why], [], None)
    if best is None:
        assert refused is not None
        raise refused
    return best


def _examine(reading: Reading) -> tuple[Diagnosis, bool]:
    """The diagnosis, and whether every gradient was compared and is right."""
    functions = reading.functions
    state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002  (the user's code draws from them)
    np.random.seed(0)  # noqa: NPY002
    namespace, before = functions.namespace, dict(functions.namespace)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), own_words(functions.words):
            warnings.simplefilter("ignore")
            exam = _examined(reading)
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(python_state)
        if functions.file is None:
            for name in namespace.keys() - before.keys():
                del namespace[name]
            namespace.update(before)
    if functions.free_rate:
        _forgive_factor(exam)
    notes = [*taken(functions), *exam.notes, *(functions.file.notes if functions.file is not None else [])]
    healthy = False if exam.findings else True if exam.gradients_compared else None
    diagnosis = Diagnosis(exam.findings, exam.compared, exam.not_compared, list(dict.fromkeys(notes)), healthy)
    return diagnosis, exam.gradients_compared


def _examined(reading: Reading) -> Examination:
    """The examination; with one output, if less is wrong with that, and the file may be meant for one."""
    drawn: list[Examination] = []
    for seed in range(DRAWS):
        drawn.append(Examination(reading.functions, one_sample=reading.one_sample))
        _examine_parts(drawn[-1], np.random.default_rng(seed))
        if not (drawn[-1].flat or drawn[-1].hides_slopes):
            break
    exam = drawn[-1] if len(drawn) < DRAWS else next((e for e in drawn if e.findings), drawn[0])
    failure = exam.forward_result.failure
    asks_for_another = failure is not None and failure.kind is AssertionError  # as ``assert A2.shape == (1, m)``
    if exam.gradients_compared or not (exam.chose_sizes or asks_for_another) or exam.sizes[-1:] == [1]:
        return exam
    one = Examination(reading.functions, one_sample=reading.one_sample, file_sizes=[*exam.sizes[:-1], 1])
    _examine_parts(one, np.random.default_rng(0))
    is_better = one.gradients_compared or 0 < len(one.findings) < (len(exam.findings) or len(one.findings) + 1)
    if not is_better or one.output is SOFTMAX:
        return exam
    one.notes.append("the network was examined with one output: with several, its functions do not go together")
    if one.gradients_compared and any(finding.quantity == "db" for finding in exam.findings):
        why = "its form is right for one output and wrong for several, and nothing tells how many there are"
        one.not_examined("a bias gradient", why, f"say it: {MAPPING} = dict(sizes={one.sizes})")
        one.gradients_compared = False
    return one


def _forgive_factor(exam: Examination) -> None:
    """Where the gradients are known from the step alone, a factor of all of them is the learning rate's."""
    for finding in list(exam.findings):
        if finding.fault.startswith("every gradient is") and "wrong sign" not in finding.fault:
            exam.findings.remove(finding)
            exam.notes.append(f"with your loss {finding.fault}: in the step, that is a matter of the learning rate")
            exam.gradients_compared = True
            exam.compared.append("the backward pass, every dW and db, but for one factor, by the step that it makes")


def _examine_parts(exam: Examination, rng: np.random.Generator) -> None:
    """Every part of the examination, in the order of causes."""
    examine_dataflow(exam)
    define_globals(exam.functions)
    exam.user_data = user_data(exam.functions)
    if exam.user_data is not None:
        y = exam.user_data[1]
        exam.regression = y.dtype.kind == "f" and not np.isin(y, (0, 1)).all() and not (y == np.round(y)).all()
    if not find_parameters(exam, rng):
        examine_helpers(exam)
        return
    if _is_for_one_output(exam):
        exam.file_sizes, exam.readings = [*exam.sizes[:-1], 1], []
        find_parameters(exam, rng)
    examine_sample_count(exam)
    exam.user_data = exam.user_data or user_data(exam.functions, exam.sizes[0])
    _examine_forward(exam)
    values = exam.output is not None and not exam.output.for_classes
    exam.regression = exam.regression or (values and not is_for_classes(exam))
    examine_helpers(exam)
    examine_backward(exam, rng)
    examine_update(exam, rng)
    examine_training(exam, rng)
    examine_data(exam, rng)
    examine_initial_weights(exam)


def _is_for_one_output(exam: Examination) -> bool:
    """Whether the loss of several outputs is a table of outputs by outputs: Y @ log(A).T is meant for one."""
    k = exam.sizes[-1]
    if k == 1 or "loss" not in exam.functions or "sizes" in exam.functions.options:
        return False
    y = np.eye(k)[np.arange(exam.m) % k]
    try:
        result = exam.functions.call("loss", exam.with_targets(exam.forward()[0], exam.layout.from_rows(y), y))
    except InputError:
        return False
    return result.failure is None and np.shape(result.value) == (k, k)


def _examine_forward(exam: Examination) -> None:
    """Square weights can be read in two ways: the right one is that in which less is wrong forward."""
    tried = []
    for layout, sizes, X, result in exam.readings:
        trial = exam.without_findings(user_names={}, layout=layout, sizes=sizes, X=X, forward_result=result)
        examine_forward(trial)
        tried.append((not trial.forward_matches, trial.net is None, len(trial.findings)))
    best = exam.readings[tried.index(min(tried))]
    exam.layout, exam.sizes, exam.X, exam.forward_result = best
    examine_forward(exam)
