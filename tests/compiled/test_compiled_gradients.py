"""The compiled gradient against differences of a loss that is written down once more, and its source broken on purpose.

The functions are run as the plain Python that Numba compiles: so a changed one is tried at once.
"""

import ast
import copy
import ctypes
import inspect
import itertools
import textwrap
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from compiled.pairs import assert_near
from core.test_gradients import HIDDEN, LOSS, Case, assert_agree, differences, make_case, plain_pass
from pellucid.compiled import blas, formulas, kinds, layers, layout, products
from pellucid.compiled.memory import Memory
from pellucid.core.arrays import AnyArray

pytestmark = pytest.mark.slow  # the engine is compiled for them


def matrix_product() -> Any:
    """cblas_dgemm as a function of Python."""
    found = blas.find("float64")
    assert found is not None
    flag, address, real = ctypes.c_int, ctypes.c_ssize_t, ctypes.c_double
    size = ctypes.c_int64 if found.bits == 64 else ctypes.c_int32
    kind = ctypes.CFUNCTYPE(
        None, flag, flag, flag, size, size, size, real, address, size, address, size, real, address, size
    )
    call = kind(found.address)
    return lambda *arguments: call(*(number.item() if isinstance(number, np.generic) else number
                                     for number in arguments))  # fmt: skip


def careful_product(
    turn_a: bool, turn_b: bool, m: int, n: int, k: int, a: AnyArray, b: AnyArray, add: int, out: AnyArray
) -> None:
    """The same as ``product``, for mutants: it writes no further than the arrays go."""
    A = a[: m * k].reshape(k, m).T if turn_a else a[: m * k].reshape(m, k)
    B = b[: k * n].reshape(n, k).T if turn_b else b[: k * n].reshape(k, n)
    C = out[: m * n].reshape(m, n)
    C[...] = A @ B + (C if add else 0.0)


class Plain:
    """The functions of formulas, products and layers as plain Python; ``changed`` ones in place of their own."""

    def __init__(self, **changed: str) -> None:
        self.names: dict[str, Any] = dict(vars(layers))
        small = types.SimpleNamespace(**vars(formulas))
        for room, names in (
            (formulas, vars(small)),
            (products, {**vars(products), "gemm": matrix_product()}),
            (layers, self.names),
        ):
            for name, function in list(names.items()):
                if hasattr(function, "py_func") and function.py_func.__module__ == room.__name__:
                    source = changed.get(name, source_of(function))
                    names.pop(name)
                    exec(compile(source, f"<{name}>", "exec"), names)
            self.names.update({"f": small} if room is formulas else {"product": names.get("product")})
        if changed:
            self.names["product"] = careful_product

    def gradient(self, case: Case, masks: Sequence[AnyArray] = ()) -> tuple[float, AnyArray]:
        """The mean loss and its gradient, forward and back, with these masks of dropout in the hidden layers."""
        n = len(case.X)
        memory = Memory(case.net, n, dropout=0.4 if masks else 0.0)
        net, last = memory.net, memory.net.layers[-1]
        for at, mask in zip(net.layers, masks, strict=False):
            net.memory[at[layout.MASK] : at[layout.MASK] + mask.size] = mask.ravel()
        outputs = int(last[layout.NEURONS])
        net.grad[...] = np.nan  # nothing may be left from before
        x = net.layers[0][layout.X]
        net.memory[x : x + case.X.size] = case.X.ravel()
        self.names["forward"](net, n, True)
        loss, goal = 0.0, case.net.loss
        setting = getattr(goal, "smoothing", getattr(goal, "width", 0.0))
        for i in range(n):
            z, a, delta = (net.memory[last[at] + i * outputs :][:outputs] for at in (layout.Z, layout.A, layout.DELTA))
            loss += self.names["losses"](kinds.LOSSES.index(goal.name), setting, z, a, case.rows[i], delta) / n
            delta /= n
        self.names["backward"](net, n, True, 0)
        return loss, net.grad


def source_of(function: Any) -> str:
    """A compiled function's text without its decorator."""
    return textwrap.dedent(inspect.getsource(function.py_func)).split("\n", 1)[1]


@dataclass
class Judged:
    """A case, its loss and its gradient from differences."""

    case: Case
    loss: float
    numeric: AnyArray
    masks: Sequence[AnyArray] = ()

    def check(self, plain: Plain) -> None:
        with np.errstate(all="ignore"):
            loss, gradient = plain.gradient(self.case, self.masks)
        assert loss == pytest.approx(self.loss, rel=1e-12)
        start = 0
        for l, layer in enumerate(self.case.net.layers, start=1):
            part = slice(start, start + layer.W.size + layer.b.size)
            assert_agree(gradient[part], self.numeric[part], loss, f"layer {l}")
            start = part.stop


