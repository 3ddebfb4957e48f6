"""A small program that trains the learner's network, where the file itself trains nothing.

A file may hold a class or functions alone. The doctor writes a few lines as the learner might: an object is made, and
its training method is called on small data of the doctor's. Sizes, rates and data are told by the arguments' names.
Several forms of data are tried; a program that stops with an error is passed over.
"""

import ast
import copy
import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.driver_arguments import Argument, Sizes, arguments_of, text_of
from pellucid.analysis.doctor.driver_parts import CHOICES, Choice, Parts
from pellucid.analysis.doctor.naming import data_word, quantity
from pellucid.analysis.doctor.own_doubt import Doubts
from pellucid.analysis.doctor.own_losses import is_called_loss
from pellucid.analysis.doctor.own_run import moves, reached, run_to_first_step
from pellucid.analysis.doctor.own_state import State, leaves
from pellucid.analysis.doctor.own_step import examine_turn
from pellucid.analysis.doctor.own_turn import Turn
from pellucid.analysis.doctor.own_verdict import OwnStep, label_of
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.user_file import THING, UserFile

SAMPLES = 14
SECONDS = 25.0  # that all programs together may take
INDICES = re.compile(r"(\[\d+\])+$")
GRADIENT = re.compile(r"grad|delta|error|output$|loss|cost", re.IGNORECASE)
X, Y = "X_of_the_doctor", "y_of_the_doctor"  # the data's names in the program
TRAINING = ("train", "fit", "learn", "backprop", "gradient", "descent", "update", "step", "sgd", "feedforward")
NEVER = ("predict", "score", "accuracy", "evaluate", "test", "save", "load", "plot", "mutate", "fake", "derivative")


@dataclass(frozen=True)
class Form:
    """A form of the data: how they are written, and how much they would show."""

    sizes: Sizes
    x: Any
    y: Any
    rank: int  # 3: several samples and several outputs, 2: several samples, 1: one sample
    each: bool = False  # whether the samples are handed over one by one


@dataclass(frozen=True)
class Drive:
    """A program, and the data for it."""

    program: str
    form: Form
    line: int  # of the function that trains

    @property
    def statements(self) -> list[ast.stmt]:
        """The program, as if it stood where the function begins."""
        tree = ast.parse(self.program)
        for node in ast.walk(tree):
            if hasattr(node, "lineno"):
                node.lineno = node.end_lineno = self.line  # type: ignore[attr-defined]
        return tree.body


def drives(file: UserFile) -> Iterator[Iterator[Drive]]:
    """For each function or method that may train, the programs that call it in one way or another."""
    classes = [node for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef)]
    trainers: list[tuple[ast.ClassDef | None, ast.FunctionDef]]
    trainers = [(owner, method) for owner in classes for method in methods(file, owner) if _may_train(file, method)]
    functions = [node for node in file.tree.body if isinstance(node, ast.FunctionDef)]
    trainers += [(None, function) for function in functions if _may_train(file, function)]
    trainers.sort(key=lambda pair: (_rank(pair[1].name), not _loops(pair[1])))
    for owner, method in trainers:
        parts = Parts(file, owner)
        yield _drives_of(parts, method)


def _drives_of(parts: Parts, method: ast.FunctionDef) -> Iterator[Drive]:
    """The programs that call a method with one form of data after the other."""
    known = set()
    for (k, form), choice in itertools.product(enumerate(forms()), CHOICES):
        program = _program(parts, method, form, choice)
        if program is not None and (program, k) not in known:
            known.add((program, k))
            yield Drive(program, form, method.lineno)


def methods(file: UserFile, owner: ast.ClassDef) -> list[ast.FunctionDef]:
    """A class's methods, and those of the classes that it is made from."""
    own = [node for node in owner.body if isinstance(node, ast.FunctionDef)]
    names = {base.id for base in owner.bases if isinstance(base, ast.Name)}
    bases = [node for node in file.tree.body if isinstance(node, ast.ClassDef) and node.name in names]
    inherited = [method for base in bases for method in methods(file, base)]
    return [*own, *(method for method in inherited if method.name not in {one.name for one in own})]


