"""Figures that answer: sliders and drawings in a notebook and on the site, made of the parts that the pages share."""

from collections.abc import Callable
from typing import Any

from pellucid._text import did_you_mean
from pellucid.book.figures import by_hand, digit, landscape, learning_rate
from pellucid.book.figures.shown import Figure
from pellucid.core.errors import InputError

__all__ = ["FIGURES", "Figure", "figure"]

FIGURES: dict[str, Callable[..., Figure]] = {
    "neuron": by_hand.neuron,
    "chain": by_hand.chain,
    "learning-rate": learning_rate.learning_rate,
    "landscape": landscape.landscape,
    "digit": digit.digit,
}


def figure(name: str, subject: Any = None) -> Figure:
    """A figure by its name, for the last line of a cell.

    Args:
        name: ``"neuron"``, ``"chain"``, ``"learning-rate"``, ``"landscape"`` or ``"digit"``.
        subject: what it shows, where that can be chosen: of ``"landscape"`` a ``landscape.Surface``, of ``"digit"`` a
            ``Model`` or a ``Network`` of 28 × 28 pixels. Without it they show something small that comes along.

    Raises:
        InputError: no figure has this name, or it shows no such thing.

    >>> figure("learning-rate").name
    'learning-rate'
    """
    if name not in FIGURES:
        raise InputError(f"figure({name!r}): {did_you_mean(name, FIGURES, 'one of ' + ', '.join(FIGURES))}")
    if subject is None:
        return FIGURES[name]()
    if name not in ("landscape", "digit"):
        raise InputError(f"figure({name!r}, …): shows only itself; leave the second argument out")
    return FIGURES[name](subject)
