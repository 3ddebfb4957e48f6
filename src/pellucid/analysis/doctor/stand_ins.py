"""What stands for modules that are not installed, data that are not there, and data that would have to be downloaded.

Small random data of the right shape stand for a data set or for a table that is missing. They let the user's functions
run; nothing is ever said of them.
"""

import ast
import contextlib
import copy
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pellucid.analysis.doctor.absent_modules import Absent, Finder
from pellucid.analysis.doctor.made_up_data import (
    ROWS,
    WEIGHTS,
    _one_hot,
    _samples,
    _Scaler,
    _Set,
    _shuffled,
    _split_in_two,
    _table_or_files,
    columns_asked,
    file_like,
)

NAME = "__stand_in__"  # under which the user's code finds ``StandIns``
# Modules whose functions may be given as stand-ins, and the functions.
MODULES = {"numpy", "pandas", "sklearn", "keras", "tensorflow", "torchvision", "scipy", "np_utils", "mnist"}
READERS = re.compile(r"read_(csv|table|excel)|loadtxt|genfromtxt|load|fromfile|loadmat")
DOWNLOADS = re.compile(r"load_data|fetch_\w+|\w*MNIST|CIFAR\d+|(train|test)_(images|labels)")
OPENS = ("open", "gzip.open")
LIBRARY = re.compile(r"load_\w+|make_\w+|train_test_split|shuffle|to_categorical|\w+Scaler|accuracy_score")


def _does_nothing(*_: Any, **__: Any) -> Any:
    return 0


class StandIns:
    """The stand-ins of one file; ``notes`` say what was stood for, ``data`` which data were."""

    def __init__(self, tree: ast.Module) -> None:
        self.notes: list[str] = []
        self.data: list[str] = []
        # what is imported in a try may be missing: the file itself knows what to do then
        nodes = [node for part in ast.walk(tree) if isinstance(part, ast.Try) for node in ast.walk(part)]
        names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
        names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        self._tried = {name.partition(".")[0] for name in names}
        self._columns = columns_asked(tree)

    @contextlib.contextmanager
    def modules(self, folder: str) -> Iterator[None]:
        """While this lasts, the user's files in this folder can import what is not installed."""
        before, finder = set(sys.modules), Finder(folder, self._tried, self._missing)
        system, sleep = os.system, time.sleep
        os.system, time.sleep = _does_nothing, _does_nothing  # what clears the screen, and waits
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            os.system, time.sleep = system, sleep
            for name in [name for name, module in sys.modules.items() if isinstance(module, Absent)]:
                if name not in before:
                    del sys.modules[name]

    def __call__(self, function: Any, called: str) -> Any:
        """What the user's code calls in place of a function that reads, downloads, or may not be installed."""
        absent = isinstance(function, Absent)
        full = function.__name__ if absent else f"{getattr(function, '__module__', '')}.{called}"
        last = full.rpartition(".")[2]
        if called in OPENS:
            return lambda *values, **named: self._opened(function, values, named)
        if full.partition(".")[0] not in MODULES:
            return function
        if DOWNLOADS.fullmatch(last):
            return lambda *values, **named: self._made_up(f"{called} was not run", full, values, named)
        if READERS.fullmatch(last):
            return lambda *values, **named: self._read(function, full, called, values, named)
        if last == "train_test_split" and not absent:
            return lambda *values, **named: self._split(function, values, named)
        if not absent:
            return function
        if last in LIBRARY_STAND_INS:
            return LIBRARY_STAND_INS[last]
        return lambda *values, **named: self._made_up(f"{full} is not installed", full, values, named)

    def _split(self, function: Any, values: Any, named: Any) -> Any:
        """Data in two parts; where they are made up, of whatever sizes they can be."""
        try:
            return function(*values, **named)
        except ValueError:
            if not self.data:
                raise
            return _split_in_two(*values)

    def _read(self, function: Any, full: str, called: str, values: Any, named: Any) -> Any:
        try:
            return function(*values, **named)
        except (OSError, ModuleNotFoundError) as error:
            name = str(values[0] if values else "")
            if WEIGHTS.search(name) or not isinstance(values[0] if values else None, str | Path):
                raise
            why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
            return self._made_up(f"{name} {why}", full, values, named)

    def _opened(self, function: Any, values: Any, named: Any) -> Any:
        """A file; small data where it is not there."""
        try:
            return function(*values, **named)
        except FileNotFoundError:
            name, mode = str(values[0]) if values else "", str(named.get("mode", [*values, "", ""][1]))
            is_binary = "b" in mode or (function is not open and "t" not in mode)
            made = None if WEIGHTS.search(name) else file_like(name, is_binary=is_binary)
            if made is None:
                raise
            self.data.append(name)
            self._note(f"{name} is not there: {'a small text' if name.endswith('.txt') else 'small random data'} "
                       "stands for it, and is not judged")  # fmt: skip
            return made

    def _made_up(self, what: str, full: str, values: Any, named: Any) -> Any:
        self.data.append(what)
        self._note(f"{what}: small random data stand for it, and are not judged")
        name = str(values[0]) if values else ""
        last = full.rpartition(".")[2]
        if READERS.fullmatch(last):
            return _table_or_files(name, self._columns)
        X, y = _samples(f"{full} {name} {named.get('name', '')}".lower(), int(named.get("n_features", 0)))
        if last in ("train_images", "train_labels", "test_images", "test_labels"):  # of mnist
            return X if last.endswith("images") else y
        if last == "load_data":  # of keras
            return (X[:150], y[:150]), (X[150:], y[150:])
        if DOWNLOADS.fullmatch(last) and not last.startswith("fetch"):  # of torchvision
            return _Set(data=X, targets=y, train_data=X, train_labels=y, test_data=X, test_labels=y)
        X = X.reshape(ROWS, -1)
        if last.startswith("make_") or named.get("return_X_y"):
            return X, y
        names = [str(k) for k in range(X.shape[1])]
        return _Set(data=X, target=y, images=X, feature_names=names, target_names=np.unique(y).astype(str), DESCR="")

    def _missing(self, name: str) -> None:
        self._note(f"{name} is not installed, and no file beside yours: what needs it was not examined; install it")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


