"""Back propagation against differences of a loss that is written down here once more, naively, formula by formula."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid as pl
from pellucid.core import network
from pellucid.core.activations import ACTIVATIONS, Activation, Formula
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.losses import LOSSES, Loss

STEP = 1e-4
TOLERANCE = 1e-6
EPSILON = float(np.finfo(np.float64).eps)
Backward = Callable[[pl.Network, pl.Trace], float]


# The loss as a plain function of θ, for many θ at once: thetas is (p, parameters), the losses are (p,).


def plain_activation(activation: Activation, z: AnyArray) -> AnyArray:
    match activation:
        case pl.ReLU():
            return np.where(z > 0, z, 0.0)
        case pl.LeakyReLU():
            return np.where(z > 0, z, activation.slope * z)
        case pl.Sigmoid():
            return np.asarray(1 / (1 + np.exp(-z)))
        case pl.Tanh():
            return np.asarray((np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)))
        case pl.GELU():
            return np.asarray(0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3))))
        case pl.SiLU():
            return np.asarray(z / (1 + np.exp(-z)))
        case pl.Mish():
            return np.asarray(z * np.tanh(np.log1p(np.exp(z))))
        case pl.Identity():
            return z
    raise AssertionError(activation)


def plain_loss(loss: Loss, z: AnyArray, y: AnyArray) -> AnyArray:
    """The mean loss over the samples; z and y are (..., n, outputs), y as rows."""
    exp = np.exp(z)
    match loss:
        case pl.CrossEntropy():
            each = -np.log((exp / exp.sum(axis=-1, keepdims=True) * y).sum(axis=-1))
        case pl.SmoothedCrossEntropy():
            soft = (1 - loss.smoothing) * y + loss.smoothing / y.shape[-1]
            each = -(soft * np.log(exp / exp.sum(axis=-1, keepdims=True))).sum(axis=-1)
        case pl.SoftmaxSquaredError():
            each = ((exp / exp.sum(axis=-1, keepdims=True) - y) ** 2).sum(axis=-1)
        case pl.BinaryCrossEntropy():
            a = exp / (1 + exp)
            each = (-y * np.log(a) - (1 - y) * np.log(1 - a)).mean(axis=-1)
        case pl.SquaredError():
            each = ((z - y) ** 2).mean(axis=-1)
        case pl.AbsoluteError():
            each = np.abs(z - y).mean(axis=-1)
        case pl.Huber():
            r, width = np.abs(z - y), loss.width
            each = np.where(r <= width, r**2 / 2, width * (r - width / 2)).mean(axis=-1)
        case pl.Poisson():
            each = (exp - y + y * (np.log(np.where(y > 0, y, 1)) - z)).mean(axis=-1)
        case _:
            raise AssertionError(loss)
    return np.asarray(each.mean(axis=-1))


def plain_pass(net: pl.Network, thetas: AnyArray, X: AnyArray, y: AnyArray) -> tuple[AnyArray, AnyArray]:
    """The mean loss for each θ, (p,), and on which side of every kink each number lies, (p, kinks)."""
    count, a, sides, start = len(thetas), X, [], 0
    for inputs, outputs, layer in zip(net.sizes[:-1], net.sizes[1:], net.layers, strict=True):
        end = start + inputs * outputs
        z = a @ thetas[:, start:end].reshape(-1, inputs, outputs) + thetas[:, np.newaxis, end : end + outputs]
        start = end + outputs
        if isinstance(layer.activation, pl.ReLU | pl.LeakyReLU):
            sides.append(z.reshape(count, -1) > 0)
        if start < net.theta.size:
            a = plain_activation(layer.activation, z)
    bends = {pl.AbsoluteError: (0.0,), pl.Huber: (-getattr(net.loss, "width", 1.0), getattr(net.loss, "width", 1.0))}
    sides += [(z - y).reshape(count, -1) > bend for bend in bends.get(type(net.loss), ())]
    return plain_loss(net.loss, z, y), np.concatenate([np.empty((count, 0), bool), *sides], axis=1)


def differences(f: Callable[[AnyArray], tuple[AnyArray, AnyArray]], point: AnyArray) -> AnyArray:
    """The slope of f in each direction from four points, exact up to h⁴; NaN where one of them lies beyond a kink."""
    here = f(point[np.newaxis])[1]
    steps = STEP * np.maximum(1.0, np.abs(point))
    values = {}
    crossed = np.zeros(point.size, bool)
    for k in (-2, -1, 1, 2):
        values[k], sides = f(point + k * np.diag(steps))
        crossed |= (sides != here).any(axis=1)
    slopes = (8 * (values[1] - values[-1]) - (values[2] - values[-2])) / (12 * steps)
    return np.where(crossed, np.nan, slopes)


def assert_agree(g: AnyArray, n: AnyArray, loss: float, what: str = "") -> int:
    """‖g − n‖ ≤ 10⁻⁶ (‖g‖ + ‖n‖) over the places with a derivative; returns how many there are.

    Where the slopes are so small that the rounding of the loss itself, some ε · L / h a parameter, is more than that,
    no more can be asked of their difference than that rounding.
    """
    there = ~np.isnan(n)
    g, n = g[there], n[there]
    difference = float(np.linalg.norm(g - n))
    rounding = 4 * EPSILON * max(1.0, abs(loss)) / STEP * float(np.sqrt(g.size))
    assert difference <= max(TOLERANCE * float(np.linalg.norm(g) + np.linalg.norm(n)), rounding), (what, g, n)
    return int(there.sum())


@dataclass
class Case:
    net: pl.Network
    X: Array
    y: AnyArray
    rows: Array  # y as (n, outputs)


def make_case(sizes: list[int], activations: list[Activation], loss: Loss, n: int, seed: int) -> Case:
    rng = np.random.default_rng(seed)
    if loss.kind == "classes":
        sizes = [*sizes[:-1], max(2, sizes[-1])]
    net = pl.Network(sizes, activation=activations, loss=loss, init=None, dtype=np.float64)
    for layer in net.layers:
        layer.W[...] = rng.standard_normal(layer.W.shape) * np.sqrt(1.5 / layer.W.shape[1])
        layer.b[...] = rng.standard_normal(layer.b.shape) * 0.3
    X = rng.standard_normal((n, sizes[0]))
    if loss.kind == "classes":
        y: AnyArray = rng.integers(sizes[-1], size=n)
        rows = np.eye(sizes[-1])[y]
    elif loss.kind == "probabilities":
        y = rows = rng.random((n, sizes[-1])).round(rng.integers(3))
    else:
        y = rows = rng.standard_normal((n, sizes[-1])) * 1.5
        if isinstance(loss, pl.Poisson):
            y = rows = np.maximum(y, 0).round()  # counts, half of them 0
    return Case(net, X, y, rows)


def check(case: Case, backward: Backward = pl.backward) -> int:
    """Loss, θ's gradient layer by layer and the input's gradient against differences; returns how many compared."""
    net, X = case.net, case.X
    trace = pl.Trace(net, len(X), input_gradient=True)
    trace.grad[...] = np.nan  # nothing may be left from before
    trace.fill(X, case.y)
    pl.forward(net, trace)
    loss = backward(net, trace)
    assert loss == pytest.approx(plain_pass(net, net.theta[np.newaxis], X, case.rows)[0][0], rel=1e-12)

    numeric = differences(lambda thetas: plain_pass(net, thetas, X, case.rows), net.theta)
    count, start = 0, 0
    for l, layer in enumerate(net.layers):
        part = slice(start, start + layer.W.size + layer.b.size)
        count += assert_agree(trace.grad[part], numeric[part], loss, f"layer {l + 1}")
        start = part.stop
    assert trace.delta_input is not None

    def loss_of_inputs(points: AnyArray) -> tuple[AnyArray, AnyArray]:
        passes = [plain_pass(net, net.theta[np.newaxis], point.reshape(X.shape), case.rows) for point in points]
        return np.array([one[0][0] for one in passes]), np.array([one[1][0] for one in passes])

    assert_agree(trace.delta_input.ravel(), differences(loss_of_inputs, X.ravel()), loss, "the input")
    return count


HIDDEN: list[Activation] = [
    pl.ReLU(), pl.LeakyReLU(), pl.LeakyReLU(0.3), pl.Sigmoid(), pl.Tanh(), pl.GELU(), pl.SiLU(), pl.Mish(),
    pl.Identity(),
]  # fmt: skip
LOSS: list[Loss] = [
    pl.CrossEntropy(), pl.SmoothedCrossEntropy(0.2), pl.SoftmaxSquaredError(), pl.BinaryCrossEntropy(),
    pl.SquaredError(), pl.AbsoluteError(), pl.Huber(), pl.Huber(0.2), pl.Poisson(),
]  # fmt: skip


def test_every_activation_and_every_loss_is_in_the_lists_above() -> None:
    assert {type(f) for f in HIDDEN} == set(ACTIVATIONS.values())
    assert {type(f) for f in LOSS} == set(LOSSES.values())


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_gradient_matches_central_difference(data: st.DataObject) -> None:
    depth = data.draw(st.integers(1, 4), "depth")
    sizes = data.draw(st.lists(st.integers(1, 9), min_size=depth + 1, max_size=depth + 1), "sizes")
    hidden = data.draw(st.lists(st.sampled_from(HIDDEN), min_size=depth - 1, max_size=depth - 1), "activations")
    loss = data.draw(st.sampled_from(LOSS), "loss")
    check(make_case(sizes, hidden, loss, data.draw(st.integers(1, 7), "n"), data.draw(st.integers(0, 2**32), "seed")))


@pytest.mark.parametrize("loss", LOSS, ids=str)
@pytest.mark.parametrize("activation", HIDDEN, ids=str)
def test_gradient_of_every_pair_matches_at_nearly_every_parameter(activation: Activation, loss: Loss) -> None:
    case = make_case([5, 6, 4, 3], [activation] * 2, loss, 6, seed=7)
    assert check(case) >= 0.9 * case.net.theta.size  # few steps cross a kink: the check is not an empty one


def test_gradient_with_dropout_matches_central_difference() -> None:
    case = make_case([4, 9, 8, 3], [pl.Tanh(), pl.GELU()], pl.CrossEntropy(), 5, seed=3)
    check_with_dropout(case)


def check_with_dropout(case: Case, backward: Backward = pl.backward) -> None:
    rng = np.random.default_rng()
    trace = pl.Trace(case.net, len(case.X), dropout=0.4, rng=rng, input_gradient=True)
    trace.fill(case.X, case.y)

    def loss_of(point: AnyArray) -> float:
        case.net.theta[...] = point
        rng.bit_generator.state = np.random.default_rng(11).bit_generator.state  # the same mask every time
        pl.forward(case.net, trace)
        return float(plain_loss(case.net.loss, trace.z[-1], case.rows))

    here = case.net.theta.copy()
    loss = loss_of(here)
    assert 0 < np.mean(trace.mask[0] == 0) < 1
    assert backward(case.net, trace) == pytest.approx(loss, rel=1e-12)
    analytic = trace.grad.copy()
    numeric = differences(
        lambda points: (np.array([loss_of(point) for point in points]), np.empty((len(points), 0), bool)), here
    )
    case.net.theta[...] = here
    start = 0
    for l, layer in enumerate(case.net.layers):
        part = slice(start, start + layer.W.size + layer.b.size)
        assert_agree(analytic[part], numeric[part], loss, f"layer {l + 1}")
        start = part.stop


def test_dropout_keeps_the_expected_activation_and_draws_anew() -> None:
    net = pl.Network([2, 400, 1], loss=pl.SquaredError(), rng=np.random.default_rng(0))
    trace = pl.Trace(net, 500, dropout=0.3, rng=np.random.default_rng(1))
    trace.fill(np.ones((500, 2)))
    pl.forward(net, trace)
    first = trace.mask[0].copy()
    kept = np.float32(1) / np.float32(0.7)
    np.testing.assert_allclose(np.unique(first), [0.0, float(kept)], rtol=1e-6)
    assert first.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(trace.layer_input[1], trace.a[1] * first)
    pl.forward(net, trace)
    assert (trace.mask[0] != first).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("loss", LOSS, ids=lambda loss: loss.name)
def test_one_row_of_a_trace_of_any_size_is_that_row(loss: Any, dtype: Any) -> None:
    """Its numbers lie as far apart as the trace has rows; NumPy 2.4's np.negative errs at some distances."""
    hidden = [kind() for kind in ACTIVATIONS.values() if kind().name not in ("softmax", "exp")]
    case = make_case([5, *[9] * len(hidden), 9], hidden, loss, 1, seed=0)
    net = case.net.astype(dtype)
    alone = pl.Trace(net, 1)
    alone.fill(case.X, case.y)
    pl.forward(net, alone)
    wanted = pl.backward(net, alone)
    for rows in range(2, 34):
        trace = pl.Trace(net, rows)
        for buffer in (*trace.a, *trace.z, *trace.delta, *trace.workspace):
            buffer[...] = 7
        head = trace.head(1)
        head.fill(case.X, case.y)
        pl.forward(net, head)
        assert pl.backward(net, head) == pytest.approx(wanted, rel=1e-5 if dtype == np.float32 else 1e-12)
        np.testing.assert_allclose(head.a[-1], alone.a[-1], rtol=1e-5 if dtype == np.float32 else 1e-12)
        np.testing.assert_allclose(head.grad, alone.grad, rtol=2e-4 if dtype == np.float32 else 1e-9, atol=1e-7)


