"""The networks of the generator written in other ways: with global parameters, as a class, as one loop."""

import re
from collections.abc import Callable

from doctor.networks import Style


def _body(text: str, name: str) -> list[str]:
    """The lines of a function, without its def and return."""
    found = re.search(rf"^def {name}\(.*\):\n((?:    .*\n)+)", text + "\n", re.MULTILINE)
    lines = found[1].splitlines() if found else []
    return [line[4:] for line in lines if not line.strip().startswith("return")]


def _helpers(text: str) -> list[str]:
    return text[: text.index("def init_params")].splitlines()


def _loss(text: str) -> list[str]:
    found = re.search(r"^def compute_loss(?:.|\n)*?return loss\n", text, re.MULTILINE)
    return found[0].splitlines() if found else []


def _names(style: Style, prefix: str = "") -> str:
    return ", ".join(f"{prefix}{kind}{l}" for l in range(1, style.layers + 1) for kind in "Wb")


def _indented(lines: list[str], by: int = 1) -> list[str]:
    return ["    " * by + line for line in lines]


def with_globals(style: Style, text: str) -> str:
    """The parameters are global names, which the functions read and the update sets."""
    made = ", ".join(f"{kind}{l}" for l in range(1, style.layers + 1) for kind in "ZA")
    lines = [*_helpers(text), *_body(text, "init_params"), "", "def forward(X):", *_indented(_body(text, "forward"))]
    lines += [f"    return {made}", "", *_loss(text), "", f"def backward({made}, X, Y):"]
    moved = re.findall(r"^(W\d) -?=", "\n".join(_body(text, "backward")), re.MULTILINE)
    lines += [f"    global {name}" for name in moved]
    lines += [*_indented(_body(text, "backward")), f"    return {_names(style, 'd')}", ""]
    lines += [f"def update({_names(style, 'd')}, learning_rate):", f"    global {_names(style)}"]
    return "\n".join([*lines, *_indented(_body(text, "update")), ""])


def as_class(style: Style, text: str) -> str:
    """One class with forward, backward and update, and everything in its attributes."""

    def method(name: str, arguments: str, *more: str) -> list[str]:
        own = [re.sub(r"\b(d?[WbZA]\d)\b", r"self.\1", line) for line in _body(text, name)]
        return _indented(
            [f"def {'__init__' if name == 'init_params' else name}(self{arguments}):", *_indented([*own, *more]), ""]
        )

    lines = [*_helpers(text), *_loss(text), "", "class Network:", *method("init_params", "")]
    lines += method("forward", ", X", f"return self.A{style.layers}")
    lines += [*method("backward", ", X, Y"), *method("update", ", learning_rate")]
    return "\n".join([*lines, "network = Network()", ""])


def as_loop(style: Style, text: str, inside: int = 0) -> str:
    """Everything in one loop at the top level."""
    n, k = style.sizes[0], style.sizes[-1]
    columns = style.samples == "columns"
    x, shape = (f"({n}, 40)", f"({k}, 40)") if columns else (f"(40, {n})", f"(40, {k})")
    lines = [f"X = rng.random({x})", f"Y = (rng.random({shape}) < 0.5).astype(float)"]
    if style.labels:
        lines[-1] = f"Y = rng.integers(0, {k}, 40)"
    loss = [f"loss = compute_loss(A{style.layers}, Y)"] if style.loss else []
    step = [*_body(text, "forward"), *loss, *_body(text, "backward"), *_body(text, "update")]
    lines += ["learning_rate = 0.1", *_body(text, "init_params"), "for epoch in range(1000):", *_indented(step)]
    if inside:
        lines = ["def main():", *_indented(lines), "", 'if __name__ == "__main__":', "    main()"]
    return "\n".join([*_helpers(text), *_loss(text), "", *lines, ""])


def in_main(style: Style, text: str) -> str:
    """The same in a function."""
    return as_loop(style, text, inside=1)


WAYS: dict[str, Callable[[Style, str], str]] = {
    "globals": with_globals,
    "class": as_class,
    "top level": as_loop,
    "main": in_main,
}
