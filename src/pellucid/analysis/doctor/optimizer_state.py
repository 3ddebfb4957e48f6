"""What an update needs besides gradients: an optimiser's first state, and a learning rate that is a global name."""

import contextlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

import numpy as np

from pellucid.analysis.doctor.examined_code import Case
from pellucid.analysis.doctor.naming import at, meaning, quantity, replaced
from pellucid.analysis.doctor.sandbox import code_of
from pellucid.analysis.doctor.signatures import Pool

STATE = re.compile(r"(?:v|s|m|r|vel\w*?|velocity|mom\w*?|momentum|cache)_?d?_?([Wwb]\d*)")


def add_states(case: Case, pool: Pool) -> list[str]:
    """Give the arguments in which an optimiser keeps its state (velocity, vW1, t) their first values; their names."""
    told, guessed = case.learner.about.get("arguments", {}), []
    for parameter in inspect.signature(case.learner.functions["update"]).parameters.values():
        name = told.get(parameter.name, parameter.name)
        variadic = parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        if variadic or parameter.default is not parameter.empty or name in pool:
            continue
        of = STATE.fullmatch(name)
        q = None if of is None else quantity(of[1])
        array = None if q is None else case.arrays().get(case.resolved(q))
        if array is not None:
            pool.named[name] = np.zeros_like(array)
        else:
            pool.named[name] = 1 if name in ("t", "i", "step", "iteration", "epoch") else _zeros(case)
        guessed.append(parameter.name)
    return guessed


def _zeros(case: Case) -> Any:
    """Zeros in the structure of the parameters; under the names of the gradients, too."""
    value = case.parameters
    for path in case.where.values():
        value = replaced(value, path, np.zeros_like(at(value, path)))
    return {**value, **{f"d{key}": zeros for key, zeros in value.items()}} if isinstance(value, dict) else value


def global_rates(case: Case) -> list[str]:
    """The global names from which the update takes its learning rate, if it has no argument for it."""
    code = code_of(case.learner.functions["update"])
    if takes_rate(case) or code is None:
        return []
    names = case.learner.names
    return [n for n in code.co_names if meaning(n) == "learning rate" and isinstance(names.get(n), float | int)]


def takes_rate(case: Case) -> bool:
    """Whether the update has an argument for its learning rate."""
    told = case.learner.about.get("arguments", {})
    parameters = inspect.signature(case.learner.functions["update"]).parameters.values()
    return any(meaning(told.get(p.name, p.name)) == "learning rate" for p in parameters)


@contextlib.contextmanager
def global_rate(case: Case, rate: float) -> Iterator[None]:
    """While this lasts, the update's global learning rate is ``rate``."""
    names = case.learner.names
    before = {name: names[name] for name in global_rates(case)}
    names.update(dict.fromkeys(before, rate))
    try:
        yield
    finally:
        names.update(before)
