"""The loss landscape as figures: contours with the path of training, and the same surface in three dimensions."""

from typing import Any, Literal

import numpy as np

from pellucid.analysis.landscape.levels import Levels, levels
from pellucid.analysis.landscape.surface import Surface
from pellucid.analysis.landscape.trajectory import Trajectory
from pellucid.core.arrays import Array
from pellucid.core.errors import InputError
from pellucid.render.pictures import style

COLOURS = "cividis"
KINDS = ("contour", "surface", "both")
NEAR = 0.01  # of the start's loss: what the plane's may differ by without a word
NAMED = 3  # points of the path beside which their step is written


def landscape(
    surface: Surface, *, kind: Literal["contour", "surface", "both"] = "both", ax: "style.Axes | None" = None
) -> "style.Figure":
    """A loss surface as contours, in three dimensions, or as both side by side.

    Colours and lines are spaced by the logarithm of the loss where losses differ by much. Where the loss is no number,
    the plane is hatched, and the surface goes on at its greatest height.

    Args:
        surface: what ``pellucid.analysis.landscape.compute`` gave.
        kind: ``"contour"``, ``"surface"`` or ``"both"``.
        ax: axes to draw the contours on.

    Raises:
        InputError: another kind, or ``ax`` for a kind other than ``"contour"``; or matplotlib is not installed.

    >>> import pellucid as pl
    >>> net, X, y = pl.Network([2, 3, 2], rng=np.random.default_rng(0)), np.eye(2), np.array([0, 1])
    >>> figure = landscape(pl.landscape.compute(net, (X, y), points=5, rng=np.random.default_rng(0)), kind="contour")
    >>> figure.axes[0].get_xlabel()
    'α, along a random direction'
    """
    if kind not in KINDS:
        raise InputError(f"kind={kind!r}: give one of {', '.join(KINDS)}")
    if ax is not None:
        if kind != "contour":
            raise InputError(f"kind={kind!r}: with ax only the contours are drawn: give kind='contour'")
        _contours(ax, surface)
        return style.figure_of(ax)
    figure = style.figure(11.5 if kind == "both" else 6.4, 5.4)
    engine = figure.get_layout_engine()
    assert engine is not None
    engine.set(rect=(0, 0.05, 1, 0.95))  # type: ignore[call-arg]  # room for the legend's second line
    style.heading(figure, "Loss landscape around the trained θ")
    places = ["contour", "surface"] if kind == "both" else [kind]
    for number, place in enumerate(places, start=1):
        draw, projection = (_contours, None) if place == "contour" else (_hills, "3d")
        draw(figure.add_subplot(1, len(places), number, projection=projection), surface)
    return figure


def _norm(scale: Levels) -> Any:
    from matplotlib.colors import LogNorm, Normalize

    return (LogNorm if scale.logarithmic else Normalize)(scale.low, scale.high)


def _drawable(surface: Surface, scale: Levels) -> Array:
    """The losses, with the greatest of them where there is no number."""
    return np.where(np.isfinite(surface.losses), surface.losses, scale.high)


def _contours(ax: "style.Axes", surface: Surface) -> None:
    scale = levels(surface)
    losses, finite = _drawable(surface, scale), np.isfinite(surface.losses)
    grid = surface.alphas, surface.betas
    colours = ax.pcolormesh(*grid, losses, norm=_norm(scale), cmap=COLOURS, shading="gouraud", rasterized=True)
    if scale.lines:
        lines = ax.contour(*grid, losses, levels=scale.lines, colors="white", linewidths=0.7, alpha=0.8)
        ax.clabel(lines, fontsize=style.SMALL, fmt="%g")
    if not finite.all():
        ax.contourf(*grid, ~finite, levels=[0.5, 1.5], colors="none", hatches=["////"])
        ax.plot([], [], color="none", label="hatched: the loss is no number")
    if surface.trajectory is not None:
        _path(ax, surface.trajectory)
    else:
        ax.plot(0, 0, **_marker("*", 13), label="trained θ")
    (first, second), count = surface.labels, f"{surface.samples:,} samples"
    style.label(ax, title=f"Loss over {count}: {surface.centre:.4g} at the trained θ", x=first, y=second)
    ax.set_aspect("equal")
    _legend_below(ax)
    text = f"loss ({surface.loss}, {_spacing(scale)})"
    style.scale(colours, ax, text, shrink=0.8, ticks=scale.lines, format="%g").ax.minorticks_off()


def _legend_below(ax: "style.Axes") -> None:
    from matplotlib.transforms import ScaledTranslation

    inches = style.figure_of(ax).dpi_scale_trans
    below = ax.transAxes + ScaledTranslation(0, -0.45, inches)  # whatever the axes' height
    place: dict[str, Any] = {"loc": "upper center", "bbox_to_anchor": (0.5, 0), "bbox_transform": below}
    ax.legend(**place, frameon=False, fontsize=style.SMALL)


