"""A function of the file that is given more than it takes itself: global names that it reads, or its object's state."""

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from pellucid.analysis.doctor.arrays import array_paths, at
from pellucid.analysis.doctor.naming import Quantity, meaning
from pellucid.analysis.doctor.sandbox import code_object

Body = Callable[[dict[str, Any], dict[str, Any]], tuple[Any, list[str | None] | None]]


class Driven:
    """Called by name: what the function takes itself, and what is ``added``, go apart to ``body``.

    ``body`` returns a value and the names of its parts, None where the function's own return statement tells them.
    """

    def __init__(self, function: Any, definition: ast.FunctionDef | None, added: Sequence[str], body: Body) -> None:
        self.function, self.definition, self.added, self.body = function, definition, list(added), body
        self.names: list[str | None] | None = None
        self.__name__ = str(getattr(function, "__qualname__", "init"))
        self.called = definition.name if definition is not None else self.__name__  # as the file calls it
        self.__code__ = code_object(function)
        own = list(inspect.signature(function).parameters.values())
        if own and own[0].name == "self":
            own = own[1:]
        kinds = [parameter.kind for parameter in own]
        more = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in added]
        last = own.pop() if inspect.Parameter.VAR_KEYWORD in kinds else None
        self.own = [parameter.name for parameter in own]
        self.__signature__ = inspect.Signature([*own, *more, *([last] if last is not None else [])])

    def __call__(self, *positional: Any, **named: Any) -> Any:
        bound = self.__signature__.bind(*positional, **named)
        given = {name: value for name, value in bound.arguments.items() if name not in self.added}
        value, self.names = self.body(given, {name: named.get(name) for name in self.added})
        return value


def gradients_of(before: dict[Quantity, Any], after: dict[Quantity, Any], rate: float) -> dict[str, Any]:
    """The gradients that a step of gradient descent has used: (before − after) / rate."""
    return {str(q.gradient): (before[q] - after[q]) / rate for q in before if q in after}


def quantities(values: Any, names: list[str | None], kinds: Sequence[str]) -> dict[Quantity, Any]:
    """The arrays of these kinds within values."""
    return {q: at(values, path) for q, path in array_paths(values, names).items() if q.kind in kinds}


def rate_in(values: dict[str, Any]) -> float | None:
    """The learning rate among named values."""
    rates = [
        value for name, value in values.items() if meaning(name) == "learning rate" and isinstance(value, float | int)
    ]
    return float(rates[0]) if rates else None
