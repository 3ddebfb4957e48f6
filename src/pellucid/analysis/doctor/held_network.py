"""A network whose parameters an object holds: how a way of driving code gives it parameters, and gets its gradients."""

import contextlib
import copy
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np

from pellucid.analysis.doctor.arrays import array_paths
from pellucid.analysis.doctor.driven import gradients_of, quantities, rate_in
from pellucid.analysis.doctor.naming import Quantity, data_word
from pellucid.analysis.doctor.objects import as_dicts, get, gradient_paths, put
from pellucid.analysis.doctor.reference_network import factor
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.errors import InputError

HELD = [
    "held",
    "held_parameters",
    "held_X",
    "held_y",
    "held_m",
    "held_gradients",
]  # arguments by which a method is given its object


class Held(dict[str, Any]):
    """An object's attributes as forward left them, and the object itself."""

    def __init__(self, root: Any) -> None:
        super().__init__(as_dicts(root))
        self.root = root


class HeldNetwork(ABC):
    """A network whose parameters an object holds: how it is given parameters, and how its gradients are told."""

    ARGUMENTS: ClassVar = {
        "held": "held",
        "held_parameters": "parameters",
        "held_X": "X",
        "held_y": "y",
        "held_m": "m",
        "held_gradients": "gradients",
    }

    def __init__(self, file: UserFile, name: str) -> None:
        self.file, self.name = file, name
        self.made: Any = None
        self.paths: dict[Quantity, Any] = {}
        self.gradients: dict[Quantity, Any] = {}  # where backward leaves them, if in attributes
        self.steps: dict[str, tuple[str, float]] = {}  # by how much of which gradient a step moves each parameter
        self.after: Any = None  # the object as backward left it
        self.codes: dict[str, Any] = {}

    def _as_returned(self, root: Any) -> dict[str, Any]:
        return {str(q): value for q, value in self._parameters(root).items()}

    def _parameters(self, root: Any) -> dict[Quantity, Any]:
        return {q: np.array(get(root, path), np.float64) for q, path in self.paths.items()}

    def _root(self, added: dict[str, Any]) -> Any:
        """The object to call: as forward left it, or a new one, with these parameters and data."""
        held, parameters = added["held"], added["held_parameters"]
        root = held.root if held is not None else copy.deepcopy(self.made)
        for q, path in self.paths.items() if parameters is not None and held is None else ():
            put(root, path, parameters[str(q)])
        self._set_data(root, added)
        return root

    def _set_data(self, root: Any, added: dict[str, Any]) -> None:
        """Give an object that holds the data the doctor's own."""
        for name, value in list(vars(root).items()):
            word = data_word(name)
            if isinstance(value, np.ndarray) and word is not None and added[f"held_{word}"] is not None:
                setattr(root, name, added[f"held_{word}"])

    def _backward(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        """The gradients: returned, left in attributes, or told by the step that the parameters made."""
        root = self._root(added)
        before, stale = self._parameters(root), as_dicts(copy.deepcopy(root))
        result, names, local = self._step(root, given)
        self.after = root
        if quantities(result, names, ("dW", "db")) or _like_gradients(result, before):
            return result, names or [None]
        found = {q: path for q, path in gradient_paths(root, self.paths).items() if _is_new(stale, root, path)}
        after = self._parameters(root)
        moved = any(np.any(before[q] != after[q]) for q in before)
        if len(found) == len(before) or (found and not moved):
            self.gradients = found
            given_back = {str(q): get(root, path) for q, path in found.items()}
            moves = {
                str(q): after[q] - before[q] for q in before if moved and np.shape(after[q]) == np.shape(before[q])
            }
            self.steps = {name: _direction(f"d{name}", move, given_back) for name, move in moves.items()}
            return given_back, [None]
        if not moved:
            raise InputError(f"{self.file.path}: {self.name} returns no gradients and moves no parameter")
        gradients = gradients_of(before, after, rate_in(given) or rate_in(vars(root)) or 1.0)
        entries = np.abs(np.concatenate([np.ravel(gradient) for gradient in gradients.values()]))
        if entries.size > 4 and np.ptp(entries) < 1e-3 * entries.max():  # Adam's first step is as large everywhere
            return self._behind(gradients, quantities(local, [None], ("dW", "db"))), [None]
        return gradients, [None]

    def _behind(self, steps: dict[str, Any], local: dict[Quantity, Any]) -> dict[str, Any]:
        """The gradients behind an optimiser's steps: local variables whose signs are those of the steps."""
        found = {
            str(q): array
            for q, array in local.items()
            if str(q) in steps and np.shape(array) == np.shape(steps[str(q)])
        }
        found = {name: array * np.sign(np.sum(array * steps[name])) for name, array in found.items()}
        agree = [np.mean(np.sign(found[name]) == np.sign(step)) > 0.9 for name, step in steps.items() if name in found]
        if len(agree) < len(steps) or not all(agree):
            raise InputError(
                f"{self.file.path}: {self.name} moves the parameters by an optimiser's step, which does not tell the "
                "gradients; keep them in attributes, self.dW1 = …, or return them"
            )
        return found

    def _as_the_step(self, given: dict[str, Any], added: dict[str, Any]) -> tuple[Any, list[str | None]]:
        """The update that the step makes by itself: what was seen of it, made with other gradients."""
        parameters, gradients = added["held_parameters"], added["held_gradients"]
        moved = {}
        for name, old in parameters.items():
            gradient, c = self.steps.get(name, (f"d{name}", -1.0))
            moved[name] = old + c * gradients[gradient]
        return moved, [None]

    @abstractmethod
    def _step(self, root: Any, given: dict[str, Any]) -> tuple[Any, list[str | None], dict[str, Any]]:
        """Run what computes the gradients; what it returns, the names of that, and its local variables."""


@contextlib.contextmanager
def in_order() -> Iterator[None]:
    """While this lasts, shuffling leaves the samples in their order, so that the targets still fit."""
    places: list[tuple[Any, str]] = [(np.random, "permutation"), (np.random, "shuffle"), (random, "shuffle")]
    before = [(module, name, getattr(module, name)) for module, name in places]
    for module, name in places:
        setattr(module, name, _unchanged if name == "permutation" else _as_it_is)
    try:
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def _unchanged(values: Any) -> Any:
    return np.arange(values) if isinstance(values, int) else np.array(values)


def _as_it_is(values: Any, *_: Any) -> None:
    """No shuffling."""


def _like_gradients(result: Any, parameters: dict[Quantity, Any]) -> bool:
    """Whether a returned list or dict has the structure of the parameters."""
    found = array_paths(result, [None], gradients=True) if isinstance(result, list | dict | tuple) else {}
    return bool(found) and all(q.parameter in parameters for q in found)


def _direction(name: str, move: Any, gradients: dict[str, Any]) -> tuple[str, float]:
    """The gradient of which a step is a multiple, and the factor; for what is beyond plain descent, its sign."""
    if np.shape(move) != np.shape(gradients[name]) or not np.any(move):
        return name, 0.0 if not np.any(move) else -1.0
    for other in (name, *gradients) if np.size(move) > 2 else (name,):
        if (c := factor(move, gradients[other])) is not None:
            return other, c
    return name, float(np.sign(np.sum(move * gradients[name])))


def _is_new(stale: Any, root: Any, path: Any) -> bool:
    """Whether an array was set since."""
    for key in path:
        try:
            stale = stale[key]
        except (KeyError, IndexError, TypeError):
            return True
    return stale is None or np.shape(stale) != np.shape(get(root, path)) or bool(np.any(stale != get(root, path)))