def _spacing(scale: Levels) -> str:
    return "logarithmic" if scale.logarithmic else "linear"


def _marker(shape: str, size: float) -> dict[str, Any]:
    return {
        "marker": shape, "markersize": size, "color": style.PATH, "markeredgecolor": "white",
        "markeredgewidth": 1, "linestyle": "none", "zorder": 5,
    }  # fmt: skip


def _path(ax: "style.Axes", trajectory: Trajectory) -> None:
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.6, foreground="white")]
    a, b = trajectory.points.T
    ax.plot(a, b, color=style.PATH, linewidth=1.2, marker=".", markersize=4, path_effects=halo,
            label=f"path of training, {len(a)} θ")  # fmt: skip
    ax.plot(a[0], b[0], **_marker("o", 7), label=_start(trajectory))
    ax.plot(0, 0, **_marker("*", 13), label=f"trained θ: step {trajectory.steps[trajectory.chosen]:,}")
    if trajectory.chosen != len(a) - 1:
        ax.plot(a[-1], b[-1], **_marker("s", 6), label=f"training ended: step {trajectory.steps[-1]:,}")
    for k in _spread(trajectory):
        ax.annotate(f"{trajectory.steps[k]:,}", (a[k], b[k]), xytext=(5, 5), textcoords="offset points",
                    fontsize=style.SMALL, color="black", path_effects=halo)  # fmt: skip


def _start(trajectory: Trajectory) -> str:
    """Where training began: its own loss, and that of the plane where it is another one, since θ lies beside it."""
    own, plane = float(trajectory.losses[0]), float(trajectory.plane_losses[0])
    text = f"start: step {trajectory.steps[0]:,}, loss {own:.4g}"
    if not abs(own - plane) > NEAR * abs(own):
        return text
    return text + f"; it is {trajectory.distances[0]:.3g} beside the plane, whose loss there is {plane:.4g}"


def _spread(trajectory: Trajectory) -> list[int]:
    """Some points of the path, evenly spread over its length as drawn, without its ends."""
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(trajectory.points, axis=0), axis=1))])
    wanted = np.arange(1, NAMED + 1) / (NAMED + 1) * lengths[-1]
    return sorted({int(k) for k in np.searchsorted(lengths, wanted) if 0 < k < len(lengths) - 1})


def _hills(ax: Any, surface: Surface) -> None:
    import matplotlib

    scale = levels(surface, most=6)
    height = np.log10 if scale.logarithmic else np.asarray
    losses = _drawable(surface, scale)
    A, B = np.meshgrid(surface.alphas, surface.betas)
    colours = matplotlib.colormaps[COLOURS](_norm(scale)(losses))
    ax.computed_zorder = False  # the path lies on the surface: it is drawn after it
    ax.plot_surface(
        A, B, height(losses), facecolors=colours, rcount=80, ccount=80, linewidth=0.1, edgecolor=(0, 0, 0, 0.15),
        shade=False, antialiased=True, zorder=1,
    )  # fmt: skip
    if surface.trajectory is not None:
        trajectory = surface.trajectory
        heights = height(np.clip(np.nan_to_num(trajectory.plane_losses, nan=scale.high), scale.low, scale.high))
        ax.plot(*trajectory.points.T, heights, color=style.PATH, linewidth=1.4, marker=".", markersize=3, zorder=3)
        start = height(trajectory.losses[:1])  # its own, from which a line leads to where the plane is nearest to it
        if np.isfinite(start).all():
            ends = np.concatenate([heights[:1], start])
            ax.plot(*trajectory.points[[0, 0]].T, ends, color=style.INK, linewidth=1, linestyle=":", zorder=3)
            ax.plot(*trajectory.points[:1].T, start, **_marker("o", 7))
    ax.plot([0], [0], height([surface.centre]), **_marker("*", 13))
    ax.locator_params(nbins=5)
    ax.set_zticks(height(scale.lines), [f"{line:g}" for line in scale.lines])
    style.label(ax, title="The same surface, seen from the side", x="α", y="β")
    ax.set_zlabel(f"loss, {_spacing(scale)}", fontsize=style.TEXT)
    ax.set_box_aspect((1, float(np.ptp(surface.betas) / np.ptp(surface.alphas)), 0.7), zoom=0.95)
    ax.view_init(elev=38, azim=_side(height(losses)))


def _side(heights: Array) -> float:
    """The angle, in degrees, from which the lowest corner stands in front, so that no wall hides the rest."""
    left, right, front, back = heights[:, 0], heights[:, -1], heights[0], heights[-1]
    corners = {-60: (right, front), -120: (left, front), 60: (right, back), 120: (left, back)}
    return min(corners, key=lambda angle: sum(float(edge.mean()) for edge in corners[angle]))
