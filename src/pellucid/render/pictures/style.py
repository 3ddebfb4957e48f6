"""The common look of the pictures: colours that colour-blind readers tell apart, sizes, axes, and files.

matplotlib is imported when a figure is made, and only its objects are used: no pyplot, no settings for all figures.
"""

import io
import textwrap
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid._files import StrPath, write_whole
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError, needs
from pellucid.render import svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure, SubFigure

SUFFIXES = (".png", ".svg", ".pdf")

BLUE, ORANGE, VERMILLION, GREEN = svg.BLUE, svg.ORANGE, svg.VERMILLION, svg.GREEN
SKY, PURPLE, BLACK, GREY, PALE = svg.SKY, svg.PURPLE, "#000000", "#666666", "#DDDDDD"
# a layer each: colour, line, marker; any two differ in more than their colour
LINES = (
    (BLUE, "-", "o"), (VERMILLION, "--", "s"), (GREEN, "-.", "^"), (PURPLE, ":", "D"), (BLACK, "-", "v"),
    (ORANGE, "--", "P"), (SKY, "-.", "X"),
)  # fmt: skip
HEADING, TITLE, TEXT, SMALL = 12, 10, 9, 7.5  # points


def figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches; raises InputError where matplotlib is not installed."""
    needs("matplotlib", "pictures", "a picture")
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=100, layout="constrained")


def axes(ax: "Axes | None", width: float, height: float) -> "Axes":
    """The axes that the caller gave, or those of a new figure of so many inches."""
    return figure(width, height).subplots() if ax is None else ax


def figure_of(ax: "Axes") -> "Figure":
    """The whole figure that axes stand in."""
    return ax.figure.figure


def heading(figure: "Figure", text: str) -> None:
    """What the picture shows, above all of it, in as many lines as it takes."""
    letters = max(20, int(figure.get_figwidth() * 9.5))
    figure.suptitle("\n".join(textwrap.wrap(literal(text, most=200), letters)), fontsize=HEADING)


def label(ax: "Axes", *, title: str = "", x: str = "", y: str = "", grid: bool = False) -> None:
    """Title and axis labels in the common sizes; with ``grid`` pale lines behind the data."""
    ax.set_title(title, fontsize=TITLE)
    ax.set_xlabel(x, fontsize=TEXT)
    ax.set_ylabel(y, fontsize=TEXT)
    ax.tick_params(labelsize=SMALL)
    if grid:
        ax.grid(True, color=PALE, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)


def bare(ax: "Axes") -> None:
    """Axes without ticks, as around a picture."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(GREY)
    ax.spines[:].set_linewidth(0.5)


def literal(text: object, most: int = 18) -> str:
    r"""A name as it is, on one line, cut to ``most`` characters; matplotlib takes no dollar in it for mathematics.

    >>> literal("price in $"), literal("a class with a very long name")
    ('price in \\$', 'a class with a ve…')
    """
    whole = "".join(mark if mark.isprintable() else " " for mark in str(text))
    return (whole if len(whole) <= most else whole[: most - 1] + "…").replace("$", r"\$")


def signed() -> "Colormap":
    """Vermillion below 0, white at 0, blue above."""
    return _blend("signed", (VERMILLION, "#FFFFFF", BLUE))


def unsigned() -> "Colormap":
    """White at 0, then ever darker blue."""
    return _blend("unsigned", ("#FFFFFF", SKY, BLUE, "#00304D"))


def _blend(name: str, colours: tuple[str, ...]) -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list(name, colours)


def reach(values: AnyArray, share: float = 1.0) -> float:
    """How far a signed scale must go: the largest size, or with ``share`` that quantile of the sizes; never 0.

    >>> reach(np.array([-3.0, 1.0])), reach(np.zeros(2))
    (3.0, 1.0)
    """
    sizes = np.abs(values[np.isfinite(values)])
    return float(np.quantile(sizes, share)) or float(sizes.max()) or 1.0 if sizes.size else 1.0


def scale(figure: "Figure | SubFigure", image: Any, ax: Any, text: str, *, clipped: bool = False) -> None:
    """A colour bar with its label; ``clipped`` says that colours end before the values do."""
    bar = figure.colorbar(image, ax=ax, extend="both" if clipped else "neither", shrink=0.85, pad=0.02)
    bar.set_label(text, fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)


def ticks(count: int, most: int) -> AnyArray:
    """Which of ``count`` places get a label, so that at most ``most`` do.

    >>> ticks(4, 10).tolist(), ticks(100, 5).tolist()
    ([0, 1, 2, 3], [0, 20, 40, 60, 80])
    """
    return np.arange(0, count, max(1, -(-count // most)))


def check_name(path: StrPath) -> str:
    """The suffix of a file for a picture, one of ``SUFFIXES``; raises InputError for any other."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: pictures are written as {', '.join(SUFFIXES)}: give the file one of these endings")
    return suffix


def render(figure: "Figure", suffix: str, dpi: int = 150) -> bytes:
    """A figure as the bytes of a .png, .svg or .pdf file: the same figure gives the same bytes."""
    from matplotlib import rc_context

    dates: dict[str, dict[str, Any]] = {
        ".png": {"Software": None},
        ".svg": {"Date": None},
        ".pdf": {"CreationDate": None},
    }
    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "pellucid"}), warnings.catch_warnings():
        # a name in letters that the font lacks is drawn as boxes; the picture is good all the same
        warnings.filterwarnings("ignore", message="(Glyph|Matplotlib currently does not support)")
        figure.savefig(content, format=suffix[1:], dpi=dpi, metadata=dates[suffix])
    return content.getvalue()


def save(figure: "Figure", path: StrPath, dpi: int = 150) -> None:
    r"""Write a figure to a .png, .svg or .pdf file, whole or not at all.

    Raises:
        InputError: the file's name ends in something else.
        OSError: it cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty.png"
    >>> save(figure(1, 1), path)
    >>> path.read_bytes()[:4]
    b'\x89PNG'
    """
    suffix = check_name(path)
    write_whole(path, render(figure, suffix, dpi), durable=False)
