"""The figures hold the surface's numbers: heights, lines, the path and its marks."""

from dataclasses import replace

import numpy as np
import pytest

import pellucid as pl
from pellucid.analysis.landscape import Surface, Trajectory
from pellucid.analysis.landscape.levels import by_factor, by_step, levels
from pellucid.render.pictures import style
from pellucid.render.pictures.landscape import landscape

ALPHAS, BETAS = np.linspace(-2, 1, 7), np.linspace(-1, 1, 5)
LOSSES = 0.1 * np.exp((BETAS[:, np.newaxis] + 0.1) ** 2 + ALPHAS**2 + 0.5 * ALPHAS)
WAY = Trajectory(
    [0, 10, 20, 30],
    np.array([[-1.5, -0.5], [-1, 0.5], [0, 0], [0.3, 0.1]]),
    np.array([0.9, 0.5, 0.1, 0.12]),
    np.array([0.7, 0.3, 0.1, 0.11]),
    np.array([1.0, 0.5, 0, 0.1]),
    chosen=2,
)
PATH = Surface("path", ALPHAS, BETAS, LOSSES, 0.1, 600, "cross-entropy", (0.8, 0.15), WAY)
RANDOM = Surface("random", ALPHAS, BETAS, LOSSES, 0.1, 600, "cross-entropy")


def test_contours_hold_the_losses_where_they_are() -> None:
    (ax, bar) = landscape(PATH, kind="contour").axes
    mesh = ax.collections[0]
    np.testing.assert_array_equal(np.asarray(mesh.get_array()).reshape(LOSSES.shape), LOSSES)
    assert (mesh.norm.vmin, mesh.norm.vmax) == (LOSSES.min(), LOSSES.max())
    assert type(mesh.norm).__name__ == "LogNorm"
    assert ax.get_xlabel() == "α, first direction of the path (80.0 %)"
    assert ax.get_ylabel() == "β, second direction (15.0 %)"
    assert "600 samples: 0.1 at the trained θ" in ax.get_title()
    assert bar.get_ylabel() == "loss (cross-entropy, logarithmic)"
    assert ax.get_aspect() == 1


def test_the_path_starts_and_ends_where_it_does() -> None:
    ax = landscape(PATH, kind="contour").axes[0]
    line, start, trained, end = ax.lines
    np.testing.assert_array_equal(line.get_xydata(), WAY.points)
    assert start.get_xydata().tolist() == [[-1.5, -0.5]]  # type: ignore[union-attr]
    assert trained.get_xydata().tolist() == [[0, 0]]  # type: ignore[union-attr]
    assert end.get_xydata().tolist() == [[0.3, 0.1]]  # type: ignore[union-attr]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [
        "path of training, 4 θ",
        "start: step 0, loss 0.9; it is 1 beside the plane, whose loss there is 0.7",
        "trained θ: step 20",
        "training ended: step 30",
    ]
    assert {text.get_text() for text in ax.texts} >= {"10"}


def test_a_start_on_the_plane_is_not_said_to_be_beside_it() -> None:
    ax = landscape(replace(PATH, trajectory=replace(WAY, plane_losses=WAY.losses)), kind="contour").axes[0]
    legend = ax.get_legend()
    assert legend is not None
    assert legend.get_texts()[1].get_text() == "start: step 0, loss 0.9"


def test_the_start_stands_at_its_own_loss_and_the_path_on_the_surface() -> None:
    ax = landscape(PATH, kind="surface").axes[0]
    path, between, start, _ = (np.array(line.get_data_3d()).T for line in ax.lines)  # type: ignore[attr-defined]
    np.testing.assert_allclose(10 ** path[:, 2], WAY.plane_losses, rtol=0.02)  # within the drawn range
    np.testing.assert_allclose(start, [[-1.5, -0.5, np.log10(0.9)]])
    np.testing.assert_allclose(10 ** between[:, 2], [0.7, 0.9])


def test_random_directions_have_no_path() -> None:
    ax = landscape(RANDOM, kind="contour").axes[0]
    assert [line.get_label() for line in ax.lines] == ["trained θ"]


@pytest.mark.parametrize(("kind", "count"), [("contour", 2), ("surface", 1), ("both", 3)])
def test_each_kind_has_its_axes(kind: str, count: int) -> None:
    figure = landscape(PATH, kind=kind)  # type: ignore[arg-type]
    assert len(figure.axes) == count
    assert figure.get_suptitle() == "Loss landscape around the trained θ"


def test_heights_are_logarithms_and_ticks_are_losses() -> None:
    ax = landscape(PATH, kind="surface").axes[0]
    low, high = ax.get_zlim()  # type: ignore[attr-defined]
    assert low < np.log10(LOSSES.min()) < np.log10(LOSSES.max()) < high
    ticks = dict(zip(ax.get_zticks(), [t.get_text() for t in ax.get_zticklabels()], strict=True))  # type: ignore[attr-defined]
    assert all(10**place == pytest.approx(float(text)) for place, text in ticks.items())
    assert len(ticks) >= 3


def test_no_numbers_are_hatched_and_cut() -> None:
    losses = LOSSES.copy()
    losses[0, 0], losses[0, 1] = np.inf, np.nan
    figure = landscape(replace(RANDOM, losses=losses))
    assert figure.axes[0].collections[0].get_array().max() == losses[np.isfinite(losses)].max()  # type: ignore[union-attr]
    assert "hatched" in figure.axes[0].get_legend().get_texts()[0].get_text()  # type: ignore[union-attr]
    assert style.render(figure, ".png", 50).startswith(b"\x89PNG")


def test_a_flat_surface_can_be_drawn() -> None:
    figure = landscape(replace(RANDOM, losses=np.full_like(LOSSES, 0.5)))
    assert style.render(figure, ".png", 50).startswith(b"\x89PNG")


def test_it_draws_on_axes_that_are_given() -> None:
    ax = style.figure(4, 4).subplots()
    assert landscape(RANDOM, kind="contour", ax=ax) is ax.figure
    with pytest.raises(pl.InputError, match="kind='contour'"):
        landscape(RANDOM, ax=ax)
    with pytest.raises(pl.InputError, match="kind='hills'"):
        landscape(RANDOM, kind="hills")  # type: ignore[arg-type]


def test_the_same_surface_gives_the_same_file() -> None:
    one, other = (style.render(landscape(PATH, kind="contour"), ".svg") for _ in range(2))
    assert one == other


@pytest.mark.parametrize(("low", "high"), [(0.08, 3.4), (1e-8, 1e4), (0.1, 0.6), (2.0, 2.0001), (1e-30, 1e30)])
def test_lines_are_round_few_and_within(low: float, high: float) -> None:
    for lines in (by_factor(low, high, 10), by_step(low, high, 10)):
        assert 1 <= len(lines) <= 10
        assert lines == sorted(set(lines))
        assert low < lines[0] <= lines[-1] < high


def test_the_scale_is_logarithmic_where_losses_differ_by_much() -> None:
    assert levels(RANDOM).logarithmic
    assert not levels(replace(RANDOM, losses=2 + LOSSES)).logarithmic
    assert not levels(replace(RANDOM, losses=LOSSES - LOSSES.min())).logarithmic
