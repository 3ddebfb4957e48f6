"""What a momentum keeps is 0 at every step: found in the text, and nowhere else."""

import ast

import pytest

from pellucid.analysis.doctor.idle_momentum import idle_momenta

LOOP = """
for step in range(100):
    grad = slope(W, b)
    v, u = np.zeros_like(W), 0.0
    {between}
    v = {average}
    {move}
"""
IDLE = [
    ("pass", "0.9 * v - lr * grad", "W = W + v"),
    ("pass", "v * mu + grad", "W -= lr * v"),
    ("print(u)", "(1 - mu) * grad + mu * v", "W -= lr * v"),
    ("pass", "mu * v + (1 - mu) * grad", "self.W -= lr * v"),
]
OTHERS = [
    ("v = state[step]", "0.9 * v - lr * grad", "W = W + v"),  # set to something else
    ("v[0] = 1", "0.9 * v - lr * grad", "W = W + v"),
    ("fill(v)", "0.9 * v - lr * grad", "W = W + v"),
    ("pass", "grad", "W -= lr * v"),  # no momentum
    ("pass", "0.9 * w - lr * grad", "W = W + v"),
    ("pass", "0.9 * v - lr * grad", "print(v)"),  # moves nothing
]


@pytest.mark.parametrize(("between", "average", "move"), IDLE)
def test_what_is_set_to_0_and_then_decays_is_found(between: str, average: str, move: str) -> None:
    (finding,) = idle_momenta(ast.parse(LOOP.format(between=between, average=average, move=move)))
    assert finding.quantity == "update"
    assert finding.fault.startswith("v: the momentum starts anew at every step")
    assert finding.evidence.startswith("line 6:")


@pytest.mark.parametrize(("between", "average", "move"), OTHERS)
def test_nothing_is_said_where_it_may_be_meant(between: str, average: str, move: str) -> None:
    assert idle_momenta(ast.parse(LOOP.format(between=between, average=average, move=move))) == []


def test_what_is_set_to_0_once_may_decay() -> None:
    text = "v = np.zeros(3)\nfor step in range(100):\n    v = 0.9 * v + slope(W)\n    W -= lr * v\n"
    assert idle_momenta(ast.parse(text)) == []


OF_PARTS = """
def step(net, grads, lr, mu=0.9):
    kept = [{{"W": np.zeros_like(layer["W"]), "b": np.zeros_like(layer["b"])}} for layer in net]
    {loop}:
        for name in NAMES:
            v[name] = mu * v[name] - lr * grad[name]
            layer[name] += v[name]
"""


def test_it_may_be_in_dicts_and_lists() -> None:
    (finding,) = idle_momenta(ast.parse(OF_PARTS.format(loop="for layer, grad, v in zip(net, grads, kept)")))
    assert finding.fault.startswith("v: the momentum starts anew at every step")


@pytest.mark.parametrize("loop", ["for t in range(9)", "for layer, grad, v in zip(net, grads, others)"])
def test_dicts_and_lists_that_a_loop_comes_back_to_may_decay(loop: str) -> None:
    text = OF_PARTS.format(loop=loop).replace("v[name]", "kept[0][name]" if "range" in loop else "v[name]")
    assert idle_momenta(ast.parse(text)) == []