def test_predictions_know_no_dropout() -> None:
    case = make_case([4, 6, 3], [pl.Tanh()], pl.CrossEntropy(), 5, seed=3)
    before = case.net.predict(case.X)
    trace = pl.Trace(case.net, 5, dropout=0.5, rng=np.random.default_rng(0))
    trace.fill(case.X)
    pl.forward(case.net, trace)
    assert (trace.a[-1] != before).any()
    np.testing.assert_array_equal(case.net.predict(case.X), before)


@settings(deadline=None, max_examples=40)
@given(st.integers(2, 12), st.data())
def test_a_short_batch_has_the_gradient_of_a_trace_of_its_size(rows: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, rows), "n")
    case = make_case([5, 7, 6, 3], [pl.GELU(), pl.ReLU()], data.draw(st.sampled_from(LOSS)), n, seed=rows)
    rate = data.draw(st.sampled_from([0.0, 0.5]), "dropout")
    long = pl.Trace(case.net, rows, dropout=rate, rng=np.random.default_rng(0), input_gradient=True)
    for buffer in (*long.a, *long.z, *long.delta, *long.workspace, long.y, long.loss):
        buffer[...] = np.nan  # rows beyond the head are not read
    head, own = long.head(n), pl.Trace(case.net, n, dropout=rate, rng=np.random.default_rng(0), input_gradient=True)
    losses = []
    for trace in (head, own):
        trace.fill(case.X, case.y)
        pl.forward(case.net, trace)
        losses.append(pl.backward(case.net, trace))
    assert losses[0] == pytest.approx(losses[1], rel=1e-14)
    np.testing.assert_allclose(head.grad, own.grad, rtol=1e-12, atol=1e-15)
    assert head.delta_input is not None
    assert own.delta_input is not None
    np.testing.assert_allclose(head.delta_input, own.delta_input, rtol=1e-12, atol=1e-15)
    assert head.grad is long.grad


