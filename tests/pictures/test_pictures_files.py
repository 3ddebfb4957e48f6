"""Files of pictures: the same figure gives the same bytes, names are taken literally, nothing global changes."""

import builtins
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

import pellucid as pl
from pellucid.cli.plot_kinds import KINDS
from pellucid.render.pictures import style

MAGIC = {".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}


@pytest.mark.slow
@pytest.mark.parametrize("suffix", style.SUFFIXES)
def test_the_same_figure_gives_the_same_bytes(suffix: str) -> None:
    net = pl.Network([3, 2], rng=np.random.default_rng(0))
    contents = [style.render(pl.pictures.weights(net), suffix) for _ in range(2)]
    assert contents[0] == contents[1]
    assert contents[0].startswith(MAGIC[suffix])


def test_a_picture_is_written_whole_and_its_suffix_may_be_in_capitals(tmp_path: Path) -> None:
    pl.pictures.save(pl.pictures.confusion(np.eye(2)), tmp_path / "a.PNG")
    with Image.open(tmp_path / "a.PNG") as picture:
        assert min(picture.size) > 300
    assert [path.name for path in tmp_path.iterdir()] == ["a.PNG"]


@pytest.mark.parametrize("name", ["a.jpg", "a", "png", ".png"])
def test_another_suffix_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(pl.InputError, match=r"\.png, \.svg, \.pdf"):
        pl.pictures.save(style.figure(1, 1), tmp_path / name)
    assert not list(tmp_path.iterdir())


NAMES = ("$x$", r"\frac{", "$", "日本", "a\nb", "<b>", "_", "^", "x" * 300)


@pytest.mark.parametrize(
    "kind",
    ["confusion", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("weights", "architecture", "mistakes"))],
)
def test_any_name_can_stand_in_a_picture(kind: str) -> None:
    model = pl.Model(pl.Network([9, 9], rng=np.random.default_rng(0)), NAMES, NAMES)
    draw = {
        "confusion": lambda: pl.pictures.confusion(np.eye(9), NAMES),
        "weights": lambda: pl.pictures.weights(model),
        "architecture": lambda: pl.pictures.architecture(model),
        "mistakes": lambda: pl.pictures.mistakes(model, np.eye(9), np.arange(9)),
    }
    assert style.render(draw[kind](), ".svg")


def test_a_samples_name_is_taken_as_it_is() -> None:
    net = pl.Network([2, 2], rng=np.random.default_rng(0))
    name = "$\\frac{ a\nb"
    for figure in (
        pl.pictures.activations(net, [0.0, 1.0], 0, name=name),
        pl.pictures.saliency(net, [0.0, 1.0], name=name),
    ):
        assert style.render(figure, ".svg")


def test_a_heading_never_reaches_over_its_figure() -> None:
    for width in (3.0, 5.0, 12.0):
        figure = style.figure(width, 3)
        style.heading(figure, "The worst mistakes of 10,000 samples (bars: probabilities; hatched: the true class)")
        figure.draw_without_rendering()
        assert figure._suptitle is not None  # type: ignore[attr-defined]
        box = figure._suptitle.get_window_extent()  # type: ignore[attr-defined]
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1


def figures() -> dict[str, Figure]:
    net = pl.Network([784, 6, 10], rng=np.random.default_rng(0))
    X, y = np.random.default_rng(1).random((4, 784)), np.arange(4)
    history = pl.History([[k, k, 0.1, 1.0, 1 / k, 0.5, 1 / k, 0.5, np.nan, np.nan] for k in (1, 2)])
    return {
        "digits": pl.pictures.digits(net, X, y),
        "history": pl.pictures.history(history),
        "confusion": pl.pictures.confusion(np.full((10, 10), 1000), ["a long class name"] * 10),
        "mistakes": pl.pictures.mistakes(net, X, y),
        "weights": pl.pictures.weights(net),
        "table": pl.pictures.weights(net, layer=2),
        "activations": pl.pictures.activations(net, X[0], 3),
        "gradients": pl.pictures.gradients(pl.pictures.layer_history(net, [0, 9], [net.theta, net.theta], X, y)),
        "architecture": pl.pictures.architecture(net),
        "saliency": pl.pictures.saliency(net, X[0], 3),
    }


