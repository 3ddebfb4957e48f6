"""A hook for notebooks: the engine asks here how it looks, and knows no renderer.

``connect`` says where the renderer is; ``pellucid/__init__.py``, which is always imported first, connects
``pellucid.render.notebook``. It is loaded when a notebook first asks for it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Watcher(Protocol):
    """One training, as somebody sees it."""

    def after(self, after_step: Callable[[Any], None] | None) -> Callable[[Any], None]:
        """What to call with the ``Progress`` after each step: ``after_step``, and whatever shows the training."""

    def around(self, epochs: Iterator[T]) -> Iterator[T]:
        """The same epochs, shown as they come."""


_connected: Callable[[], Any] | None = None


def connect(renderer: Callable[[], Any]) -> None:
    """Let ``renderer()``, a module or object with ``html`` and ``watch`` as below, show the engine's objects."""
    global _connected
    _connected = renderer


def html(value: object) -> str | None:
    """A network, a history or an epoch as HTML; None, and so its repr, where no renderer is connected."""
    shown: str | None = None if _connected is None else _connected().html(value)
    return shown


def watch(progress: Any, epochs: int, batches: int) -> Watcher | None:
    """A watcher for a training of so many epochs of so many batches; None where nobody looks on."""
    watcher: Watcher | None = None if _connected is None else _connected().watch(progress, epochs, batches)
    return watcher
