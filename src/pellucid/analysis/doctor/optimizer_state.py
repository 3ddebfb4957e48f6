"""What an update needs besides gradients: an optimiser's first state, and a learning rate that is a global name."""

import re
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import with_arrays
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.sandbox import code_object

STATE = re.compile(r"(?:v|s|m|r|vel\w*?|velocity|mom\w*?|momentum|cache)_?d?_?([Wwb]\d*)")
COUNTERS = ("t", "i", "step", "iteration", "epoch")


def add_states(exam: Examination, available: AvailableValues) -> list[str]:
    """Give the arguments in which an optimiser keeps its state (velocity, vW1, t) their first values; their names."""
    states = [(parameter.name, name) for parameter, name in exam.functions.required("update") if name not in available]
    for _, name in states:
        of = STATE.fullmatch(name)
        q = None if of is None else quantity(of[1])
        if q is not None and exam.resolved(q) in exam.paths:
            available.by_name[name] = np.zeros_like(exam.array(*exam.resolved(q)))
        else:
            available.by_name[name] = 1 if name in COUNTERS else _zeros(exam)
    return [own_name for own_name, _ in states]


def _zeros(exam: Examination) -> Any:
    """Zeros in the structure of the parameters; under the names of the gradients, too."""
    value = with_arrays(exam.parameters, exam.paths, lambda _, array: np.zeros_like(array))
    return {**value, **{f"d{key}": zeros for key, zeros in value.items()}} if isinstance(value, dict) else value


def global_rates(exam: Examination) -> list[str]:
    """The global names from which the update takes its learning rate, if it has no argument for it."""
    code, names = code_object(exam.functions["update"]), exam.functions.namespace
    if code is None or exam.functions.takes("update", "learning rate"):
        return []
    return [n for n in code.co_names if meaning(n) == "learning rate" and isinstance(names.get(n), float | int)]
