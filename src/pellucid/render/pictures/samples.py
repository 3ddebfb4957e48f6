"""Samples side by side: digits with what the model says, and its worst mistakes with their probabilities."""

import numpy as np
import numpy.typing as npt

from pellucid._text import decimal, shortened
from pellucid.analysis.class_report import Answers, worst_by_loss
from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.predicted_vs_true import against_truth
from pellucid.render.pictures.subject import as_model, one_class_each, target_name

BARS = 10  # classes of which all probabilities are drawn; of more, the likeliest ones
LIKELIEST = 5
SHORT = 16  # letters of two classes that stand in one line


def digits(
    model: Model | Network, X: npt.ArrayLike, y: npt.ArrayLike | None = None, *, columns: int = 10
) -> "style.Figure":
    """Pictures with the predicted class and its probability above; where ``y`` tells another, it is named too.

    X (n, pixels) are the pictures of a classifier or the inputs of a regression, y (n,) or (n, 1) their targets.

    Raises:
        InputError: the model takes no pictures, or X or y do not fit it.

    >>> net = Network([784, 10], rng=np.random.default_rng(0))
    >>> figure = digits(net, np.zeros((3, 784)), [0, 1, 2])
    >>> len(figure.axes)
    3
    """
    model = as_model(model)
    if model.image_shape is None:
        raise InputError(
            f"digits: the model takes {model.network.sizes[0]} numbers, no pictures: draw mistakes or weights, "
            "or give a Model with an image_shape"
        )
    inputs = checks.inputs(X, model.network.sizes[0])
    texts, wrong = _captions(model, inputs, None if y is None else np.asarray(y))
    columns = min(columns, max(1, len(inputs)))
    height = (1.35 if y is not None else 1.15) * -(-len(inputs) // columns)
    figure = style.figure(max(4.0, 0.95 * columns), 0.6 + height)
    for tile, x, text, bad in zip(style.tiles(figure, len(inputs), columns), inputs, texts, wrong, strict=True):
        ax = figure.add_subplot(tile)
        style.grey_image(ax, x.reshape(model.image_shape))
        ax.set_title(text, fontsize=style.SMALL, color=style.NEG if bad else style.INK, pad=3)
        if bad:
            ax.spines[:].set_color(style.NEG)
            ax.spines[:].set_linewidth(2)
    style.heading(figure, _summary(model, len(inputs), wrong, labelled=y is not None))
    return figure


def _captions(model: Model, X: AnyArray, y: AnyArray | None) -> tuple[list[str], list[bool]]:
    """What stands above each picture, and which of them are wrong."""
    if model.network.loss.kind == "values":
        outputs = model.network.predict(X)
        texts = [", ".join(f"{value:.3g}" for value in row) for row in outputs[:, :3]]
        if y is not None:
            truth = checks.targets(model.network.loss, y, len(X), model.network.sizes[-1]).reshape(len(X), -1)
            texts = [f"{text}\ntrue {row[0]:.3g}" for text, row in zip(texts, truth, strict=True)]
        return texts, [False] * len(X)
    one_class_each(model, "digits")
    names, found = style.labels(model.class_names, 9), Answers(model.network.predict(X))
    likely = found.probabilities.max(axis=1)
    texts = [f"{names[k]} · {style.share(p)}" for k, p in zip(found.labels, likely, strict=True)]
    if y is None:
        return texts, [False] * len(X)
    answers = checks.targets(model.network.loss, y, len(X), model.network.sizes[-1]).reshape(-1).astype(np.int64)
    wrong = (answers != found.labels).tolist()
    marks = [f"✗ true: {names[k]}" if bad else "✓" for k, bad in zip(answers, wrong, strict=True)]
    return [f"{text}\n{mark}" for text, mark in zip(texts, marks, strict=True)], wrong


def _summary(model: Model, count: int, wrong: list[bool], *, labelled: bool) -> str:
    if model.network.loss.kind == "values" or not labelled:
        return f"{count} pictures and what the network predicts"
    return f"{count} pictures and what the network takes them for: {count - sum(wrong)} right, {sum(wrong)} wrong"


def mistakes(
    model: Model | Network, X: npt.ArrayLike, y: npt.ArrayLike, *, top: int = 12, rows: npt.ArrayLike | None = None
) -> "style.Figure":
    """The worst mistakes, those with the greatest loss: each with its picture, if it is one, and its probabilities.

    X (n, features), y as the loss takes it. A model that predicts values is drawn as predicted against true values. Of
    a table ``rows`` (n,) are the numbers of the rows in its file; without them samples count from 0.

    Raises:
        InputError: X or y do not fit the model, or it answers several questions at once.

    >>> net = Network([4, 3], rng=np.random.default_rng(0))
    >>> figure = mistakes(net, np.eye(4), [0, 1, 2, 0], top=2)
    >>> figure.axes[0].get_title("left").split(",")[0]
    'sample 2'
    """
    model, top = as_model(model), checks.count(top, "top")
    if model.network.loss.kind == "values":
        return against_truth(model, X, y, top=top, rows=rows)
    one_class_each(model, "mistakes")
    inputs, truth = checks.inputs(X, model.network.sizes[0]), np.asarray(y).reshape(-1).astype(np.int64)
    if not len(inputs):
        raise InputError("mistakes: there are no samples: give at least one")
    worst, losses = worst_by_loss(model.network, inputs, y, top)
    found = Answers(model.network.predict(inputs[worst]))
    wrong = bool((found.labels != truth[worst]).any())
    one, numbers = ("sample", np.arange(len(inputs))) if rows is None else ("row", np.asarray(rows))
    names = style.labels(model.class_names, 18)
    columns = min(4, len(worst))
    wide = 3.5 if model.image_shape is None else 3.0  # names of classes stand left of the bars and above them
    figure = style.figure(max(4.5, wide * columns), 1.1 + 1.9 * -(-len(worst) // columns))
    for k, (row, tile) in enumerate(zip(worst, style.tiles(figure, len(worst), columns), strict=True)):
        guess, true = int(found.labels[k]), int(truth[row])
        ax = _mistake(figure, tile, model, inputs[row], found.probabilities[k], guess, true)
        answer = _answer(names[true], names[guess], right=true == guess)
        title = f"{one} {numbers[row]}, loss {decimal(losses[row], 2)}\n{answer}"
        ax.set_title(title, fontsize=style.TEXT, loc="left")
    what, target = "The worst mistakes" if wrong else "No mistakes; the greatest losses", target_name(model)
    if target is not None:
        what = f"{shortened(target)}: {what[0].lower()}{what[1:]}"
    style.heading(figure, f"{what} of {len(inputs):,} {one}s", "(bars: probabilities; hatched: the true class)")
    return figure


def _answer(true: str, guess: str, *, right: bool) -> str:
    """What is true and what was said, in one line, or in two where the names are long."""
    if right:
        return "true = predicted:" + (" " if len(true) <= SHORT else "\n") + true
    return f"true {true}" + (" → " if len(true + guess) <= SHORT else "\n") + f"taken for {guess}"


def _mistake(
    figure: "style.Figure", place: "style.SubplotSpec", model: Model, x: AnyArray, likely: Array, guess: int, truth: int
) -> "style.Axes":
    """One tile: the picture, where inputs are one, and the bars of the probabilities; returns its leftmost axes."""
    first = None
    if model.image_shape is not None:
        halves = place.subgridspec(1, 2, width_ratios=(1, 1.1), wspace=0.02)
        first, place = figure.add_subplot(halves[0]), halves[1]
        style.grey_image(first, x.reshape(model.image_shape))
    ax = figure.add_subplot(place)
    _bars(ax, model, likely, guess, truth)
    if first is not None:
        ax.set_box_aspect(1)  # as high as the picture, so that the caption has its place above both
    return first or ax


def _bars(ax: "style.Axes", model: Model, probabilities: Array, guess: int, truth: int) -> None:
    """Horizontal bars of a sample's probabilities: of all classes, or of the likeliest and the true one."""
    drawn = np.arange(len(probabilities))
    if len(drawn) > BARS:
        likeliest = np.argsort(-probabilities, kind="stable")[:LIKELIEST]
        drawn = likeliest if truth in likeliest else np.append(likeliest, truth)
    colours = [style.POS if k == truth else style.NEG if k == guess else style.QUIET for k in drawn]
    bars = ax.barh(range(len(drawn)), probabilities[drawn] * 100, color=colours, height=0.8)
    for k, bar in zip(drawn, bars, strict=True):
        if k == truth:
            bar.set(hatch="////", facecolor="white", edgecolor=style.POS)
    ax.set_yticks(range(len(drawn)), style.labels([model.class_names[k] for k in drawn], 14))
    ax.invert_yaxis()
    ax.set_xlim(0, 140)  # behind its bar stands the percentage of the answer, and of the true class
    for place, k in enumerate(drawn):
        if k in (truth, guess):
            style.write_share(ax, place, float(probabilities[k]), 100)
    ax.set_xticks([0, 50, 100], ["0", "50", "100 %"])
    ax.tick_params(labelsize=style.SMALL, length=2)
    for k, tick in zip(drawn, ax.get_yticklabels(), strict=True):  # a bar may be too short to show its colour
        if k in (truth, guess):
            tick.set(color=style.POS if k == truth else style.NEG_INK, weight="bold")
    ax.spines[["top", "right"]].set_visible(False)
