"""Networks as users write them, made as text: in many styles, right ones, and each with one known fault."""

import os
from dataclasses import dataclass, replace

import numpy as np

TRIED = int(os.environ.get("PELLUCID_DOCTOR_NETWORKS", "1"))  # networks in which each fault is tried
FULL = TRIED > 3  # with all the other networks, ways and scripts that there are; otherwise with some of them
ACTIVATIONS = {
    "relu": ("np.maximum(0, Z)", "(Z > 0)"),
    "sigmoid": ("1 / (1 + np.exp(-Z))", "sigmoid(Z) * (1 - sigmoid(Z))"),
    "tanh": ("np.tanh(Z)", "(1 - np.tanh(Z) ** 2)"),
    "softplus": ("np.log(1 + np.exp(Z))", "1 / (1 + np.exp(-Z))"),
    "swish": ("Z * sigmoid(Z)", "sigmoid(Z) * (1 + Z * (1 - sigmoid(Z)))"),
    "elu": ("np.where(Z > 0, Z, np.exp(Z) - 1)", "np.where(Z > 0, 1.0, np.exp(Z))"),
    "bell": ("np.exp(-Z * Z)", "-2 * Z * np.exp(-Z * Z)"),  # and this one the doctor does not know
}
COMMON = ("relu", "sigmoid", "tanh")
OUTPUTS = ("softmax-ce", "sigmoid-bce", "linear-mse", "sigmoid-mse", "softmax-mse")


@dataclass(frozen=True)
class Style:
    """How a user writes: layout, container of the parameters, activation, output and loss, and so on."""

    samples: str  # columns, rows, rows-T (X @ W.T)
    box: str  # tuple, dict, list
    hidden: str
    output: str
    sizes: tuple[int, ...]
    mean: bool  # the loss is a mean, not a sum
    flat_bias: bool  # (n,) in place of (1, n)
    labels: bool  # backward takes labels and encodes them
    loss: bool = True
    train: bool = True  # whether there is a training function
    dropout: bool = False  # in every hidden layer, of a network without a list
    decay: bool = False  # L2 regularisation, in the loss and in every dW

    @property
    def layers(self) -> int:
        return len(self.sizes) - 1


def random_style(rng: np.random.Generator) -> Style:
    layers = int(rng.integers(1, 5))
    sizes = [int(s) for s in rng.integers(2, 9, layers + 1)]
    output = str(rng.choice(OUTPUTS))
    if not output.startswith("softmax"):
        sizes[-1] = int(rng.integers(1, 4))
    samples = str(rng.choice(["columns", "rows", "rows-T"]))
    return Style(
        samples,
        str(rng.choice(["tuple", "dict", "list"])),
        str(rng.choice(COMMON)),
        output,
        tuple(sizes),
        bool(rng.random() < 0.7),
        samples != "columns" and bool(rng.random() < 0.5),
        output == "softmax-ce" and bool(rng.random() < 0.6),
        bool(rng.random() < 0.8),
        bool(rng.random() < 0.7),
    )


def odd_style(rng: np.random.Generator) -> Style:
    """A style with what the doctor may not know: another activation, dropout, L2 regularisation."""
    style = random_style(rng)
    hidden = str(rng.choice([f for f in ACTIVATIONS if f not in COMMON or rng.random() < 0.5]))
    dropout, decay = style.box != "list" and bool(rng.random() < 0.5), bool(rng.random() < 0.5)
    return replace(style, hidden=hidden, dropout=dropout, decay=decay)