LIBRARY_STAND_INS: dict[str, Any] = {
    "train_test_split": _split_in_two,
    "shuffle": _shuffled,
    "to_categorical": _one_hot,
    "StandardScaler": _Scaler,
    "MinMaxScaler": _Scaler,
    "accuracy_score": lambda y, predicted, **_: float(np.mean(np.asarray(y) == np.asarray(predicted))),
}


class _Wrapping(ast.NodeTransformer):
    """Lets ``np.loadtxt(…)`` ask the stand-ins first: ``__stand_in__(np.loadtxt, "np.loadtxt")(…)``."""

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """Where the code itself makes what a missing file would have held, it is left to it."""
        missing = [h for h in node.handlers if h.type is not None and "FileNotFoundError" in ast.unparse(h.type)]
        if any(isinstance(part, ast.Assign) for handler in missing for part in ast.walk(handler)):
            return node
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = ast.unparse(node.func)
        last = called.rpartition(".")[2]
        if called in OPENS or any(names.fullmatch(last) for names in (READERS, DOWNLOADS, LIBRARY)):
            asked = ast.Call(ast.Name(NAME, ast.Load()), [node.func, ast.Constant(called)], [])
            node.func = ast.copy_location(asked, node.func)
        return node


def asking_stand_ins(statement: ast.stmt) -> ast.Module:
    """A statement as a program in which calls that read or download ask the stand-ins first."""
    program = ast.Module([_Wrapping().visit(copy.deepcopy(statement))], [])
    return ast.fix_missing_locations(program)