@pytest.mark.parametrize("loss", LOSS, ids=str)
def test_predicting_rows_together_or_one_by_one_is_the_same(loss: Loss) -> None:
    case = make_case([5, 7, 6, 3], [pl.GELU(), pl.LeakyReLU()], loss, 1500, seed=1)
    together = case.net.predict(case.X)
    one_by_one = np.concatenate([case.net.predict(row[np.newaxis]) for row in case.X])
    np.testing.assert_allclose(together, one_by_one, rtol=1e-12, atol=1e-15)


# pellucid's own check


@pytest.mark.parametrize("loss", LOSS, ids=str)
def test_gradient_check_agrees_and_counts_its_parameters(loss: Loss) -> None:
    case = make_case([5, 6, 4, 3], [pl.ReLU(), pl.GELU()], loss, 5, seed=2)
    before, calls = case.net.theta.copy(), []
    result = pl.gradient_check(case.net, case.X, case.y, after_each=lambda: calls.append(1))
    assert result.passed
    assert result.max_relative_error <= 1e-6
    assert [layer.layer for layer in result.layers] == [1, 2, 3]
    assert [layer.checked + layer.skipped for layer in result.layers] == [36, 28, 15]
    assert result.parameters_checked == sum(layer.checked for layer in result.layers) >= 70
    assert len(calls) == case.net.theta.size == 79
    np.testing.assert_array_equal(case.net.theta, before)