def judged(sizes: list[int], hidden: list[Any], loss: Any, n: int, seed: int = 5) -> Judged:
    case = make_case(sizes, hidden, loss, n, seed)
    theta = case.net.theta

    def passed(thetas: AnyArray) -> tuple[AnyArray, AnyArray]:
        return plain_pass(case.net, thetas, case.X, case.rows)

    return Judged(case, float(passed(theta[np.newaxis])[0][0]), differences(passed, theta))


def judged_with_dropout() -> Judged:
    """The loss is that of the forward pass itself, which the other cases have judged."""
    case = make_case([5, 4, 6, 3], [pl.Tanh(), pl.Sigmoid()], pl.CrossEntropy(), 7, seed=5)
    rng, plain, theta = np.random.default_rng(1), Plain(), case.net.theta.copy()
    masks = [(rng.random((7, neurons)) < 0.6) / 0.6 for neurons in (4, 6)]

    def passed(thetas: AnyArray) -> tuple[AnyArray, AnyArray]:
        losses = []
        for point in thetas:
            case.net.theta[...] = point
            losses.append(plain.gradient(case, masks)[0])
        return np.array(losses), np.empty((len(thetas), 0), bool)

    numeric = differences(passed, theta)
    return Judged(case, float(passed(theta[np.newaxis])[0][0]), numeric, masks)


@pytest.fixture(scope="module")
def battery() -> list[Judged]:
    """Every activation and every loss, in networks whose widths all differ; the first say most about a mutant."""
    pairs = itertools.zip_longest(HIDDEN, LOSS, fillvalue=None)
    cases = [
        judged([5, 4, 6, 3], [hidden or pl.Tanh(), pl.GELU()], loss or pl.CrossEntropy(), 7) for hidden, loss in pairs
    ]
    return [*cases, judged([3, 2], [], pl.CrossEntropy(), 4), judged_with_dropout()]


def test_the_gradient_matches_differences_of_the_loss(battery: list[Judged]) -> None:
    plain = Plain()
    for one in battery:
        one.check(plain)


@pytest.mark.slow
@pytest.mark.parametrize("loss", LOSS, ids=str)
@pytest.mark.parametrize("activation", HIDDEN, ids=str)
def test_the_gradient_of_every_pair_matches(activation: Any, loss: Any) -> None:
    judged([5, 6, 4, 3], [activation] * 2, loss, 6, seed=7).check(Plain())


@pytest.mark.parametrize("loss", LOSS, ids=str)
def test_a_compiled_step_goes_against_that_gradient(loss: Any) -> None:
    """θ before a step of SGD less θ after it, by its rate; a hundredth of the digits, since that is a difference."""
    one = judged([5, 6, 4, 3], [pl.Tanh(), pl.SiLU()], loss, 6)
    case, before = one.case, one.case.net.theta.copy()
    net = copy.deepcopy(case.net)
    data = (case.X, case.y)
    list(pl.train(net, data, pl.SGD(1.0), epochs=1, batch_size=None, rng=np.random.default_rng(0), engine="compiled"))
    there = ~np.isnan(one.numeric)
    assert there.mean() > 0.9
    np.testing.assert_allclose((before - net.theta)[there], one.numeric[there], rtol=1e-6, atol=1e-9)
    assert_near(before - net.theta, Plain().gradient(case)[1], 64, np.float64)


# Breaking it, a piece at a time

FUNCTIONS: tuple[Any, ...] = (
    layers.backward, layers.multiply_by_slope, layers.losses, layers.softmax_loss, layers.softmax, formulas.power,
    formulas.gelu_slope, formulas.silu_slope, formulas.mish_slope, formulas.gate, formulas.sigmoid, formulas.tanh,
    formulas.tanh_of_softplus, formulas.sign, formulas.huber_loss, formulas.binary_loss, formulas.poisson_loss,
)  # fmt: skip