def _may_train(file: UserFile, function: ast.FunctionDef) -> bool:
    plain = function.name.replace("_", "").lower()
    if function.name.startswith("__") or any(word in plain for word in NEVER):
        return False
    named = is_called_as("train", function.name) or any(word in plain for word in TRAINING)
    return named and any(map(moves, reached(file, function)))


def _loops(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.For | ast.While) for node in ast.walk(function))


def _rank(name: str) -> int:
    """The likelier come first."""
    plain = name.replace("_", "").lower()
    order = (is_called_as("train", name), *(word in plain for word in TRAINING))
    return order.index(True) if True in order else len(order)


def forms() -> Iterator[Form]:
    """Forms of data, those that would show the most first."""
    rng = np.random.RandomState(0)
    for outputs, ones in itertools.product((2, 1), (False, True)):
        sizes = Sizes(3, 5, outputs)
        x = rng.normal(size=(SAMPLES, sizes.inputs + ones))
        if ones:
            x[:, 0] = 1.0
        labels = rng.permutation(SAMPLES) % 2
        y = np.eye(2)[labels] if outputs > 1 else labels[:, np.newaxis].astype(float)
        rank = 3 if outputs > 1 else 2
        yield Form(sizes, x, y, rank)
        yield Form(sizes, x.T.copy(), y.T.copy(), rank)
        yield Form(sizes, x[..., np.newaxis], y[..., np.newaxis], rank)  # a column for each sample
        yield Form(sizes, x, labels, rank)
        yield Form(sizes, x.T.copy(), labels, rank)
        yield Form(sizes, x.tolist(), y.tolist(), rank)
        yield Form(sizes, x, y, 1, each=True)
        yield Form(sizes, x[..., np.newaxis], y[..., np.newaxis], 1, each=True)
        yield Form(sizes, x.tolist(), y.tolist(), 1, each=True)


def _program(parts: Parts, method: ast.FunctionDef, form: Form, choice: Choice) -> str | None:
    """The text of a program; None where an argument could not be told."""
    x, y = ("x_one", "y_one") if form.each else (X, Y)
    made, owner = [], parts.owner
    holds_data = False
    if owner is not None:
        first = next((one for one in methods(parts.file, owner) if one.name == "__init__"), None)
        taken = arguments_of(first, owner) if first is not None else []
        holds_data = {data_word(one.name) for one in taken if one.default is None} >= {"X", "y"}
        given = _given(parts, taken, form.sizes, choice, X, Y)
        if given is None:
            return None
        added = parts.added(form.sizes, choice)
        holds_data = holds_data or any("data" in call.partition("(")[0].lower() for call in added)
        made = [f"{THING} = {owner.name}({given})", *added]
    static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in method.decorator_list)
    taken = arguments_of(method, owner, bound=owner is not None and not static)
    data = _data_arguments(taken)
    if not holds_data and not data:
        return None
    given = _given(parts, taken, form.sizes, choice, x, y, data)
    if given is None:
        return None
    made += parts.started
    call = f"{THING + '.' if owner is not None else ''}{method.name}({given})"
    samples = [f"    for x_one, y_one in zip({X}, {Y}):", f"        {call}"] if form.each else [f"    {call}"]
    return "\n".join([*made, "for _ in range(2):", *samples])


def _data_arguments(taken: list[Argument]) -> dict[str, str]:
    """Which arguments are the inputs and the targets: by their names, else the first two that have no default."""
    words = {one.name: word for one in taken if (word := one.data) is not None}
    if {"X", "y"} <= set(words.values()):
        return words
    free = [one.name for one in taken if one.default is None and one.is_unknown and one.name not in words]
    if len(free) == 2:
        return {free[0]: "X", free[1]: "y"}
    if len(free) == 1 and len(words) == 1:
        return {**words, free[0]: "y" if "X" in words.values() else "X"}
    alone = [*free, *words]
    return {alone[0]: "pairs"} if len(alone) == 1 else {}


def _given(
    parts: Parts,
    taken: list[Argument],
    sizes: Sizes,
    choice: Choice,
    x: str,
    y: str,
    data: dict[str, str] | None = None,
) -> str | None:
    """What is handed over, as text."""
    words = data if data is not None else {one.name: one.data for one in taken}
    values = {"X": x, "y": y, "pairs": f"[({x}, {y})]" if x != X else f"list(zip({x}, {y}))"}
    texts = []
    for one in taken:
        word = words.get(one.name)
        if word is not None and (one.default is None or word == "y"):
            text: str | None = values[word]
        else:
            text = text_of(one, taken, sizes, parts, choice)
        if text is None and one.default is None:
            return None
        if text is not None:
            texts.append(f"{one.name}={text}")
    return ", ".join(texts)