def test_gradient_check_of_some_parameters_checks_so_many() -> None:
    case = make_case([5, 6, 3], [pl.Tanh()], pl.CrossEntropy(), 5, seed=2)
    result = pl.gradient_check(case.net, case.X, case.y, parameters=20, rng=np.random.default_rng(0))
    assert (result.passed, result.parameters_checked) == (True, 20)


def test_gradient_check_of_a_float32_network_passes() -> None:
    case = make_case([5, 6, 3], [pl.Tanh()], pl.CrossEntropy(), 5, seed=2)
    assert pl.gradient_check(case.net.astype(np.float32), case.X.astype(np.float32), case.y).passed


@dataclass(frozen=True)
class WrongSlope:
    """Tanh with the slope 1 − a in place of 1 − a²."""

    name: ClassVar[str] = "wrong"
    formula: ClassVar[Formula] = Formula("np.tanh({z})", "(1 - {a})")

    def __call__(self, z: Array, *, out: Array, workspace: Array) -> None:
        np.tanh(z, out=out)

    def backward(self, z: Array, a: Array, *, delta: Array, workspace: Array) -> None:
        delta *= 1 - a


def test_gradient_check_finds_a_wrong_slope_and_the_layers_below_it() -> None:
    case = make_case([5, 6, 4, 3], [pl.Tanh(), WrongSlope()], pl.CrossEntropy(), 5, seed=2)
    result = pl.gradient_check(case.net, case.X, case.y)
    assert not result.passed
    assert result.max_relative_error > 1e-3
    # layer 2 has the wrong slope, and layer 1 receives what it hands down
    assert [layer.passed for layer in result.layers] == [False, False, True]


