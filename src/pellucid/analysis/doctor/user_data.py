"""The user's own data: are the inputs scaled, do the labels fit the outputs, are they in step with the inputs?"""

import ast
import re
from typing import Any

import numpy as np

from pellucid.analysis.doctor.diagnosis import IN_STEP
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loop_code import trains
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.doctor.user_file import UserFile, from_outside, used
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError

LARGE = 10.0  # root mean square of an input above which it counts as not scaled
SHIFTS = 5
TRAINING = ("forward", "backward", "update", "loss", "train")  # roles whose functions no statement is run to call
ENOUGH = 60  # samples from which labels can be said to be out of step


def define_globals(functions: UserFunctions) -> None:
    """Give the user's functions the global names that they read; no training is run for that."""
    file = functions.file
    if file is not None:
        names = {functions.name_of(role): role for role in functions.by_role}
        nodes = reached(file, set(names)) or list(file.definitions.values())
        read = {name for node in nodes for name in from_outside(node)} - set(file.definitions)
        wanted = {
            name for name in read if quantity(name) is None or name not in file.namespace
        }  # W1 is there: that does
        training = {name for name, role in names.items() if role in TRAINING}
        never = [name for name in file.definitions if training & {node.name for node in reached(file, {name})}]
        file.deferred = [statement for statement in file.deferred if not trains(statement)]
        for failure in file.run_needed(wanted, never=never):
            file.notes.append(f"not run: {failure.text}")


def reached(file: UserFile, names: set[str]) -> list[ast.FunctionDef]:
    """The file's functions of these names and those that they call."""
    own = set(file.definitions)
    found = names & own
    while more := {name for each in found for name in used(file.definitions[each])} & own - found:
        found |= more
    return [file.definitions[name] for name in found]


def user_data(functions: UserFunctions, inputs: int | None = None) -> tuple[AnyArray, AnyArray] | None:
    """The user's data, X as rows of samples and y; None where there are none."""
    found = _find_data(functions)
    made_up = functions.file is not None and functions.file.stand_ins.data
    return None if found is None or made_up else _as_rows(functions, *found, inputs)