def driven_step(file: UserFile) -> OwnStep | None:
    """What a step shows that the doctor's own programs make; None where none gets through, or they disagree.

    What is right in one form of the data, and wrong in another that shows no more, is right.
    """
    until = time.monotonic() + SECONDS
    for programs in drives(file):
        wrong: list[tuple[Drive, OwnStep]] = []
        for drive in programs:
            least = max((other.form.rank for other, _ in wrong), default=0)
            if time.monotonic() > until:
                break
            if drive.form.rank < least:
                continue
            step = _step_of(file, drive)
            if step is not None and not step.wrong:
                return step
            wrong += [(drive, step)] if step is not None else []
        labels = [set(step.wrong) for _, step in wrong]
        if wrong and all(other == labels[0] for other in labels) and wrong[0][1].right:
            drive, step = wrong[0]
            second = _step_of(file, replace(drive, form=_with_other_numbers(drive.form)))
            return step if second is not None and set(second.wrong) == labels[0] else None
        if wrong:
            return None
    return None


def _with_other_numbers(form: Form) -> Form:
    """The same form of data, with inputs that are drawn anew but for a column of ones."""
    old = np.asarray(form.x)
    x = np.where(old == 1.0, 1.0, np.random.default_rng(1).normal(size=old.shape))
    return replace(form, x=x.tolist() if isinstance(form.x, list) else x)


def _step_of(file: UserFile, drive: Drive) -> OwnStep | None:
    driven = copy.copy(file)
    driven.driver, driven.driver_names = drive.statements, {"np": np, X: drive.form.x, Y: drive.form.y}
    found: list[OwnStep] = []

    doubts = Doubts()

    def examine(turn: Turn, outer: list[State]) -> bool | None:
        step = examine_turn(turn, outer, doubts)
        if step is not None and _is_of_the_network(step) and (step.wrong or _is_whole(turn, step)):
            found.append(step)
        return None if step is None and turn.line in doubts.fits else bool(found)

    run_to_first_step(driven, examine)
    return found[0] if found else None


def _is_whole(turn: Turn, step: OwnStep) -> bool:
    """Whether no array that stays as it is, and is no data, has a say in how the parameters move."""
    after, _ = turn.run({})
    known = [path for path in after if label_of(path) in step.right]
    for path, value in leaves(turn.state).items():
        of_network = value.dtype.kind == "f" and value.size > 1 and SAMPLES not in value.shape and path not in known
        if of_network and path in after and np.shape(after[path]) == value.shape and np.allclose(after[path], value):
            other, _ = turn.run({path: value + 0.1 * np.random.default_rng(0).normal(size=value.shape)})
            if any(not np.array_equal(other[one], after[one]) for one in known if one in other):
                return False
    return True


def _is_of_the_network(step: OwnStep) -> bool:
    """Whether a step is along a loss of the targets, or one that the file computes, and moves parameters."""
    if step.states_other_loss or step.out_of_step is not None:
        return False  # the doctor's own choice of a loss may be to blame
    labels = [*step.right, *step.wrong]
    roots = {_root(label) for label in step.right}
    if not step.right or step.loss in map(_root, labels) or not all(map(_is_parameter, labels)):
        return False
    told = is_called_loss((step.loss,)) if step.own_loss else data_word(step.loss.rpartition(" and ")[2]) == "y"
    known = all(_root(label) in roots or quantity(label) is not None for label in step.wrong)
    return (told and known) if step.wrong else (told or step.own_loss)


def _root(label: str) -> str:
    """The first name: thing of thing.maps[0]."""
    return re.split(r"[.\[]", label)[0]


def _is_parameter(label: str) -> bool:
    """Whether a name may be a parameter's, and is not that of a gradient or an output."""
    q = quantity(INDICES.sub("", label).rpartition(".")[2])
    return not GRADIENT.search(label) and (q is None or not q.kind.startswith("d"))
