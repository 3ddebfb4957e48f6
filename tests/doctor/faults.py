"""Known faults, put into the text of a right network: each with a phrase that the diagnosis must say."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from doctor.networks import Style


@dataclass(frozen=True)
class Fault:
    """A change of the text (None where it does not apply to the style), and what must be said of it."""

    name: str
    change: Callable[[Style, str], str | None]
    say: str  # a regular expression over fault, quantity and layer: "layer|quantity|fault"


def swap(old: str, new: str, count: int = 1, within: str | None = None) -> Callable[[Style, str], str | None]:
    """Replace a regular expression; within one function, if it is named."""

    def change(style: Style, text: str) -> str | None:
        del style
        start = text.index(f"def {within}(") if within is not None and f"def {within}(" in text else 0
        if within is not None and f"def {within}(" not in text:
            return None
        end = text.find("\ndef ", start + 1) if within is not None else -1
        end = len(text) if end < 0 else end
        body, times = re.subn(old, new, text[start:end], count=count)
        return text[:start] + body + text[end:] if times and body != text[start:end] else None

    return change


def when(
    condition: Callable[[Style], bool], change: Callable[[Style, str], str | None]
) -> Callable[[Style, str], str | None]:
    return lambda style, text: change(style, text) if condition(style) else None


def wrong_place(style: Style, text: str) -> str | None:
    if style.layers < 2 or style.hidden == "relu":  # ReLU's slope at a is that at z
        return None
    change = swap(r"_deriv\(Z(\d)\)", r"_deriv(A\1)", within="backward")
    return change(style, text) or swap(r"_deriv\(zs\[l - 1\]\)", "_deriv(acts[l])", within="backward")(style, text)


def wrong_axis(style: Style, text: str) -> str | None:
    right = "1" if style.samples == "columns" else "0"
    wrong = "0" if style.samples == "columns" else "1"
    if style.sizes[-1] == 1 or style.sizes[1] == 1:
        return None
    return swap(rf"(db\d? = np.sum\(dZ\d?, axis=){right}", rf"\g<1>{wrong}", within="backward")(style, text)


def transposed(style: Style, text: str) -> str | None:
    if (style.box == "list" and len(set(style.sizes)) == 1) or style.decay:  # then the L2 term does not go with it
        return None
    patterns = {
        "columns": (r"(dW\d?) = (dZ\d?) @ (\S+)\.T", r"\1 = \3 @ \2.T"),
        "rows": (r"(dW\d?) = (\S+)\.T @ (dZ\d?)", r"\1 = \3.T @ \2"),
        "rows-T": (r"(dW\d?) = (dZ\d?)\.T @ (\S+)", r"\1 = \3.T @ \2"),
    }
    return swap(*patterns[style.samples], within="backward")(style, text)


def other_loss(style: Style, text: str) -> str | None:
    if not style.loss or not style.output.startswith("softmax") or style.sizes[-1] < 3:
        return None
    if style.output == "softmax-ce":
        return swap(r"loss = np.sum\(-Y \* np.log\(A\)\)", "loss = np.sum((A - Y) ** 2)")(style, text)
    return swap(r"= 2 \* (\S+) \* \(\((\S+ - \S+)\) - .*\)$".replace("$", r"(?=\n)"), r"= (\2)", within="backward")(
        style, text
    )


def overflow(style: Style, text: str) -> str | None:
    axis = "0" if style.samples == "columns" else "1"
    return swap(rf"np\.exp\(Z - Z\.max\(axis={axis}, keepdims=True\)\)", "np.exp(Z)")(style, text)


def update_line(new: str) -> Callable[[Style, str], str | None]:
    return swap(r" - learning_rate \*", new, count=0, within="update")


def order(style: Style, text: str) -> str | None:
    """A tuple in the wrong order: where it is unpacked, or a list that is not turned round."""
    if style.box == "list":
        return (
            swap(r"grads\.insert\(0, \(dW, db\)\)", "grads.append((dW, db))")(style, text) if style.layers > 1 else None
        )
    if style.box == "tuple" and style.train:
        return swap(r"dW1, db1(.*) = backward", r"db1, dW1\1 = backward", within="train")(style, text)
    return swap("out, cache = forward", "cache, out = forward", within="train")(style, text)


def slope_left_out(style: Style, text: str) -> str | None:
    if style.output != "sigmoid-mse" or not style.loss:
        return None
    return swap(r"(= 2 \* \(\S+ - \S+\)) \* \S+ \* \(1 - \S+\)(?=\n)", r"\1", within="backward")(style, text)


def rate_lost(style: Style, text: str) -> str | None:
    if style.train and sum(style.sizes) % 2:
        return swap(r"learning_rate\)", "0.1)", within="train")(
            style, text.replace("def train(X, Y, learning_rate, epochs)", "def train(X, Y, learning_rate , epochs)")
        )
    return update_line(" - 0.1 *")(style, text)


def data(lines: str) -> Callable[[Style, str], str | None]:
    """The same network with data of its own, handed over in PELLUCID."""

    def change(style: Style, text: str) -> str | None:
        if not style.output.startswith("softmax") or style.sizes[-1] < 3 or style.sizes[0] < style.sizes[-1]:
            return None
        turned = "X.T" if style.samples == "columns" else "X"
        y = "Y" if style.labels else "np.eye(K)[Y].T" if style.samples == "columns" else "np.eye(K)[Y]"
        made = [
            f"K = {style.sizes[-1]}",
            f"X = np.random.default_rng(5).random((400, {style.sizes[0]}))",
            "Y = X[:, :K].argmax(axis=1)",
            lines,
            f'PELLUCID = dict(X={turned}, y={y}, samples="{style.samples.split("-")[0]}")',
        ]
        return text + "\n" + "\n".join(made) + "\n"

    return change


def too_wide(style: Style, text: str) -> str | None:
    if style.hidden not in ("sigmoid", "tanh") or style.layers < 2:
        return None
    return swap(r"np\.sqrt\(1 / \d+\)", "60.0", count=0, within="init_params")(style, text)


def layer_of(width: Callable[[Style, int], int]) -> Callable[[Style], int | None]:
    """The last hidden layer that is as wide as something else, None where there is none."""
    return lambda style: next((l for l in range(style.layers - 1, 0, -1) if style.sizes[l] == width(style, l)), None)


def line(name: str, expression: str, layer: Callable[[Style], int | None]) -> Callable[[Style, str], str | None]:
    """Another expression for a variable of backward, in which {l} is a layer, {k} the next and {L} the last one."""

    def change(style: Style, text: str) -> str | None:
        l = layer(style)
        if l is None or style.box == "list" or style.labels:
            return None
        names = {"l": str(l), "k": str(l + 1), "L": str(style.layers), "f": style.hidden,
                 "below": f"A{l - 1}" if l > 1 else "X"}  # fmt: skip
        new = expression.format(**names).replace("\\", "\\\\")
        return swap(rf"    {name.format(**names)} = .*(?=\n)", f"    {new}", within="backward")(style, text)

    return change


def any_hidden(style: Style) -> int | None:
    return style.layers - 1 or None


def as_output(style: Style, l: int) -> int:
    del l
    return style.sizes[-1]


def as_below(style: Style, l: int) -> int:
    return style.sizes[l - 1]


def softmax_of_wrong_layer(style: Style, text: str) -> str | None:
    if style.layers < 2 or style.box == "list" or style.sizes[-1] != style.sizes[-2] or style.sizes[-1] < 3:
        return None
    return swap(rf"softmax\(Z{style.layers}\)", f"softmax(A{style.layers - 1})", within="forward")(style, text)


def names_swapped(style: Style, text: str) -> str | None:
    for l in range(1, style.layers):
        if style.box != "list" and style.sizes[l - 1 : l + 1] == style.sizes[l : l + 2]:
            exchange = f"    dW{l}, dW{l + 1} = dW{l + 1}, dW{l}"
            place = r"\n(?=    (grads = \{|return dW1))"
            return swap(place, f"\n{exchange}\n", within="backward")(style, text)
    return None


def moved_already(style: Style, text: str) -> str | None:
    if style.box == "list" or style.layers < 2:
        return None
    L = style.layers
    W = f'params["W{L}"]' if style.box == "dict" else f"W{L}"
    new = rf"\n    {W} = {W} - 0.3 * dW{L}\n\1"
    return swap(rf"\n(    dZ{L - 1} = )", new, within="backward")(style, text)


FAULTS = [
    Fault("1/m is missing", when(lambda s: s.mean and s.loss, swap(r"(dW\d? = .*) / m", r"\1", within="backward")), r"1/m is missing|m times too large"),
    Fault("the wrong m", when(lambda s: s.mean and s.loss and s.sizes[0] != 1, lambda s, t: swap(r"m = X\.shape\[(\d)\]", f"m = X.shape[{0 if s.samples == 'columns' else 1}]", within="backward")(s, t)), r"the wrong m"),
    Fault("a transposed product", transposed, r"transposed"),
    Fault("a sum over the wrong axis", wrong_axis, r"wrong axis"),
    Fault("a sum over everything", when(lambda s: s.sizes[-1] > 1, swap(r"db(\d?) = np\.sum\((dZ\d?), axis=\d(, keepdims=True)?\)", r"db\1 = np.sum(\2)", within="backward")), r"one number"),
    Fault("the slope at a in place of z", wrong_place, r"slope .*(in place of)"),
    Fault("the slope left out in a hidden layer", when(lambda s: s.layers > 1, swap(r" \* (relu|sigmoid|tanh)_deriv\(.*\)(?=\n)", "", within="backward")), r"slope of \w+ is left out"),
    Fault("the gradient of another loss", other_loss, r"it is the gradient of .*, but the loss is"),
    Fault("softmax overflows", overflow, r"softmax overflows"),
    Fault("the update in the wrong direction", update_line(" + learning_rate *"), r"wrong direction"),
    Fault("a tuple in the wrong order", order, r"wrong order"),
    Fault("the output's slope left out under squared error", slope_left_out, r"slope of the output's sigmoid is left out"),
    Fault("a learning rate that never arrives", rate_lost, r"learning rate never arrives"),
    Fault("inputs not scaled", data("X = X * 255"), r"inputs are not scaled"),
    Fault("labels out of step", data("Y = np.roll(Y, 2)"), r"labels are out of step"),
    Fault("saturated from too wide a start", too_wide, r"start is too wide"),
    Fault("a hidden layer fed the scores", when(lambda s: s.layers > 1 and s.box != "list", swap(r"A1( |\))(.*\n    A2)", r"Z1\1\2", within="forward")), r"is fed layer 1's pre-activation"),
    Fault("hidden δ made of a − y", line("dZ{l}", "dZ{l} = (A{l} - Y) * {f}_deriv(Z{l})", layer_of(as_output)), r"it is made of A\d − Y"),
    Fault("the output's error in every layer", line("dZ{l}", "dZ{l} = dZ{L} * {f}_deriv(Z{l})", layer_of(as_output)), r"output's error is taken|not sent back|W\d is used in place|is made with dZ"),
    Fault("W updated before the error is sent back", moved_already, r"is updated already"),
    Fault("a dot product for an outer one", line("dW{l}", "dW{l} = np.sum(dZ{l} * {below})", layer_of(as_below)), r"it is one number"),
    Fault("softmax of the wrong layer", when(lambda s: s.output == "softmax-ce", softmax_of_wrong_layer), r"softmax is taken of A\d in place of Z\d"),
    Fault("softmax over the whole batch", swap(r"E / E\.sum\(axis=\d, keepdims=True\)", "E / np.sum(E)"), r"over all samples and classes"),
    Fault("ReLU's slope always 1", when(lambda s: s.hidden == "relu" and s.layers > 1, swap(r"return \(Z > 0\)", "return np.ones_like(Z)")), r"slope of relu is left out, or always 1"),
    Fault("two names swapped", names_swapped, r"are swapped"),
    Fault("m − 1 for m", when(lambda s: s.mean and s.loss, swap(r"(    m = X\.shape\[\d\])", r"\1 - 1", within="backward")), r"m − 1"),
    Fault("divided by m twice", when(lambda s: s.mean and s.loss, swap(r"(dW1? = .* / m)", r"\1 / m", within="backward")), r"m times too small|divided by m"),
    Fault("a factor of 2 too many", when(lambda s: s.loss and s.layers > 1, swap(r"(    dZ\d? = )(\(.*_deriv)", r"\g<1>2 * \2", within="backward")), r"twice too large"),
    Fault("the outputs counted", when(lambda s: s.loss and s.sizes[-1] > 2, lambda s, t: swap(r"(    d[Wb]\d?) = (.*)", rf"\1 = (\2) / {s.sizes[-1]}", count=0, within="backward")(s, t)), r"divided by the number of outputs"),
    Fault("dropout's mask left out", when(lambda s: s.dropout and s.layers > 1, swap(r"(dZ\d = .*) \* D\d", r"\1", within="backward")), r"dropout's mask is left out"),
    Fault("L2's gradient left out", when(lambda s: s.decay and s.loss, swap(r"(dW\d? = .*?) \+ decay.*(?=\n)", r"\1", within="backward")), r"gradient of the L2 term is left out"),
    Fault("L2 without 1/m", when(lambda s: s.decay and s.mean and s.loss, swap(r"(dW\d? = .* \+ decay.*) / m(?=\n)", r"\1", within="backward")), r"L2 term is m times too large"),
    Fault("the wrong sign", when(lambda s: s.loss, swap(r"    (dZ\d?) = (.*\n)", r"    \1 = -1 * (\2".replace(r"(\2", r"\2"), within="backward")), r"wrong sign"),
]  # fmt: skip
