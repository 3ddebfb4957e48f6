"""A hook for notebooks: the engine asks here how it looks, and knows no renderer.

``connect`` says where the renderer is; ``pellucid/__init__.py``, which is always imported first, connects
``pellucid.render.notebook``. It is loaded when a notebook first asks for it.
"""

from collections.abc import Callable
from typing import Any

_connected: Callable[[], Any] | None = None


def connect(renderer: Callable[[], Any]) -> None:
    """Let ``renderer()``, a module or object with ``html`` and ``watch`` as below, show the engine's objects."""
    global _connected
    _connected = renderer


def html(value: object) -> str | None:
    """A network, a history or an epoch as HTML; None, and so its repr, where no renderer is connected."""
    shown: str | None = None if _connected is None else _connected().html(value)
    return shown


def watch(progress: Any, epochs: int, batches: int) -> Any:
    """What shows a training of so many epochs of so many batches; None where nobody looks on.

    ``after(after_step)`` of it is what to call after each step, ``around(epochs)`` the same epochs, shown as they come.
    """
    return None if _connected is None else _connected().watch(progress, epochs, batches)