class Writer:
    """The lines of one network."""

    def __init__(self, style: Style) -> None:
        self.s = style
        self.columns = style.samples == "columns"
        self.axis = 1 if self.columns else 0  # the samples'
        self.per = 1 - self.axis

    def shape(self, l: int) -> tuple[str, str]:
        ins, outs = self.s.sizes[l - 1], self.s.sizes[l]
        W = (ins, outs) if self.s.samples == "rows" else (outs, ins)
        b = f"({outs}, 1)" if self.columns else f"({outs},)" if self.s.flat_bias else f"(1, {outs})"
        return str(W), b

    def score(self, W: str, a: str, b: str) -> str:
        return {"columns": f"{W} @ {a} + {b}", "rows": f"{a} @ {W} + {b}", "rows-T": f"{a} @ {W}.T + {b}"}[
            self.s.samples
        ]

    def product(self, dZ: str, a: str) -> str:
        return {"columns": f"{dZ} @ {a}.T", "rows": f"{a}.T @ {dZ}", "rows-T": f"{dZ}.T @ {a}"}[self.s.samples]

    def down(self, W: str, dZ: str) -> str:
        return {"columns": f"{W}.T @ {dZ}", "rows": f"{dZ} @ {W}.T", "rows-T": f"{dZ} @ {W}"}[self.s.samples]

    def db(self, dZ: str) -> str:
        keep = "" if self.s.flat_bias else ", keepdims=True"
        return f"np.sum({dZ}, axis={self.axis}{keep})"

    @property
    def activation(self) -> str:
        return {"softmax": "softmax", "sigmoid": "sigmoid", "linear": ""}[self.s.output.split("-")[0]]

    @property
    def made(self) -> list[str]:
        """The names of what forward makes."""
        L = self.s.layers
        kinds = [(l, "ZAD" if self.s.dropout and l < L else "ZA") for l in range(1, L + 1)]
        return [f"{kind}{l}" for l, of_layer in kinds for kind in of_layer]

    @property
    def over(self) -> str:
        return " / m" if self.s.mean else ""

    def L2(self, W: str) -> str:  # noqa: N802
        return f" + decay * {W}{self.over}" if self.s.decay else ""

    @property
    def names(self) -> list[str]:
        return [f"{kind}{l}" for l in range(1, self.s.layers + 1) for kind in "Wb"]

    def head(self) -> list[str]:
        f, slope = ACTIVATIONS[self.s.hidden]
        lines = ["import numpy as np", "", "rng = np.random.default_rng(3)", ""]
        lines += ["decay = 0.05", ""] if self.s.decay else []
        lines += ["def sigmoid(Z):", "    return 1 / (1 + np.exp(-Z))", ""]
        if self.s.hidden != "sigmoid":
            lines += [f"def {self.s.hidden}(Z):", f"    return {f}", ""]
        lines += [f"def {self.s.hidden}_deriv(Z):", f"    return {slope}", ""]
        if self.activation == "softmax":
            lines += ["def softmax(Z):", f"    E = np.exp(Z - Z.max(axis={self.per}, keepdims=True))"]
            lines += [f"    return E / E.sum(axis={self.per}, keepdims=True)", ""]
        if self.s.labels:
            tail = ".T" if self.columns else ""
            lines += [f"def one_hot(Y, classes={self.s.sizes[-1]}):", f"    return np.eye(classes)[Y]{tail}", ""]
        return lines

    def init(self) -> list[str]:
        lines = ["def init_params():"]
        values = []
        for l in range(1, self.s.layers + 1):
            W, b = self.shape(l)
            lines.append(f"    W{l} = rng.standard_normal({W}) * np.sqrt(1 / {self.s.sizes[l - 1]})")
            lines.append(f"    b{l} = np.zeros({b})")
            values.append(f"(W{l}, b{l})")
        if self.s.box == "tuple":
            lines.append(f"    return {', '.join(self.names)}")
        elif self.s.box == "dict":
            lines.append("    return {" + ", ".join(f'"{n}": {n}' for n in self.names) + "}")
        else:
            lines.append(f"    params = [{', '.join(values)}]")
            lines.append("    return params")
        return [*lines, ""]

    def p(self, name: str) -> str:
        return f'params["{name}"]' if self.s.box == "dict" else name

    def forward(self) -> list[str]:
        f, g, L = self.s.hidden, self.activation, self.s.layers
        if self.s.box == "list":
            return [
                "def forward(params, X):",
                "    acts, zs = [X], []",
                "    for l, (W, b) in enumerate(params):",
                f"        Z = {self.score('W', 'acts[-1]', 'b')}",
                "        zs.append(Z)",
                f"        A = {f}(Z) if l < len(params) - 1 else {g}(Z)"
                if g
                else f"        A = {f}(Z) if l < len(params) - 1 else Z",
                "        acts.append(A)",
                "    return acts[-1], (acts, zs)",
                "",
            ]
        lines = [f"def forward({', '.join(self.names)}, X):" if self.s.box == "tuple" else "def forward(params, X):"]
        for l in range(1, L + 1):
            a = f"A{l - 1}" if l > 1 else "X"
            lines.append(f"    Z{l} = {self.score(self.p(f'W{l}'), a, self.p(f'b{l}'))}")
            name = f if l < L else g
            lines.append(f"    A{l} = {name}(Z{l})" if name else f"    A{l} = Z{l}")
            if self.s.dropout and l < L:
                lines += [f"    D{l} = (rng.random(A{l}.shape) < 0.7) / 0.7", f"    A{l} = A{l} * D{l}"]
        if self.s.box == "tuple":
            return [*lines, f"    return {', '.join(self.made)}", ""]
        lines.append("    cache = {" + ", ".join(f'"{n}": {n}' for n in self.made) + "}")
        return [*lines, f"    return A{L}, cache", ""]

    def loss(self) -> list[str]:
        kind, taken, squares = self.s.output.split("-")[1], "", ""
        weights = [f"W{l}" for l in range(1, self.s.layers + 1)]
        if self.s.decay:
            taken = f", {', '.join(weights)}" if self.s.box == "tuple" else ", params"
            squares = " + ".join(f"np.sum({self.p(W)} ** 2)" for W in weights)
            squares = "sum(np.sum(W ** 2) for W, b in params)" if self.s.box == "list" else f"({squares})"
        lines = [f"def compute_loss(A, Y{taken}):"]
        if self.s.labels:
            lines.append("    Y = one_hot(Y)")
        terms = {"ce": "-Y * np.log(A)", "bce": "-(Y * np.log(A) + (1 - Y) * np.log(1 - A))", "mse": "(A - Y) ** 2"}
        over = f" / A.shape[{self.axis}]" if self.s.mean else ""
        lines.append(f"    loss = np.sum({terms[kind]}){over}")
        lines += [f"    loss = loss + decay / 2 * {squares}{over}"] if self.s.decay else []
        return [*lines, "    return loss", ""]

    def delta(self, A: str, Y: str, Z: str) -> str:
        two = "2 * " if self.s.output.endswith("mse") else ""
        if self.s.output == "sigmoid-mse":
            return f"{two}({A} - {Y}) * {A} * (1 - {A})"
        if self.s.output == "softmax-mse":
            return f"2 * {A} * (({A} - {Y}) - np.sum(({A} - {Y}) * {A}, axis={self.per}, keepdims=True))"
        del Z
        return f"{two}({A} - {Y})"

    def backward(self) -> list[str]:
        L, over = self.s.layers, self.over
        Y = "one_hot(Y)" if self.s.labels else "Y"
        if self.s.box == "list":
            return [
                "def backward(params, cache, X, Y):",
                "    acts, zs = cache",
                f"    m = X.shape[{self.axis}]",
                "    grads = []",
                f"    dZ = {self.delta('acts[-1]', Y, 'zs[-1]')}",
                "    for l in range(len(params) - 1, -1, -1):",
                f"        dW = {self.product('dZ', 'acts[l]')}{over}{self.L2('params[l][0]')}",
                f"        db = {self.db('dZ')}{over}",
                "        grads.insert(0, (dW, db))",
                "        if l > 0:",
                f"            dZ = ({self.down('params[l][0]', 'dZ')}) * {self.s.hidden}_deriv(zs[l - 1])",
                "    return grads",
                "",
            ]
        caches, weights = self.made, [f"W{l}" for l in range(1 if self.s.decay else 2, L + 1)]
        lines = [f"def backward({', '.join([*caches, *weights])}, X, Y):"]
        if self.s.box == "dict":
            lines = ["def backward(params, cache, X, Y):"]
            lines += [f'    {n} = cache["{n}"]' for n in caches]
        lines.append(f"    m = X.shape[{self.axis}]")
        for l in range(L, 0, -1):
            if l == L:
                lines.append(f"    dZ{l} = {self.delta(f'A{l}', Y, f'Z{l}')}")
            else:
                mask = f" * D{l}" if self.s.dropout else ""
                error = self.down(self.p(f"W{l + 1}"), f"dZ{l + 1}")
                lines.append(f"    dZ{l} = ({error}) * {self.s.hidden}_deriv(Z{l}){mask}")
            L2 = self.L2(self.p(f"W{l}"))
            lines.append(f"    dW{l} = {self.product(f'dZ{l}', f'A{l - 1}' if l > 1 else 'X')}{over}{L2}")
            lines.append(f"    db{l} = {self.db(f'dZ{l}')}{over}")
        made = [f"d{n}" for n in self.names]
        if self.s.box == "tuple":
            return [*lines, f"    return {', '.join(made)}", ""]
        return [*lines, "    grads = {" + ", ".join(f'"{n}": {n}' for n in made) + "}", "    return grads", ""]

    def update(self) -> list[str]:
        if self.s.box == "list":
            return [
                "def update(params, grads, learning_rate):",
                "    pairs = zip(params, grads)",
                "    return [(W - learning_rate * dW, b - learning_rate * db) for (W, b), (dW, db) in pairs]",
                "",
            ]
        if self.s.box == "dict":
            lines = ["def update(params, grads, learning_rate):"]
            lines += [f'    params["{n}"] = params["{n}"] - learning_rate * grads["d{n}"]' for n in self.names]
            return [*lines, "    return params", ""]
        gradients = [f"d{n}" for n in self.names]
        lines = [f"def update({', '.join([*self.names, *gradients])}, learning_rate):"]
        lines += [f"    {n} = {n} - learning_rate * d{n}" for n in self.names]
        return [*lines, f"    return {', '.join(self.names)}", ""]

    def train(self) -> list[str]:
        L, P = self.s.layers, ", ".join(self.names)
        G = ", ".join(f"d{n}" for n in self.names)
        made = self.made
        lines = ["def train(X, Y, learning_rate, epochs):"]
        if self.s.box == "tuple":
            handed = ", ".join([*made, *(f"W{l}" for l in range(1 if self.s.decay else 2, L + 1))])
            return [
                *lines,
                f"    {P} = init_params()",
                "    for epoch in range(epochs):",
                f"        {', '.join(made)} = forward({P}, X)",
                f"        {G} = backward({handed}, X, Y)",
                f"        {P} = update({P}, {G}, learning_rate)",
                f"    return {P}",
                "",
            ]
        return [
            *lines,
            "    params = init_params()",
            "    for epoch in range(epochs):",
            "        out, cache = forward(params, X)",
            "        grads = backward(params, cache, X, Y)",
            "        params = update(params, grads, learning_rate)",
            "    return params",
            "",
        ]


def write(style: Style) -> str:
    w = Writer(style)
    parts = [w.head(), w.init(), w.forward(), w.loss() if style.loss else [], w.backward(), w.update()]
    if style.train:
        parts.append(w.train())
    return "\n".join(line for part in parts for line in part)