@pytest.mark.slow
def test_nothing_of_a_picture_lies_beyond_its_edge_and_every_axis_has_a_label() -> None:
    for name, figure in figures().items():
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert box.x0 >= -0.02, name
        assert box.y0 >= -0.02, name
        assert box.x1 <= width + 0.02, name
        assert box.y1 <= height + 0.02, name
        for ax in figure.axes:
            if ax.axison and len(ax.get_xticks()) and name not in ("mistakes",):
                assert ax.get_xlabel() or ax.get_ylabel(), name
        assert figure.get_suptitle() or figure.axes[0].get_title(), name


def test_drawing_changes_no_setting_of_matplotlib() -> None:
    before = dict(mpl.rcParams)
    style.render(pl.pictures.confusion(np.eye(3)), ".svg")
    assert dict(mpl.rcParams) == before


def test_a_caller_may_give_the_axes() -> None:
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert pl.pictures.confusion(np.eye(2), ax=right) is figure
    assert right.images
    assert not left.images


def test_pyplot_is_never_imported() -> None:
    code = (
        "import sys, pellucid as pl; from pellucid.render.pictures import style; "
        "style.render(pl.pictures.weights(pl.Network([3, 2])), '.png'); print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_matplotlib_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    net = pl.Network([784, 3], rng=np.random.default_rng(0))
    history = pl.History([[1.0] * 10])
    monkeypatch.setattr(builtins, "__import__", refuse)
    draws: list[Callable[[], Figure]] = [
        lambda: pl.pictures.weights(net),
        lambda: pl.pictures.digits(net, np.zeros((1, 784))),
        lambda: pl.pictures.mistakes(net, np.zeros((1, 784)), [0]),
        lambda: pl.pictures.architecture(net),
        lambda: pl.pictures.activations(net, np.zeros(784)),
        lambda: pl.pictures.saliency(net, np.zeros(784)),
        lambda: pl.pictures.confusion(np.eye(2)),
        lambda: pl.pictures.history(history),
    ]
    for draw in draws:
        with pytest.raises(pl.InputError, match=r"pip install 'pellucid\[pictures\]'"):
            draw()


def test_the_documentations_pictures_are_small() -> None:
    images = Path(__file__).parents[2] / "docs" / "images"
    for name in (*KINDS, "architecture-small", "lr-find"):
        size = (images / f"{name}.png").stat().st_size
        assert 3_000 < size < 60_000, name


def long_names(outputs: int) -> pl.Model:
    """A model whose columns and classes have names that are far too long."""
    net = pl.Network([9, 40, outputs], rng=np.random.default_rng(0))
    features = tuple(f"the mean length of the leaf number {k} in centimetres" for k in range(9))
    return pl.Model(net, tuple(f"Quercus robur subspecies number {k}" for k in range(outputs)), features)


X_LONG = np.random.default_rng(1).normal(size=(40, 9))
DRAWN: dict[str, Callable[[pl.Model], Figure]] = {
    "architecture": pl.pictures.architecture,
    "weights": pl.pictures.weights,
    "mistakes": lambda model: pl.pictures.mistakes(model, X_LONG, np.zeros(40, int)),
    "saliency": lambda model: pl.pictures.saliency(model, X_LONG[0], 1),
    "activations": lambda model: pl.pictures.activations(model, X_LONG[0], 1),
    "confusion": lambda model: pl.pictures.confusion(np.eye(len(model.class_names), dtype=int), model.class_names),
}


@pytest.mark.slow
@pytest.mark.parametrize("outputs", [2, 30])
@pytest.mark.parametrize("kind", DRAWN)
def test_no_text_is_cut_off_at_the_edge(kind: str, outputs: int) -> None:
    figure = DRAWN[kind](long_names(outputs))
    style.render(figure, ".png", dpi=100)
    texts = {text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()}
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        for label, place in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True):
            if not (axis.axes.axison and low <= place <= high):
                texts.discard(label)  # it is not drawn
    boxes = {text.get_text(): text.get_window_extent() for text in texts}
    edge = figure.bbox.padded(2)
    assert not [text for text, box in boxes.items() if not (edge.contains(*box.min) and edge.contains(*box.max))]