def test_gradient_check_leaves_out_what_crosses_a_kink() -> None:
    net = pl.Network([1, 2, 1], loss=pl.SquaredError(), init=None, dtype=np.float64)
    net.theta = [1e-9, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]  # the first neuron's score is 10⁻⁹: any step crosses 0
    result = pl.gradient_check(net, [[1.0]], [[3.0]])
    assert result.passed
    assert [layer.skipped for layer in result.layers] == [2, 0]  # its weight and its bias


@pytest.mark.parametrize("where", ["X", "theta"])
def test_gradient_check_of_what_is_no_number_does_not_pass(where: str) -> None:
    case = make_case([3, 4, 2], [pl.Tanh()], pl.CrossEntropy(), 5, seed=2)
    (case.X[0] if where == "X" else case.net.theta)[0] = np.nan
    try:
        passed = pl.gradient_check(case.net, case.X, case.y).passed
    except pl.InputError:
        passed = False
    assert not passed


# Breaking backward, a piece at a time


def battery(backward: Backward) -> None:
    """Gradient checks of networks whose widths all differ, so that no array fits in another's place."""
    for loss in LOSS:
        check(make_case([5, 4, 6, 3], [pl.ReLU(), pl.GELU()], loss, 7, seed=5), backward)
    check(make_case([3, 2], [], pl.CrossEntropy(), 4, seed=5), backward)
    check(make_case([4, 5, 4], [pl.Tanh()], pl.SquaredError(), 4, seed=5), backward)
    check_with_dropout(make_case([5, 4, 6, 3], [pl.Tanh(), pl.Sigmoid()], pl.CrossEntropy(), 7, seed=5), backward)


# What one array of a trace is mistaken for.
SWAPS = {
    "layer_input": "a",
    "a": "z",
    "z": "a",
    "y": "a",
    "weights": "ones",
    "output_weights": "y",
    "ones": "weights",
    "loss": "ones",
}

# Mutants that compute the same numbers in every network, and why.
EQUIVALENT = {
    "z, a, y, workspace = (trace.a[-1], trace.a[-1]": "no loss needs the scores for its slope, only for its value",
    "range(len(net.layers), -1, -1)": "a round more, l = 0, computes the last layer's dW and db once more, alike",
    "np.dot(trace.loss, trace.weights)": "a dot product of two vectors is the same either way round",
    "if True: np.dot(trace.delta[0], net.layers[0].W, out=trace.delta_input)": "with out=None the result is lost",
}


