"""Bars of how much each column matters."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pellucid.core.errors import InputError
from pellucid.render.pictures import style

if TYPE_CHECKING:
    from pellucid.tables import Importance

MOST = 25  # bars


def importance(
    found: Sequence["Importance"], score: str = "accuracy", *, ax: "style.Axes | None" = None
) -> "style.Figure":
    """A bar for each column, the one that matters most on top, with the spread over the shuffles.

    ``found`` is what ``pellucid.tables.importance`` gives; ``score`` is what the bars are a loss of. At most 25 columns
    are drawn.

    >>> from pellucid.tables import Importance
    >>> figure = importance([Importance("size", 0.8, 0.02, 1.5), Importance("noise", 0.0, 0.01, 0.0)], "R²")
    >>> [float(bar.get_width()) for bar in figure.axes[0].patches]
    [0.8, 0.0]
    """
    if not found:
        raise InputError("importance: there are no columns: give at least one")
    shown = list(found)[:MOST]
    ax = style.axes(ax, 7.0, 1.4 + 0.28 * len(shown))
    places = range(len(shown))
    ax.barh(places, [column.drop for column in shown], color=style.POS)
    ax.errorbar(
        [column.drop for column in shown], places, xerr=[column.spread for column in shown], fmt="none",
        ecolor=style.INK, elinewidth=1, capsize=2,
    )  # fmt: skip
    ax.set_yticks(places, style.labels([column.name for column in shown], 32), fontsize=style.TEXT)
    ax.invert_yaxis()
    ax.axvline(0, color=style.QUIET, linewidth=0.8)
    more = f" (the first {len(shown)} of {len(found)})" if len(found) > len(shown) else ""
    style.label(ax, title=f"Which columns matter{more}", x=f"{score} lost when the column is shuffled", y="", grid=True)
    return style.figure_of(ax)