def _find_data(functions: UserFunctions) -> tuple[Any, Any] | None:
    """The user's X and y: those of the mapping, or those that the file hands to its training function."""
    options, file = functions.options, functions.file
    if "X" in options and "y" in options:
        return options["X"], options["y"]
    definition = functions.definition("train") if "train" in functions else None
    if file is None or definition is None:
        return None
    train, parameters = definition.name, [argument.arg for argument in definition.args.args]
    for node in (node for statement in file.deferred for node in ast.walk(statement)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == train:
            given = {meaning(p): part for p, part in zip(parameters, node.args, strict=False)}
            given |= {meaning(k.arg): k.value for k in node.keywords if k.arg is not None}
            if "X" in given and "y" in given:
                return _evaluate(file, train, [given["X"], given["y"]])
    return None


def _evaluate(file: UserFile, train: str, parts: list[ast.expr]) -> tuple[Any, Any] | None:
    failures = file.run_needed(set.union(*map(used, parts)), never=[train])
    if failures:
        file.notes.append(f"your data were not looked at: {failures[0].text}")
        return None
    try:
        X, y = (eval(compile(ast.Expression(part), file.path, "eval"), file.namespace) for part in parts)
    except Exception as error:
        file.notes.append(f"your data were not looked at: {type(error).__name__}: {error}")
        return None
    return X, y


def _as_rows(functions: UserFunctions, X: Any, y: Any, inputs: int | None) -> tuple[AnyArray, AnyArray]:
    """X as rows of samples, and y, with one entry or row for each sample.

    Raises:
        InputError: they are not arrays of numbers.
    """
    try:
        X, y = np.asarray(X), np.asarray(y)
    except ValueError:
        raise InputError(f"{functions.path}: X or y has rows of different lengths; give tables of numbers") from None
    if not X.size or not y.size:
        raise InputError(f"{functions.path}: X or y holds nothing; give at least one sample")
    if y.dtype.kind not in "fiub" or y.ndim not in (1, 2):
        raise InputError(f"{functions.path}: y has shape {y.shape} and {y.dtype} entries; give labels 0, 1, 2, …")
    if X.ndim != 2 or X.dtype.kind not in "fiub":
        raise InputError(f"{functions.path}: X has shape {X.shape} and {X.dtype} entries; give a table of numbers")
    samples_are = functions.options.get("samples")
    count = y.shape[0] if y.ndim == 1 else max(y.shape)
    columns = X.shape[0] == inputs or (inputs is None and X.shape[1] == count)
    columns = samples_are == "columns" or (samples_are is None and columns and not X.shape[0] == count != X.shape[1])
    rows = X.T if columns else X
    if y.ndim == 2 and y.shape[0] != len(rows) and y.shape[1] == len(rows):
        y = y.T
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    return rows, y


def examine_data(exam: Examination, rng: np.random.Generator) -> None:
    """Look at the user's data, if there are any."""
    if exam.user_data is None:
        return
    before, (X, y) = len(exam.findings), exam.user_data
    _examine_scale(exam, X)
    if _examine_labels(exam, X, y):
        _examine_pairing(exam, X, y, rng)
    if len(exam.findings) == before:
        exam.compared.append(f"your data: {len(X):,} samples, inputs scaled, {IN_STEP}")


def _examine_scale(exam: Examination, X: AnyArray) -> None:
    X = X.astype(np.float64)
    sizes = np.sqrt((X * X).mean(axis=0))
    worst = int(sizes.argmax())
    if sizes[worst] > LARGE:
        pixels = X.min() >= 0 and 100 < X.max() <= 255
        exam.add(
            "X",
            "the inputs are not scaled: such large ones saturate the neurons and make every step too long",
            f"they reach from {X.min():g} to {X.max():g}; input {worst + 1} has a typical size of {sizes[worst]:.4g}",
            "X = X / 255" if pixels else "X = (X - mean) / std, with mean and std of the training samples",
        )


def _examine_labels(exam: Examination, X: AnyArray, y: AnyArray) -> bool:
    if len(X) != len(y):
        exam.add(
            "y",
            "inputs and labels are not of one length",
            f"{len(X):,} samples in X, {len(y):,} in y",
            "cut both from the same rows of the data",
        )
        return False
    classes = exam.sizes[-1]
    if y.ndim == 1 and not exam.regression and classes > 1 and (y.min() < 0 or y.max() >= classes):
        exam.add(
            "y",
            "labels do not fit the outputs",
            f"labels {y.min():g} to {y.max():g}, but the network has {classes} outputs, for labels 0 to {classes - 1}",
            "y = y - 1" if y.min() == 1 and y.max() == classes else f"take labels 0 to {classes - 1}, or more outputs",
        )
        return False
    return not exam.regression


def _examine_pairing(exam: Examination, X: AnyArray, y: AnyArray, rng: np.random.Generator) -> None:
    """Whether labels some rows further fit the inputs, and these do not."""
    labels = y.argmax(axis=1) if y.ndim == 2 else y.astype(int)
    if len(X) < ENOUGH or len(np.unique(labels)) < 2:
        return
    X, labels = X[:2000].astype(np.float64), labels[:2000]
    X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-9)
    order = rng.permutation(len(X))
    scores = {k: _score(X, np.roll(labels, k), order) for k in range(-SHIFTS, SHIFTS + 1)}
    chance = np.bincount(labels).max() / len(labels)
    noise = float(np.sqrt(0.25 / (len(X) / 2)))
    best = max(scores, key=lambda k: (scores[k], -abs(k)))
    if best != 0 and scores[0] < chance + 3 * noise and scores[best] > chance + 5 * noise:
        rows = f"{abs(best)} row{'s' if abs(best) > 1 else ''}"
        exam.add(
            "y",
            f"the labels are out of step with the inputs: each stands {rows} too {'early' if best > 0 else 'late'}",
            f"from its inputs a label is guessed right in {100 * scores[0]:.0f} % (chance: {100 * chance:.0f} %); "
            f"with the labels moved by {rows} in {100 * scores[best]:.0f} %",
            "cut X and y from the same rows of one table, and shuffle that table, not one of them",
        )
    elif len(X) >= 4 * ENOUGH and scores[0] < chance + noise:
        text = ast.unparse(exam.functions.file.tree) if exam.functions.file is not None else ""
        if re.search(r"shuffle|permut|argsort|roll\(", text):
            exam.add(
                "y",
                "the labels have nothing to do with the inputs, and the file brings something into another order",
                f"from its inputs a label is guessed right in {100 * scores[0]:.0f} % (chance: {100 * chance:.0f} %)",
                "shuffle both alike: order = rng.permutation(len(X)); X, y = X[order], y[order]",
            )
        else:
            exam.notes.append("no relation between your inputs and labels was found: are they in step?")


def _score(X: Array, labels: AnyArray, order: AnyArray) -> float:
    """The better of two simple guesses, nearest neighbour and least squares, on samples that it has not seen."""
    half = len(X) // 2
    known, new = order[:half], order[half:]
    far = (X[new] ** 2).sum(1)[:, None] - 2 * X[new] @ X[known].T + (X[known] ** 2).sum(1)
    near = float((labels[known][far.argmin(axis=1)] == labels[new]).mean())
    A, codes = np.c_[X, np.ones(len(X))], np.eye(labels.max() + 1)[labels]
    fit = np.linalg.solve(A[known].T @ A[known] + 1.0 * np.eye(A.shape[1]), A[known].T @ codes[known])
    return max(near, float(((A[new] @ fit).argmax(axis=1) == labels[new]).mean()))
