"""The common look of the pictures: colours that colour-blind readers tell apart, sizes, axes, and files.

matplotlib is imported when a figure is made, and only its objects are used: no pyplot, no settings for all figures.
"""

import contextlib
import io
import logging
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pellucid._files.reading import StrPath
from pellucid._files.writing import check_replaceable, marked, write_whole
from pellucid._text import shortened, visible
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError, needs
from pellucid.render import palette
from pellucid.render.names import distinct

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes  # the other pictures take the types from here
    from matplotlib.colorbar import Colorbar
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure as Figure
    from matplotlib.gridspec import SubplotSpec as SubplotSpec
    from matplotlib.image import AxesImage as AxesImage
    from matplotlib.ticker import Locator as Locator

SUFFIXES = (".png", ".svg", ".pdf")

# the colours of the pages in the light theme, since a picture lies on white
_LIGHT = palette.tokens()
POS, NEG, NEG_INK, TRAIN, DEV, PATH = (_LIGHT[name] for name in ("pos", "neg", "neg-ink", "train", "dev", "path"))
INK, QUIET, EDGE, PALE, OK = (_LIGHT[name] for name in ("ink", "ink-2", "edge", "line", "ok"))
PAPER, PURPLE, LIGHT_BLUE = _LIGHT["surface"], "#9a5a8f", "#7fb8d8"
# a layer each: colour, line, marker; any two differ in more than their colour
LINES = (
    (POS, "-", "o"), (NEG, "--", "s"), (OK, "-.", "^"), (PURPLE, ":", "D"), (INK, "-", "v"), (DEV, "--", "P"),
    (EDGE, "-.", "X"),
)  # fmt: skip
DPI = 100  # of a figure on a screen, where its letters are as large as the pages'
HEADING, TITLE, TEXT = (palette.pixels(name) * 72 / DPI for name in ("t-16", "t-14", "t-12"))  # points
SMALL = 7.5  # points, where much stands close together
FEWEST = 4  # bars that there is room for


def figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches; raises InputError where matplotlib is not installed."""
    with _no_word_of_its_cache():
        needs("matplotlib", "pictures", "a picture")
        from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=DPI, layout="constrained")


@contextlib.contextmanager
def _no_word_of_its_cache() -> Iterator[None]:
    """Keep matplotlib, when it is loaded, from saying that it found no folder of the user to keep its fonts in."""
    log = logging.getLogger("matplotlib")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def axes(ax: "Axes | None", width: float, height: float) -> "Axes":
    """The axes that the caller gave, or those of a new figure of so many inches."""
    return figure(width, height).subplots() if ax is None else ax


def figure_of(ax: "Axes") -> "Figure":
    """The whole figure that axes stand in."""
    return ax.figure.figure


def heading(figure: "Figure", *lines: str) -> None:
    """What the picture shows, above all of it; a line that is too long for it is broken."""
    letters = max(20, int(figure.get_figwidth() * 9.5))
    broken = [part for line in lines for part in textwrap.wrap(literal(line, most=200), letters)]
    figure.suptitle("\n".join(broken), fontsize=HEADING)


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


def tiles(figure: "Figure", count: int, columns: int) -> "list[SubplotSpec]":
    """Places side by side, row after row, and no more of them than are needed."""
    grid = figure.add_gridspec(max(1, -(-count // columns)), columns)
    return [grid[k // columns, k % columns] for k in range(count)]


def grey_image(ax: "Axes", pixels: AnyArray) -> None:
    """A sample as the picture (h, w) that it is: 0 is white, large is dark."""
    ax.imshow(pixels, cmap="gray_r")
    bare(ax)


def signed_image(ax: "Axes", values: AnyArray, most: float, **more: Any) -> "AxesImage":
    """Numbers (h, w) as colours from −most to most."""
    return ax.imshow(values, cmap=signed(), vmin=-most, vmax=most, **more)


def bars(ax: "Axes", values: AnyArray, colour: str | list[str]) -> None:
    """Horizontal bars from 0, the first one on top; a few are not blown up to fill the axes."""
    ax.barh(range(len(values)), values, color=colour, height=0.75)
    ax.axvline(0, color=INK, linewidth=0.8)
    room = max(0.0, (FEWEST - len(values)) / 2)
    ax.set_ylim(len(values) - 0.4 + room, -0.6 - room)


def write_share(ax: "Axes", place: int, p: float, unit: float = 1.0) -> None:
    """A probability behind the end of its horizontal bar, on an axis that ends at ``unit`` (1, or 100 for percent)."""
    ax.annotate(share(p), (p * unit, place), (3, 0), textcoords="offset points", va="center", fontsize=SMALL)


def share(p: float) -> str:
    """A probability in percent, with a decimal where it is nearly 0 or 1.

    >>> share(0.513), share(0.9987), share(0.99999), share(0.0021), share(1e-9)
    ('51 %', '99.9 %', '>99.9 %', '0.2 %', '<0.1 %')
    """
    if 0.005 <= p < 0.995:
        return f"{100 * p:.0f} %"
    if 0.9995 <= p < 1:
        return ">99.9 %"
    return "<0.1 %" if 0 < p < 0.0005 else f"{100 * p:.1f} %"


def name_cells(ax: "Axes", columns: Sequence[str], rows: Sequence[str], most: int, longest: int) -> None:
    """Names below the columns of a table and left of its rows, at most ``most``; ``longest`` stand upright."""
    across, down = ticks(len(columns), most), ticks(len(rows), most)
    names = [columns[k] for k in across]
    slanted = max(map(len, names)) > longest
    ax.set_xticks(across, names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
    ax.set_yticks(down, [rows[k] for k in down])


def fill_cells(ax: "Axes", texts: AnyArray, dark: AnyArray, bold: AnyArray) -> None:
    """A text (h, w) in each cell of a table, white where the cell is dark."""
    for row, column in np.ndindex(texts.shape):
        ax.text(
            column, row, str(texts[row, column]), ha="center", va="center", fontsize=SMALL,
            color=PAPER if dark[row, column] else INK, weight="bold" if bold[row, column] else "normal",
        )  # fmt: skip


def bare(ax: "Axes") -> None:
    """Axes without ticks, as around a picture."""
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color(QUIET)
    ax.spines[:].set_linewidth(0.5)


def literal(text: object, most: int = 18) -> str:
    r"""A name as it is, on one line, cut to ``most`` characters; matplotlib takes no dollar in it for mathematics.

    >>> literal("price in $"), literal("a class with a very long name")
    ('price in \\$', 'a class with a ve…')
    """
    return shortened(visible(str(text)[: most + 1]), most).replace("$", r"\$")


def labels(names: Sequence[object], most: int) -> list[str]:
    r"""Names as ``literal`` shows them, cut so that those which differ still do.

    >>> labels(["area in $", "area of the kitchen", "area of the cellar"], 12)
    ['area in \\$', 'area …itchen', 'area …cellar']
    """
    return [text.replace("$", r"\$") for text in distinct(names, most)]


def signed() -> "Colormap":
    """Orange below 0, white at 0, blue above."""
    return _blend("signed", (NEG, PAPER, POS))


def unsigned() -> "Colormap":
    """White at 0, then ever darker blue."""
    return _blend("unsigned", (PAPER, LIGHT_BLUE, POS, INK))


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


def scale(image: Any, ax: Any, text: str, *, shrink: float = 0.85, pad: float = 0.02, **more: Any) -> "Colorbar":
    """A colour bar with its label beside axes, or beside a list of them."""
    bar = image.figure.colorbar(image, ax=ax, shrink=shrink, pad=pad, **more)
    bar.set_label(text, fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    made: Colorbar = bar
    return made


def ticks(count: int, most: int) -> AnyArray:
    """Which of ``count`` places get a label, so that at most ``most`` do.

    >>> ticks(4, 10).tolist(), ticks(100, 5).tolist()
    ([0, 1, 2, 3], [0, 20, 40, 60, 80])
    """
    return np.arange(0, count, max(1, -(-count // most)))


is_picture = marked(b"Software\0pellucid", b"<dc:title>pellucid</dc:title>", b"/Creator (pellucid)")


def check_name(path: StrPath) -> str:
    """The suffix of a file for a picture, one of ``SUFFIXES``; raises InputError for any other."""
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: pictures are written as {', '.join(SUFFIXES)}: give the file one of these endings")
    return suffix


def render(figure: "Figure", suffix: str, dpi: int = 150) -> bytes:
    """A figure as the bytes of a .png, .svg or .pdf file: the same figure gives the same bytes."""
    from matplotlib import rc_context

    dates: dict[str, Any] = {
        ".png": {"Software": "pellucid"}, ".svg": {"Creator": "pellucid", "Date": None},
        ".pdf": {"Creator": "pellucid", "CreationDate": None},
    }  # fmt: skip
    content = io.BytesIO()
    with rc_context({"svg.hashsalt": "pellucid"}), warnings.catch_warnings():
        # a name in letters that the font lacks is drawn as boxes; the picture is good all the same
        warnings.filterwarnings("ignore", message="(Glyph|Matplotlib currently does not support)")
        # long numbers beside a small picture: it is drawn as it comes
        warnings.filterwarnings("ignore", message="constrained_layout not applied")
        figure.savefig(content, format=suffix[1:], dpi=dpi, metadata=dates[suffix])
    return content.getvalue()


def save(figure: "Figure", path: StrPath, dpi: int = 150, *, force: bool = False) -> None:
    r"""Write a figure to a .png, .svg or .pdf file, whole or not at all.

    Raises:
        InputError: the file's name ends in something else; or a file is there that is no picture of pellucid, and
            ``force`` does not say that it may go.
        OSError: it cannot be written.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "empty.png"
    >>> save(figure(1, 1), path)
    >>> path.read_bytes()[:4]
    b'\x89PNG'
    """
    suffix = check_name(path)
    check_replaceable(path, is_picture, force=force)
    write_whole(path, render(figure, suffix, dpi), durable=False)