def mutants(function: ast.FunctionDef) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every statement left out, every condition fixed, every factor, index, operator and argument changed."""

    def nodes(tree: ast.AST) -> list[ast.AST]:
        return list(ast.walk(tree))

    def changed(place: int, **fields: Any) -> ast.FunctionDef:
        tree = copy.deepcopy(function)
        for name, value in fields.items():
            setattr(nodes(tree)[place], name, value)
        return tree

    def replace_child(old: int, make: Callable[[Any], ast.AST]) -> ast.FunctionDef:
        tree = copy.deepcopy(function)
        target = nodes(tree)[old]
        for parent in nodes(tree):
            for name, value in ast.iter_fields(parent):
                if value is target:
                    setattr(parent, name, make(target))
                elif isinstance(value, list) and any(item is target for item in value):
                    value[[item is target for item in value].index(True)] = make(target)
        return ast.fix_missing_locations(tree)

    statement: dict[int, str] = {}
    for node in nodes(function):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef):
            line = " ".join(ast.unparse(node).split())
            for inner in ast.walk(node):
                statement[id(inner)] = line

    for place, node in enumerate(nodes(function)):
        line = statement.get(id(node), "")
        match node:
            case ast.Expr(value=ast.Constant()) | ast.FunctionDef():
                continue
            case ast.Expr() | ast.AugAssign():
                yield f"delete: {line}", replace_child(place, lambda _: ast.Pass())
            case ast.If():
                for truth in (True, False):
                    tree = changed(place, test=ast.Constant(truth))
                    body = " ".join(" ".join(map(ast.unparse, node.body)).split())
                    yield f"if {truth}: {body}", ast.fix_missing_locations(tree)
            case ast.For():
                tree = changed(place, body=[*node.body, ast.Break()])
                yield f"stop after one round: {line[:60]}", ast.fix_missing_locations(tree)
        match node:
            case ast.AugAssign(op=ast.Mult()):
                for op in (ast.Div(), ast.Add()):
                    yield f"{type(op).__name__} for Mult: {line}", changed(place, op=op)
            case ast.Constant(value=int() as number) if not isinstance(number, bool):
                for other in (number - 1, number + 1):
                    tree = changed(place, value=other)
                    yield f"{number} -> {other} in: {_differing(function, tree)}", tree
            case ast.Attribute(attr="T"):
                tree = replace_child(place, lambda n: n.value)
                yield f"no .T: {_differing(function, tree)}", tree
            case ast.UnaryOp(op=ast.USub()):
                tree = replace_child(place, lambda n: n.operand)
                yield f"no minus: {_differing(function, tree)}", tree
            case ast.Attribute(attr=name, value=ast.Name(id="trace")) if name in SWAPS:
                tree = changed(place, attr=SWAPS[name])
                yield f"{name} -> {SWAPS[name]} in: {_differing(function, tree)}", tree
            case ast.Call(args=[_, _, *_]):
                tree = changed(place, args=node.args[::-1])
                yield f"arguments reversed: {_differing(function, tree)}", tree


def _differing(before: ast.FunctionDef, after: ast.FunctionDef) -> str:
    """The first line of ``after`` that is not as in ``before``."""
    pairs = zip(ast.unparse(before).splitlines(), ast.unparse(after).splitlines(), strict=True)
    return next(other.strip() for one, other in pairs if one != other)


def outcome(tree: ast.FunctionDef) -> str:
    """What the battery says of a mutant: how it fails, or "green"."""
    namespace = dict(vars(network))
    # ``backward`` calls ``gradient``, and that ``propagate``: all are made anew in the mutant's own namespace
    for function in (network.backward, network.gradient):
        exec(textwrap.dedent(inspect.getsource(function)), namespace)
    exec(compile(ast.Module([tree], []), "<mutant>", "exec"), namespace)
    try:
        with np.errstate(all="ignore"):
            battery(namespace["backward"])
    except AssertionError:
        return "wrong numbers"
    except Exception as error:
        return type(error).__name__
    return "green"


@pytest.mark.slow
def test_breaking_any_line_of_backward_turns_the_gradients_red(record_property: Callable[[str, object], None]) -> None:
    table: list[tuple[str, str]] = []
    for function in (network.backward, network.gradient, network.propagate):
        source = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
        assert isinstance(source, ast.FunctionDef)
        assert outcome(source) == "green"
        table += [(name, outcome(tree)) for name, tree in mutants(source)]
    for name, result in table:
        record_property(name, result)
        print(f"{result:15} {name}")
    survived = [name for name, result in table if result == "green"]
    unexplained = [name for name in survived if not any(known in name for known in EQUIVALENT)]
    assert len(table) > 60
    assert not unexplained
    assert len(survived) == len(EQUIVALENT)
