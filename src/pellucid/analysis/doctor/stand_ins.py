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
from collections.abc import Callable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import numpy as np

from pellucid.core.arrays import AnyArray

NAME = "__stand_in__"  # under which the user's code finds ``StandIns``
ROWS = 211  # of data that are made up: a number that nothing else has
# Modules that only show something: they do nothing, installed or not.
SHOWING = {
    "matplotlib", "mpl_toolkits", "pylab", "seaborn", "plotly", "bokeh", "altair", "tqdm", "IPython", "wandb",
    "tensorboardX", "termcolor", "colorama", "prettytable", "google.colab", "graphviz", "imageio", "psutil",
    "torchvision.transforms",
}  # fmt: skip
# Modules whose functions may be given as stand-ins, and the functions.
MODULES = {"numpy", "pandas", "sklearn", "keras", "tensorflow", "torchvision", "scipy", "np_utils"}
READERS = re.compile(r"read_(csv|table|excel)|loadtxt|genfromtxt|load|fromfile|loadmat")
DOWNLOADS = re.compile(r"load_data|fetch_\w+|\w*MNIST|CIFAR\d+")
LIBRARY = re.compile(r"load_\w+|make_\w+|train_test_split|to_categorical|\w+Scaler|accuracy_score")
# of a data set: the shape of an input, the number of classes (0: a value to regress), the greatest number
SETS: dict[str, tuple[tuple[int, ...], int, int]] = {
    "mnist": ((28, 28), 10, 255), "digit": ((8, 8), 10, 16), "cifar100": ((32, 32, 3), 100, 255),
    "cifar": ((32, 32, 3), 10, 255), "iris": ((4,), 3, 1), "wine": ((13,), 3, 1), "cancer": ((30,), 2, 1),
    "diabetes": ((10,), 0, 1), "california": ((8,), 0, 1), "boston": ((13,), 0, 1), "hous": ((13,), 0, 1),
    "olivetti": ((64, 64), 40, 1), "covtype": ((54,), 7, 1), "titanic": ((7,), 2, 1), "moons": ((2,), 2, 1),
    "circles": ((2,), 2, 1), "blobs": ((2,), 3, 1), "make_classification": ((20,), 2, 1),
    "make_regression": ((100,), 0, 1),
}  # fmt: skip
KAGGLE = re.compile(r"digit-recognizer|(^|/)(train|test)\.csv$")  # the digits as most learners have them: a label first
OTHER = ((4,), 2, 1)
WEIGHTS = re.compile(r"(^|/)[wb]\d*\.|weight|param|bias|theta|model|trained|checkpoint", re.IGNORECASE)
LABELS = re.compile(r"(^|[/_])(y|t|labels?|targets?)([_.\d]|$)", re.IGNORECASE)


