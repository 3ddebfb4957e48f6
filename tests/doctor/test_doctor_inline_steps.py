"""Training functions that update by themselves: no alarm where they go downhill, and a word where they do not."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from doctor.networks import FULL, Style, random_style, write
from doctor.test_doctor_styles import LISTS, PLAIN, examined


def inlined(style: Style, step: str, other: str | None = None) -> str | None:
    """A network whose training function moves each parameter by ``step``, and the first by ``other``."""
    text = re.sub(r"def update\(.*?\n\n", "", write(replace(style, train=True)), flags=re.DOTALL)
    names = [f"{kind}{l}" for l in range(1, style.layers + 1) for kind in "Wb"]
    if style.box == "list":
        pairs = f"[(W {step} dW, b {step} db) for (W, b), (dW, db) in zip(params, grads)]"
        lines = [f"params = {pairs}"] if other is None else []
    elif style.box == "dict":
        lines = [f'params["{n}"] = params["{n}"] {step} grads["d{n}"]' for n in names]
    else:
        lines = [f"{n} = {n} {step} d{n}" for n in names]
    if not lines:
        return None
    if other is not None:
        lines[0] = lines[0].replace(step, other)
    new = "\n".join(f"        {line}" for line in lines)
    text, count = re.subn(r"        [^\n]*= update\(.*?\)$", lambda _: new, text, flags=re.MULTILINE)
    assert count == 1
    return text


def styles(start: int, count: int) -> list[Style]:
    return [random_style(np.random.default_rng(seed)) for seed in range(start, start + count)]


def negated(style: Style, text: str) -> str:
    """The same network, in which backward returns −gradients."""
    if style.box == "tuple":
        turned = re.sub(r"return (dW1.*)$", lambda m: "return -" + m[1].replace(", ", ", -"), text, flags=re.MULTILINE)
    else:
        box = "{k: -g for k, g in grads.items()}" if style.box == "dict" else "[(-dW, -db) for dW, db in grads]"
        turned = text.replace("    return grads\n", f"    return {box}\n")
    assert turned != text
    return turned


def without_alarm(style: Style, folder: Path) -> None:
    right = inlined(style, "- learning_rate *")
    added = inlined(style, "+ learning_rate *")
    assert right is not None
    assert added is not None
    for text in (right, negated(style, added)):
        diagnosis = examined(text, folder)
        assert diagnosis.healthy, f"{style}\n{diagnosis}"
        assert "the update in train: every parameter moves against its own gradient" in diagnosis.compared, style


@pytest.mark.parametrize("style", styles(0, 1), ids=str)
def test_a_right_step_raises_no_alarm(style: Style, tmp_path: Path) -> None:
    without_alarm(style, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("style", styles(1, 60 if FULL else 20), ids=str)
def test_no_right_step_raises_an_alarm(style: Style, tmp_path: Path) -> None:
    without_alarm(style, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("turned", [False, True])
def test_a_step_uphill_is_found_in_networks_of_any_style(turned: bool, tmp_path: Path) -> None:
    for style in styles(7000, 15 if FULL else 5):
        text = inlined(style, "- learning_rate *" if turned else "+ learning_rate *")
        assert text is not None
        faults = [f.fault for f in examined(negated(style, text) if turned else text, tmp_path).findings]
        assert any("wrong direction: every" in fault or "wrong sign" in fault for fault in faults), style


@pytest.mark.slow
@pytest.mark.parametrize(
    ("other", "said"), [("+ learning_rate *", "wrong direction: W1 moves"), ("- 0 *", "train leaves W1 as it is")]
)
def test_one_parameter_that_goes_wrong_is_named(other: str, said: str, tmp_path: Path) -> None:
    found = tries = 0
    for style in styles(8000, 30 if FULL else 12):
        text = inlined(style, "- learning_rate *", other)
        if text is not None:
            tries += 1
            found += any(said in f.fault for f in examined(text, tmp_path).findings)
    assert tries > 4
    assert tries - found <= max(1, tries // 10)  # a small layer of ReLUs may be closed for all samples: no step


LOOP = """
def train(X, Y, lr=0.1, epochs=5):
    params = init_params()
    v = {k: 0 * p for k, p in params.items()}
    s = {k: 0 * p for k, p in params.items()}
    m = X.shape[1]
    for t in range(1, epochs + 1):
        A2, cache = forward(X, params)
        grads = backward(params, cache, X, Y)
        STEP
        print(loss(forward(X, params)[0], Y))
    return params