OTHER = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
TURNED = {ast.Gt: ast.Lt, ast.Lt: ast.Gt, ast.GtE: ast.Lt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Every statement left out, every operator and comparison turned, every flag, and each z, a and δ for another."""
    nodes = list(ast.walk(ast.parse(source)))

    def changed(place: int, **fields: Any) -> tuple[str, str]:
        tree = ast.parse(source)
        for name, value in fields.items():
            setattr(list(ast.walk(tree))[place], name, value)
        text = ast.unparse(ast.fix_missing_locations(tree))
        before = ast.unparse(ast.parse(source)).splitlines()
        return next((line.strip() for line in text.splitlines() if line not in before), "left out"), text

    for place, node in enumerate(nodes):
        match node:
            case ast.BinOp(op=op) if type(op) in OTHER:
                yield changed(place, op=OTHER[type(op)]())
            case ast.AugAssign(op=op):
                yield changed(place, op=OTHER[type(op)]())
                yield "without " + ast.unparse(node), changed(place, value=neutral(op))[1]
            case ast.Compare(ops=[op]) if type(op) in TURNED:
                yield changed(place, ops=[TURNED[type(op)]()])
            case ast.Constant(value=bool() as flag):
                yield changed(place, value=not flag)
            case ast.Constant(value=float() as number):
                yield changed(place, value=number * 1.5 + 0.25)
            case ast.UnaryOp(op=ast.USub()):
                yield changed(place, op=ast.UAdd())
            case ast.Name(id="z" | "a" as name, ctx=ast.Load()):
                yield changed(place, id="a" if name == "z" else "z")
            case ast.Name(id="inputs" | "neurons" as name, ctx=ast.Load()):
                yield changed(place, id="neurons" if name == "inputs" else "inputs")


def neutral(op: ast.operator) -> ast.expr:
    """The number that changes nothing."""
    return ast.Constant(1.0 if isinstance(op, ast.Mult | ast.Div) else 0.0)


# Mutants that compute the same numbers for the numbers of these networks, and why.
EQUIVALENT = {
    "backward: if l < 0 or first:": "the first layer's product is asked for; test_equal_steps.py has networks without",
    "multiply_by_slope: delta[i] = delta[i] if z[i] > 0.0 else delta[i] * 0.0": "z is above 0 where a is",
    "multiply_by_slope: delta[i] = delta[i] if a[i] > 0.0 else s * delta[i]": "z is above 0 where a is",
    "multiply_by_slope: delta[i] /= a[i]": "of exp, which no hidden layer here has",
    "multiply_by_slope: without delta[i] *= a[i]": "of exp",
    "multiply_by_slope: delta[i] *= z[i]": "of exp",
    "outputs, loss = (len(a), 0.0)": "z and a are equally long",
    "outputs, p = (len(a), 0.0)": "z and a are equally long",
    "r, part, slope = (a[j] - y[j], 0.25, 0.0)": "written over by every loss",
    "r, part, slope = (a[j] - y[j], 0.0, 0.25)": "written over by every loss",
    "softmax_loss: p -= a[j] * y[j]": "the other formula gives the same loss",
    "softmax_loss: without p += a[j] * y[j]": "the other formula gives the same loss",
    "softmax_loss: if p < f.TINY or p != p:": "the other formula gives the same loss",
    "softmax_loss: if p >= f.TINY or p == p:": "no probability is that small; test_divergence.py has NaN",
    "softmax_loss: s = s / 0": "no probability is that small; test_equal_steps.py has some",
    "softmax_loss: most": "what is subtracted before exp and added after log cancels out",
    "softmax: for start in range(0, len(a), outputs):": "z and a are equally long",
    "softmax: for i in range(len(z)):": "z and a are equally long",
    "softmax: out[j] = row[j] + most": "a factor of all exponentials cancels out",
    "softmax: a[i] = f.exp(z[i])": "a factor of all exponentials cancels out",
    "power: x = ": "no score is so far out; test_formulas.py has them",
    "power: p = C9": "below the digits of a difference; test_formulas.py asks for all of them",
    "tanh: z = ": "beyond 20 it is 1 to all digits",
    "tanh_of_softplus: e = ": "beyond 20 it is 1 to all digits",
    "sign: return 1.0 if r > 0.0 else -1.0 if r < 0.25 else r": "what is above 0 was returned before",
}


def outcome(name: str, text: str, battery: list[Judged]) -> str:
    """What the battery says of a mutant: "red" or "green"."""
    try:
        broken = Plain(**{name: text})
        for one in battery:
            one.check(broken)
    except Exception:
        return "red"
    return "green"


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS, ids=[function.__name__ for function in FUNCTIONS])
def test_breaking_any_piece_turns_the_gradients_red(function: Any, battery: list[Judged]) -> None:
    source, name = source_of(function), function.__name__
    table = [(what, outcome(name, text, battery)) for what, text in mutants(source)]
    for what, result in table:
        print(f"{result:6} {name}: {what}")
    survived = [what for what, result in table if result == "green"]
    unexplained = [what for what in survived if not any(known in f"{name}: {what}" for known in EQUIVALENT)]
    assert len(table) >= 3
    assert not unexplained
