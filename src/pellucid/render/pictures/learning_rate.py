"""The learning-rate range test as a picture: the loss against the rate, and where the suggestion comes from."""

import numpy as np

from pellucid.analysis.lr_range import RangeTest
from pellucid.render.pictures import style

HEADROOM = 1.4  # times the greatest loss before the lowest: the loss that explodes is cut there


def range_test(test: RangeTest, ax: "style.Axes | None" = None) -> "style.Figure":
    """The loss after a step at each rate: batch by batch, smoothed, and the rates that matter marked.

    Raises:
        InputError: matplotlib is not installed.

    >>> import pellucid as pl
    >>> X = np.random.default_rng(0).standard_normal((500, 4))
    >>> net = pl.Network([4, 8, 2], rng=np.random.default_rng(0))
    >>> test = pl.lr_find(net, (X, (X[:, 0] > 0).astype(int)), pl.SGD(), rng=np.random.default_rng(0))
    >>> range_test(test).axes[0].get_xscale()
    'log'
    """
    ax = style.axes(ax, 7.5, 4.2)
    ax.set_xscale("log")
    there = np.isfinite(test.losses)
    ax.plot(test.rates[there], test.losses[there], ".", color=style.EDGE, markersize=3, label="one batch")
    ax.plot(test.rates[there], test.smoothed[there], color=style.POS, linewidth=1.8, label="smoothed")
    marks = (("falls fastest", test.steepest, style.OK, "^"), ("lowest", test.lowest, style.NEG, "v"))
    for text, rate, colour, marker in marks:
        if rate is not None:
            height = float(test.smoothed[np.abs(np.log(test.rates / rate)).argmin()])
            ax.plot([rate], [height], marker, color=colour, markersize=8, label=f"{text}: {rate:.3g}")
    if test.suggestion is not None:
        text = f"suggested: {test.suggestion:g}"
        ax.axvline(test.suggestion, color=style.INK, linestyle="--", linewidth=1.2, label=text)
    title = "The loss after one step at each learning rate" + " (cut where it explodes)" * _limit(ax, test)
    style.label(ax, title=title, x="learning rate", y="loss of the next batch", grid=True)
    ax.legend(fontsize=style.SMALL, loc="lower left")
    return style.figure_of(ax)


def _limit(ax: "style.Axes", test: RangeTest) -> bool:
    """Cut off the part that explodes, and say whether there is one."""
    values = test.smoothed[np.isfinite(test.smoothed)]
    if not values.size:
        return False
    top = HEADROOM * max(test.start, float(values[: int(np.argmin(values)) + 1].max()))
    ax.set_xlim(test.rates[0] / 1.5, test.rates[-1] * 1.5)
    ax.set_ylim(0, top)
    return bool(test.stopped is not None or values.max() > top)