"""
STEPS = {
    "plain": "for k in params: params[k] = params[k] - lr * grads['d' + k]",
    "in place": "for k in params: params[k] -= lr * grads['d' + k]",
    "momentum": "for k in params: v[k] = 0.9 * v[k] - lr * grads['d' + k]; params[k] = params[k] + v[k]",
    "adam": "for k in params:\n"
    "            v[k] = 0.9 * v[k] + 0.1 * grads['d' + k]; s[k] = 0.999 * s[k] + 0.001 * grads['d' + k] ** 2\n"
    "            params[k] = params[k] - lr * v[k] / (1 - 0.9**t) / (np.sqrt(s[k] / (1 - 0.999**t)) + 1e-8)",
    "weight decay": "for k in params: params[k] = params[k] - lr * (grads['d' + k] + 0.01 * params[k])",
    "clipped": "for k in params: params[k] = params[k] - lr * np.clip(grads['d' + k], -0.01, 0.01)",
    "gradients checked": "for k in params:\n"
    "            params[k].flat[0] += 1e-5; forward(X, params); params[k].flat[0] -= 2e-5; forward(X, params)\n"
    "            params[k].flat[0] += 1e-5\n"
    "        for k in params: params[k] = params[k] - lr * grads['d' + k]",
    "sample by sample": "total = {k: 0 * p for k, p in params.items()}\n"
    "        for i in range(m):\n"
    "            x, y = X[:, i:i + 1], Y[:, i:i + 1]\n"
    "            A2, cache = forward(x, params)\n"
    "            grads = backward(params, cache, x, y)\n"
    "            for k in params: total[k] = total[k] + grads['d' + k]\n"
    "        for k in params: params[k] = params[k] - lr * total[k] / m",
}


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
def test_a_right_optimiser_within_a_loop_raises_no_alarm(step: str, tmp_path: Path) -> None:
    diagnosis = examined(PLAIN + LOOP.replace("STEP", STEPS[step]), tmp_path)
    assert [f.fault for f in diagnosis.findings] == []
    said = "against its own gradient" if step in ("plain", "in place", "momentum") else ""
    assert any(said in line for line in diagnosis.compared)


@pytest.mark.slow
@pytest.mark.parametrize("step", ["plain", "in place", "momentum", "adam", "clipped", "sample by sample"])
def test_an_optimiser_that_goes_uphill_is_found(step: str, tmp_path: Path) -> None:
    turned = re.sub(r"- lr|-= lr", lambda match: match[0].replace("-", "+"), STEPS[step])
    assert turned != STEPS[step]
    (finding,) = examined(PLAIN + LOOP.replace("STEP", turned), tmp_path).findings
    assert "wrong direction: every parameter moves along the gradient" in finding.fault
    assert re.match(r"line \d+: (W|b)1 changes by \+", finding.evidence)


def test_a_step_that_cannot_be_watched_is_said_to_be_so(tmp_path: Path) -> None:
    text = (
        LISTS.replace("def update", "def helper")
        + """
def train(x, y, eta, epochs):
    weights, biases = init_network()
    for _ in range(epochs):
        nabla_w, nabla_b = backprop(weights, biases, x, y)
        helper(weights, biases, nabla_w, nabla_b, eta)
    return weights, biases
"""
    )
    diagnosis = examined(text, tmp_path)
    assert diagnosis.healthy
    assert any("the update: " in line and "could not be watched" in line for line in diagnosis.not_compared)
