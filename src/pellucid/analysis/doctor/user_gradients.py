"""The gradients that the user's backward returns: which form of targets it takes, and where each dW and db stands."""

import ast
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays, all_arrays, array_paths, at
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, data_word, quantity
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.reference_network import factor
from pellucid.analysis.doctor.sandbox import CallResult
from pellucid.core.arrays import Array

ONE_HOT = re.compile(r"hot\w*\(|eye\(|arange\([^)]*\)+,|categorical|range\([^)]*\)+, ?[\w.]+\]")


@dataclass
class UserGradients:
    """What backward returned for one form of the targets."""

    result: CallResult
    as_returned: Arrays = field(default_factory=dict)  # as the user lays them out
    rows: Arrays = field(default_factory=dict)  # dW as (outputs, inputs)

    def negated(self) -> "UserGradients":
        """The same with the other sign."""
        own, rows = ({q: -np.asarray(v) for q, v in gradients.items()} for gradients in (self.as_returned, self.rows))
        return UserGradients(self.result, own, rows)


def target_forms(exam: Examination, role: str, y: Array, labels: Any) -> list[Any]:
    """The forms in which a user's function may want the targets, the likelier first.

    Those are labels where the function, or one that it calls, encodes them.
    """
    vector = np.ndim(exam.output_of(exam.forward_result)) == 1 and not exam.layout.flat
    like_output = y[:, 0] if vector else exam.layout.given(y)
    if np.ndim(exam.output_of(exam.forward_result)) == 0:  # one sample, one output
        like_output = y[0, 0]
    outputs = exam.sizes[-1]
    if labels is None and outputs > 1:
        return [like_output]
    labels = y[:, 0] if labels is None else labels
    user_labels = exam.user_data is not None and exam.user_data[1].ndim == 1 and outputs > 1
    return [labels, like_output] if user_labels or encodes_labels(exam, role) else [like_output, labels]


def encodes_labels(exam: Examination, role: str) -> bool:
    """Whether a role's function, or one that it calls, takes labels and encodes them."""
    return ONE_HOT.search(_source(exam, role)) is not None


def takes_targets(exam: Examination, role: str) -> bool:
    """Whether a role's function speaks of targets: an argument, a global name or an attribute is called so."""
    node = exam.functions.definition(role)
    parts = [] if node is None else list(ast.walk(node))
    names = [part.arg for part in parts if isinstance(part, ast.arg)] + [name_of(part) or "" for part in parts]
    return node is None or any(data_word(name) == "y" for name in names if name != "T")


def is_for_classes(exam: Examination) -> bool:
    """Whether backward or the loss encodes labels, or makes probabilities of the scores."""
    roles = [role for role in ("backward", "loss") if role in exam.functions]
    return any(encodes_labels(exam, role) or "exp(" in _source(exam, role) for role in roles)


def _source(exam: Examination, role: str) -> str:
    """The text of a role's function, and of those that it calls."""
    if exam.functions.free_rate and exam.functions.file is not None:
        return ast.unparse(exam.functions.file.tree)  # of what objects do
    node = exam.functions.definition(role)
    text = "" if node is None else ast.unparse(node)
    if node is not None and exam.functions.file is not None:
        for name, other in exam.functions.file.definitions.items():
            if name != node.name and re.search(rf"\b{name}\(", text):
                text += ast.unparse(other)
    return text


def run_backward(exam: Examination, available: AvailableValues) -> UserGradients:
    """Run backward, and find each gradient in what it returns."""
    result = exam.functions.call("backward", available)
    gradients = UserGradients(result)
    if result.failure is not None:
        return gradients
    found = array_paths(result.value, exam.functions.returns("backward", result))
    values = {exam.resolved(q): at(result.value, path) for q, path in found.items()}
    if values and all(q.kind in "Wb" for q in values) and exam.functions.takes("backward", "learning rate"):
        rate = available["learning_rate"]  # backward makes the step, too
        values = {q: (np.asarray(exam.array(*q)) - value) / rate for q, value in values.items() if q in exam.paths}
    own = {q.gradient if q.kind in "Wb" else q: value for q, value in values.items()}
    gradients.as_returned = {q: value for q, value in own.items() if q.kind in ("dW", "db")}
    to_rows = exam.layout.to_outputs_first
    gradients.rows = {q: to_rows(v) if q.kind == "dW" else v for q, v in gradients.as_returned.items()}
    return gradients


def layer_input(exam: Examination, l: int) -> Array | None:
    """What layer l is fed, as rows; None where it cannot be seen."""
    if l == 1 or exam.net is not None:
        return exam.X if l == 1 else exam.reference.a[l - 1]
    available, _ = exam.forward()
    own = available.arrays.get(Quantity("a", l - 1))
    return None if own is None else exam.layout.to_rows(own)


@dataclass(frozen=True)
class OwnDelta:
    """The user's own δ of a layer: its name, its numbers as rows, and whether dW follows from it."""

    name: str
    rows: Array
    gives_dw: bool


def user_deltas(exam: Examination, gradients: UserGradients) -> dict[int, OwnDelta]:
    """The user's own δ, layer by layer, where backward has it in a variable.

    That is the one from which dW follows exactly, or which is called so; else one of which dW or db is a multiple.
    """
    found: dict[int, OwnDelta] = {}
    arrays = [(label, exam.layout.to_rows(array)) for label, array in all_arrays(gradients.result.last_locals)
              if array.ndim == 2 and array.dtype.kind == "f"]  # fmt: skip
    for l in range(exam.layers, 0, -1):
        dW, db, x = (gradients.rows.get(Quantity("dW", l)), gradients.rows.get(Quantity("db", l)), layer_input(exam, l))
        fitting: list[tuple[int, OwnDelta]] = []
        for label, own in arrays:
            if own.shape != (exam.m, exam.sizes[l]) or not np.any(own):
                continue
            q = quantity(label)
            named = q is not None and q.kind == "dz" and exam.resolved(q).layer == l
            c = None if x is None or dW is None else factor(np.asarray(dW), own.T @ x)
            gives_db = own.shape[1] > 2 and db is not None and factor(np.ravel(db), own.sum(axis=0)) is not None
            exact = c is not None and abs(c - 1) < 1e-4
            if named or c is not None or gives_db:
                fitting.append(
                    (0 if named and exact else 1 if exact else 2 if named else 3, OwnDelta(label, own, c is not None))
                )
        if fitting:
            found[l] = min(fitting, key=lambda pair: pair[0])[1]
    return found