class Absent(ModuleType):
    """A module that is not installed, or a thing of it: what is in it can be named, and not be used."""

    def __init__(self, name: str, *_: Any) -> None:
        super().__init__(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _module(f"{self.__name__}.{name}")

    def __call__(self, *values: Any, **named: Any) -> Any:
        raise ModuleNotFoundError(f"{self.__name__.partition('.')[0]} is not installed")

    __getitem__ = __iter__ = __array__ = __call__


class Silent(Absent):
    """A module that only shows something, or a thing of it: it takes everything and does nothing."""

    def __init__(self, name: str, content: Any = (), *_: Any) -> None:
        super().__init__(name)
        self.__dict__["_content"] = content

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Silent(name)

    def __call__(self, *values: Any, **named: Any) -> Any:
        first, name = values[0] if values else (), self.__name__.rpartition(".")[2]
        if name == "trange":
            return Silent(name, range(*values))
        if name == "subplots":
            rows, columns = (*values, 1, 1)[:2]
            return Silent(name, [Silent("figure"), _axes(named.get("nrows", rows), named.get("ncols", columns))])
        count = {"hist": 3, "plot": 1}.get(name)  # what is unpacked into names
        if count is not None:
            return tuple(Silent(name) for _ in range(count))
        return Silent(name, first if hasattr(first, "__iter__") else ())  # tqdm(batches) gives the batches

    def __getitem__(self, _: Any) -> Any:
        return self

    def __setitem__(self, *_: Any) -> None:
        pass

    def __iter__(self) -> Iterator[Any]:
        return iter(self.__dict__["_content"])

    def __len__(self) -> int:
        return len(self.__dict__["_content"])

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        pass


def _axes(rows: int, columns: int) -> Silent:
    """What ``plt.subplots`` gives beside the figure: one of them, a row or column of them, or rows of rows."""
    if rows > 1 and columns > 1:
        return Silent("axes", [_axes(1, columns) for _ in range(rows)])
    return Silent("axes", [Silent("axes") for _ in range(max(rows, columns))])


def _only_shows(name: str) -> bool:
    return any(f"{name}.".startswith(f"{known}.") for known in SHOWING)


def _module(name: str) -> Absent:
    return Silent(name) if _only_shows(name) else Absent(name)


class _Finder(MetaPathFinder, Loader):
    """Finds stand-ins for what the user's own files import; what libraries import is none of its business."""

    def __init__(self, folder: str, tried: set[str], told: Callable[[str], None]) -> None:
        self.folder, self.tried, self.told = folder, tried, told

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top in self.tried or not self._asked_by_the_user():
            return None
        known = isinstance(sys.modules.get(top), Absent)
        if not known and not _only_shows(fullname):
            if top in sys.builtin_module_names or PathFinder.find_spec(top) is not None:
                return None
            if not any(name.startswith(f"{fullname}.") for name in SHOWING):  # as google is, of google.colab
                self.told(top)
        return ModuleSpec(fullname, self, is_package=True)

    def _asked_by_the_user(self) -> bool:
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        file = "" if frame is None else frame.f_code.co_filename
        return os.path.realpath(file).startswith(self.folder) and "site-packages" not in file

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


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

    @contextlib.contextmanager
    def modules(self, folder: str) -> Iterator[None]:
        """While this lasts, the user's files in this folder can import what is not installed."""
        before, finder = set(sys.modules), _Finder(folder, self._tried, self._missing)
        sys.meta_path.insert(0, finder)
        try:
            yield
        finally:
            sys.meta_path.remove(finder)
            for name in [name for name, module in sys.modules.items() if isinstance(module, Absent)]:
                if name not in before:
                    del sys.modules[name]

    def __call__(self, function: Any, called: str) -> Any:
        """What the user's code calls in place of a function that reads, downloads, or may not be installed."""
        absent = isinstance(function, Absent)
        full = function.__name__ if absent else f"{getattr(function, '__module__', '')}.{called}"
        last = full.rpartition(".")[2]
        if full.partition(".")[0] not in MODULES:
            return function
        if DOWNLOADS.fullmatch(last):
            return lambda *values, **named: self._made_up(f"{called} was not run", full, values, named)
        if READERS.fullmatch(last):
            return lambda *values, **named: self._read(function, full, called, values, named)
        if not absent:
            return function
        if last in LIBRARY_STAND_INS:
            return LIBRARY_STAND_INS[last]
        return lambda *values, **named: self._made_up(f"{full} is not installed", full, values, named)

    def _read(self, function: Any, full: str, called: str, values: Any, named: Any) -> Any:
        try:
            return function(*values, **named)
        except (OSError, ModuleNotFoundError) as error:
            name = str(values[0] if values else "")
            if WEIGHTS.search(name) or not isinstance(values[0] if values else None, str | Path):
                raise
            why = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read ({error})"
            return self._made_up(f"{name} {why}", full, values, named)

    def _made_up(self, what: str, full: str, values: Any, named: Any) -> Any:
        self.data.append(what)
        self._note(f"{what}: small random data stand for it, and are not judged")
        name = str(values[0]) if values else ""
        last = full.rpartition(".")[2]
        if READERS.fullmatch(last):
            return _table_or_files(name)
        X, y = _samples(f"{full} {name} {named.get('name', '')}".lower(), int(named.get("n_features", 0)))
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


class Table(np.ndarray[Any, Any]):
    """Made-up numbers that also answer to what a data frame or a tensor is asked."""

    @property
    def values(self) -> AnyArray:
        return np.asarray(self)

    iloc = loc = property(lambda self: self)

    @property
    def columns(self) -> list[str]:
        """The columns by name: the label stands first where the others are 28 × 28 pixels, as Kaggle has them."""
        names = [f"x{k}" for k in range(self.shape[1] - 1)]
        return ["label", *names] if len(names) == 784 else [*names, "label"]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, list) and key and isinstance(key[0], str):  # columns of any names
            return self[:, : len(key)]
        return super().__getitem__((slice(None), self.columns.index("label")) if isinstance(key, str) else key)

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            super().__setitem__(key, value)

    def drop(self, *_: Any, **__: Any) -> Any:
        """All columns but the label's."""
        return self[:, 1:] if self.columns[0] == "label" else self[:, :-1]

    def __getattr__(self, name: str) -> Any:
        """What else a data frame or a tensor can do (``head``, ``fillna``, ``numpy``) leaves it as it is."""
        if name.startswith("_") or name == "mask":  # for which NumPy asks
            raise AttributeError(name)
        return lambda *_, **__: self


