"""Modules that are not installed, or only show something: what stands in their place."""

import os
import sys
from collections.abc import Callable, Iterator
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import FrameType, ModuleType
from typing import Any

# Modules that only show something: they do nothing, installed or not.
SHOWING = {
    "matplotlib", "mpl_toolkits", "pylab", "seaborn", "plotly", "bokeh", "altair", "tqdm", "IPython", "wandb",
    "tensorboardX", "termcolor", "colorama", "prettytable", "google.colab", "graphviz", "imageio", "psutil",
    "torchvision.transforms",
}  # fmt: skip


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

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        """Classes that are made from it are made from nothing."""
        return ()


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


class Finder(MetaPathFinder, Loader):
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
