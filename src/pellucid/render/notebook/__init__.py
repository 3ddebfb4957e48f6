"""What notebooks show: networks, histories and epochs as HTML, and a training while it runs.

``html`` and ``watch`` are what the engine's hook (core/display.py) calls.
"""

from pellucid.core.network import Network
from pellucid.core.progress import Epoch, History
from pellucid.render.notebook.live import box as watch

__all__ = ["html", "watch"]


def html(value: object) -> str | None:
    """A network, a history or an epoch as HTML; None for anything else.

    >>> html(History()).endswith("<b>History</b> of no epoch yet</div>")
    True
    """
    from pellucid.render.notebook import summaries  # loaded when a notebook first shows something

    match value:
        case Network():
            return summaries.network_summary(value)
        case History():
            return summaries.history_summary(value)
        case Epoch():
            return summaries.epoch_summary(value)
    return None
