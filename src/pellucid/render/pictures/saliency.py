"""Saliency: the gradient of the loss on the input, or which pixels and features the answer hangs on."""

import numpy as np
import numpy.typing as npt

from pellucid.core import checks
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.errors import InputError
from pellucid.core.network import Network, backward, forward
from pellucid.core.trace import Trace
from pellucid.model.model import Model
from pellucid.render.pictures import style
from pellucid.render.pictures.subject import as_model, as_row, in_words, target_name

BARS = 40  # features that get a bar; of more, those with the largest gradient


def input_gradient(model: Model | Network, x: npt.ArrayLike, y: npt.ArrayLike | None = None) -> tuple[Array, AnyArray]:
    """dLoss/dx of one sample x (features,), in float64, and the target that the loss was taken for, (1,) or (1, k).

    Without ``y`` the target is the class that the network predicts (Simonyan, Vedaldi and Zisserman,
    https://arxiv.org/abs/1312.6034, section 3, take the class's score in its place).

    Raises:
        InputError: x or y does not fit the model; or y is missing where values are predicted.

    >>> from pellucid import SquaredError
    >>> net = Network([2, 1], loss=SquaredError(), init=None)
    >>> net.theta = [1.0, -2.0, 0.0]
    >>> input_gradient(net, [3.0, 1.0], [0.0])[0]  # (3 - 2 - 0)², so 2 · 1 · W
    array([ 2., -4.])
    """
    net = as_model(model).network.astype(np.float64)  # a sure answer leaves gradients that float32 cannot hold
    row = as_row(x, net.sizes[0])
    trace = Trace(net, 1, input_gradient=True)
    trace.fill(row)
    forward(net, trace)
    target = _own_answer(net, trace.a[-1]) if y is None else np.atleast_1d(y)
    target = checks.targets(net.loss, target, 1, net.sizes[-1])
    trace.fill(row, target)
    backward(net, trace)
    assert trace.delta_input is not None
    return trace.delta_input[0], target


def _own_answer(net: Network, outputs: Array) -> AnyArray:
    if net.loss.kind == "values":
        raise InputError(
            "saliency: the true value is not known, and at its own prediction a network has no loss: "
            "give y, or a sample of data that holds it"
        )
    return outputs.argmax(axis=1) if net.loss.kind == "classes" else (outputs > 0.5).astype(int)


def saliency(
    model: Model | Network, x: npt.ArrayLike, y: npt.ArrayLike | None = None, *, name: str = "One sample"
) -> "style.Figure":
    """How one sample's inputs x (features,) speak for an answer, −∂loss/∂x: as a picture beside its own, or as bars.

    Blue, above 0: more of the input makes the answer ``y`` (or without it, the predicted class) more likely, as a blue
    weight makes a neuron more active. Orange, below 0: less likely.

    Raises:
        InputError: as ``input_gradient``.

    >>> net = Network([784, 10], rng=np.random.default_rng(0))
    >>> [ax.get_title() for ax in saliency(net, np.ones(784), 3).axes[:2]]
    ['input', 'what speaks for 3, and against it']
    """
    model = as_model(model)
    gradient, target = input_gradient(model, x, y)
    row = as_row(x, model.network.sizes[0])
    title = f"what speaks for {_target_in_words(model, target)}, and against it"
    if model.image_shape is None:
        figure = style.figure(7.2, float(np.clip(0.24 * min(len(gradient), BARS) + 1.6, 2.6, 11)))
        _bars(figure.subplots(), model, -gradient, row[0], title)
    else:
        figure = style.figure(8.4, 4.2)
        left, right = figure.subplots(1, 2)
        style.grey_image(left, row.reshape(model.image_shape))
        style.label(left, title="input")
        image = style.signed_image(right, -gradient.reshape(model.image_shape), style.reach(gradient))
        _outline(right, row.reshape(model.image_shape).astype(np.float64))
        style.bare(right)
        style.label(right, title=title, x="blue: more ink here speaks for it; orange: against it")
        style.scale(image, right, "−∂loss/∂x")
    style.heading(figure, f"{name}: what the answer hangs on")
    return figure


def _outline(ax: "style.Axes", picture: AnyArray) -> None:
    """The edge of the ink, so that one sees where on the digit the gradient stands."""
    if min(picture.shape) > 1 and picture.max() > picture.min():
        middle = (picture.max() + picture.min()) / 2
        ax.contour(picture, levels=[middle], colors=style.INK, linewidths=0.7)


def _bars(ax: "style.Axes", model: Model, slopes: Array, row: AnyArray, title: str) -> None:
    """A bar for each input, or for those with the largest slopes (features,)."""
    largest = np.sort(np.argsort(-np.abs(slopes), kind="stable")[:BARS])
    style.bars(ax, slopes[largest], [style.POS if slopes[k] > 0 else style.NEG for k in largest])
    names = style.labels([model.feature_names[k] for k in largest], 28)
    ax.set_yticks(range(len(largest)), [f"{name} = {row[k]:.3g}" for name, k in zip(names, largest, strict=True)])
    some = f"\nthe {len(largest)} largest of {len(slopes):,} inputs" if len(largest) < len(slopes) else ""
    scaled = "" if model.preprocessing is None else ", scaled"
    words = "−∂loss/∂x   (blue: more of it speaks for the answer; orange: against it)"
    style.label(ax, title=title + some, x=words, y=f"input = its value{scaled}", grid=True)


def _target_in_words(model: Model, target: AnyArray) -> str:
    words = in_words(model, np.asarray(target))
    if words is None:
        return "the true values"
    if model.network.loss.kind != "values":
        return style.literal(words, 40)
    return f"{style.literal(target_name(model) or 'the true value', 40)} = {words}"
