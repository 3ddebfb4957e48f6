"""The confusion matrix as a picture: which class was taken for which, counts in the cells."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from pellucid._text import percent
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.render.pictures import style

COUNTED = 24  # classes up to which the cells hold their counts
NAMED = 40


def confusion(
    matrix: npt.ArrayLike, class_names: Sequence[str] | None = None, *, ax: "style.Axes | None" = None
) -> "style.Figure":
    """A confusion matrix (classes, classes): true classes are rows, predicted ones columns, counts stand in the cells.

    Colours are shares of the true class, on a scale that shows a few mistakes beside many right answers.

    Raises:
        InputError: the matrix is not square, or there are not as many names.

    >>> figure = confusion([[8, 2], [0, 10]], ["cat", "dog"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['8', '2', '·', '10']
    """
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or not counts.size:
        raise InputError(f"confusion: the matrix has the shape {counts.shape}: give one row and one column a class")
    classes = len(counts)
    names = style.labels(class_names or range(classes), 16)
    if len(names) != classes:
        raise InputError(f"confusion: {len(names)} names for {classes} classes: give one for each")
    side = float(np.clip(0.52 * classes + 2, 4, 11))
    ax = style.axes(ax, side + 1.6, side)
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    image = _cells(ax, shares)
    if classes <= COUNTED:
        texts = np.array([[f"{count:,}" if count else "·" for count in row] for row in counts.astype(int)])
        style.fill_cells(ax, texts, dark=shares > 0.2, bold=np.eye(classes, dtype=bool))
        _write_recalls(ax, shares, totals[:, 0])
    style.name_cells(ax, names, names, NAMED, longest=4)
    right, total = int(np.trace(counts)), int(counts.sum())
    share = f", {percent(right / total)} right" if total else ""
    style.label(ax, title=f"{total:,} samples{share}", x="taken for", y="true class")
    bar = style.scale(image, ax, "share of the true class (%)", shrink=0.8, ticks=[0, 0.01, 0.1, 0.5, 1])
    bar.ax.set_yticklabels(["0", "1", "10", "50", "100"])
    bar.ax.minorticks_off()
    return style.figure_of(ax)


def _cells(ax: "style.Axes", shares: AnyArray) -> "style.AxesImage":
    from matplotlib.colors import PowerNorm

    image = ax.imshow(shares, cmap=style.unsigned(), norm=PowerNorm(0.4, 0, 1))
    for edge in np.arange(len(shares) + 1) - 0.5 if len(shares) <= COUNTED else ():
        ax.axhline(edge, color="white", linewidth=1)
        ax.axvline(edge, color="white", linewidth=1)
    ax.spines[:].set_visible(False)
    return image


def _write_recalls(ax: "style.Axes", shares: AnyArray, totals: AnyArray) -> None:
    """To the right of each row the share of its class that was found."""
    right = ax.secondary_yaxis("right")
    found = [f"{100 * share:.1f} %" if total else "–" for share, total in zip(shares.diagonal(), totals, strict=True)]
    right.set_yticks(range(len(shares)), found)
    right.set_ylabel("of which found", fontsize=style.TEXT)
    right.tick_params(labelsize=style.SMALL, length=0)
    right.spines[:].set_visible(False)