class _Set(dict[str, Any]):
    """A data set: its parts by name, as keys and as attributes, and its samples by number."""

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> Any:
        return (self.data[key], int(self.targets[key])) if isinstance(key, int) else super().__getitem__(key)

    def __len__(self) -> int:
        return len(self.data)


class _Files(dict[str, Any]):
    """The arrays of a .npz or .mat file under whatever name they are asked for."""

    def __missing__(self, name: str) -> Any:
        X, y = _samples("", 0)
        return y if LABELS.search(name) else X


def _table_or_files(name: str) -> Any:
    if name.endswith((".npz", ".mat")):
        return _Files()
    X, y = _samples("mnist" if KAGGLE.search(name) else name.lower(), 0)
    X, column = X.reshape(ROWS, -1), y.reshape(ROWS, 1)
    if name.endswith(".npy"):
        return y if LABELS.search(name) else X
    digits = X.shape[1] == 784
    return np.concatenate([column, X] if digits else [X, column], axis=1).view(Table)


def _samples(about: str, features: int) -> tuple[Any, Any]:
    """Samples of the data set that these words speak of: each class around a point of its own."""
    shape, classes, most = next((known for name, known in SETS.items() if name in about), OTHER)
    shape, rng = (features,) if features else shape, np.random.default_rng(0)
    y = rng.permutation(np.arange(ROWS) % max(classes, 4))
    X = 0.7 * rng.random((max(classes, 4), *shape))[y] + 0.3 * rng.random((ROWS, *shape))
    X = np.floor(most * X).astype(np.uint8) if most > 1 else X
    return X.view(Table), (y if classes else X.reshape(ROWS, -1).mean(axis=1)).view(Table)


def _split_in_two(*arrays: Any, **_: Any) -> list[Any]:
    cut = [len(array) * 3 // 4 for array in arrays]
    return [part for array, k in zip(arrays, cut, strict=True) for part in (array[:k], array[k:])]


def _one_hot(y: Any, num_classes: int | None = None, **_: Any) -> Any:
    labels = np.asarray(y, int).ravel()
    return np.eye(num_classes or int(labels.max()) + 1)[labels]


class _Scaler:
    """What scales columns to a mean of 0 and a deviation of 1."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.mean: Any = 0.0
        self.deviation: Any = 1.0

    def fit(self, X: Any, *_: Any) -> "_Scaler":
        self.mean, self.deviation = np.mean(X, axis=0), np.std(X, axis=0) + 1e-9
        return self

    def transform(self, X: Any) -> Any:
        return (np.asarray(X) - self.mean) / self.deviation

    def fit_transform(self, X: Any, *_: Any) -> Any:
        return self.fit(X).transform(X)


LIBRARY_STAND_INS: dict[str, Any] = {
    "train_test_split": _split_in_two,
    "to_categorical": _one_hot,
    "StandardScaler": _Scaler,
    "MinMaxScaler": _Scaler,
    "accuracy_score": lambda y, predicted, **_: float(np.mean(np.asarray(y) == np.asarray(predicted))),
}


class _Wrapping(ast.NodeTransformer):
    """Lets ``np.loadtxt(…)`` ask the stand-ins first: ``__stand_in__(np.loadtxt, "np.loadtxt")(…)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        called = ast.unparse(node.func)
        last = called.rpartition(".")[2]
        if any(names.fullmatch(last) for names in (READERS, DOWNLOADS, LIBRARY)):
            asked = ast.Call(ast.Name(NAME, ast.Load()), [node.func, ast.Constant(called)], [])
            node.func = ast.copy_location(asked, node.func)
        return node


def asking_stand_ins(statement: ast.stmt) -> ast.Module:
    """A statement as a program in which calls that read or download ask the stand-ins first."""
    program = ast.Module([_Wrapping().visit(copy.deepcopy(statement))], [])
    return ast.fix_missing_locations(program)
