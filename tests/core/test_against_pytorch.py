"""A hundred steps beside PyTorch's: the same θ to ten digits."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.core.activations import Activation, slope, value
from pellucid.core.arrays import AnyArray
from pellucid.core.optimizers import clip
from pellucid.core.schedules import cosine

pytestmark = pytest.mark.slow

STEPS, BATCH, INPUTS = 100, 12, 7
HIDDEN = [9, 8, 7, 6, 5, 6, 5]
ACTIVATIONS: list[Activation] = [
    pl.GELU(), pl.LeakyReLU(0.1), pl.Tanh(), pl.SiLU(), pl.Sigmoid(), pl.Mish(), pl.ReLU(),
]  # fmt: skip


@pytest.fixture(scope="module")
def torch() -> Any:
    import torch

    torch.set_num_threads(1)  # such small products are only slowed down by more

    return torch


def twin(torch: Any, net: pl.Network) -> Any:
    """The same network in PyTorch, with the same θ."""
    nn = torch.nn
    kinds = {
        "gelu": lambda f: nn.GELU(approximate="tanh"),
        "leaky-relu": lambda f: nn.LeakyReLU(f.slope),
        "tanh": lambda f: nn.Tanh(),
        "sigmoid": lambda f: nn.Sigmoid(),
        "relu": lambda f: nn.ReLU(),
        "silu": lambda f: nn.SiLU(),
        "mish": lambda f: nn.Mish(),
        "identity": lambda f: nn.Identity(),
    }
    parts = []
    for number, layer in enumerate(net.layers, start=1):
        linear = nn.Linear(layer.W.shape[1], layer.W.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(torch.tensor(np.ascontiguousarray(layer.W)))
            linear.bias.copy_(torch.tensor(layer.b))
        parts.append(linear)
        if number < len(net.layers):
            parts.append(kinds[layer.activation.name](layer.activation))
    return nn.Sequential(*parts)


def theta_of(model: Any) -> AnyArray:
    """PyTorch's parameters in the order of ``Network.theta``."""
    arrays = [p.detach().numpy() for p in model.parameters()]
    return np.concatenate([(array.T if array.ndim == 2 else array).ravel() for array in arrays])


def soft_squared(torch: Any) -> Callable[[Any, Any], Any]:
    return lambda z, y: ((z.softmax(dim=1) - torch.nn.functional.one_hot(y, z.shape[1])) ** 2).sum(dim=1).mean()


def poisson(torch: Any) -> Callable[[Any, Any], Any]:
    """PyTorch's, with the part that y alone decides, which it leaves out."""
    left_out = torch.nn.PoissonNLLLoss()
    return lambda z, y: left_out(z, y) + (torch.special.xlogy(y, y) - y).mean()


# name: the loss, the number of outputs, PyTorch's loss, and how the targets are drawn
TASKS: dict[str, tuple[Any, int, Callable[[Any], Any], Callable[[np.random.Generator, int], AnyArray]]] = {
    "classifier": (pl.CrossEntropy(), 5, lambda t: t.nn.CrossEntropyLoss(), lambda r, n: r.integers(5, size=n)),
    "binary": (pl.BinaryCrossEntropy(), 1, lambda t: t.nn.BCEWithLogitsLoss(), lambda r, n: r.integers(2, size=n)),
    "regressor": (pl.SquaredError(), 2, lambda t: t.nn.MSELoss(), lambda r, n: r.standard_normal((n, 2))),
    "huber": (pl.Huber(0.7), 2, lambda t: t.nn.HuberLoss(delta=0.7), lambda r, n: r.standard_normal((n, 2))),
    "absolute": (pl.AbsoluteError(), 2, lambda t: t.nn.L1Loss(), lambda r, n: r.standard_normal((n, 2))),
    "questions": (pl.BinaryCrossEntropy(), 3, lambda t: t.nn.BCEWithLogitsLoss(), lambda r, n: r.random((n, 3))),
    "poisson": (pl.Poisson(), 2, poisson, lambda r, n: r.poisson(2.0, (n, 2))),
    "smoothed": (
        pl.SmoothedCrossEntropy(0.2),
        5,
        lambda t: t.nn.CrossEntropyLoss(label_smoothing=0.2),
        lambda r, n: r.integers(5, size=n),
    ),
    "softmax-squared": (pl.SoftmaxSquaredError(), 5, soft_squared, lambda r, n: r.integers(5, size=n)),
}

# name: pellucid's and PyTorch's; AdamW's weight decay has a default, and so 0 is said
OPTIMIZERS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sgd": (pl.SGD, lambda t, p, **k: t.optim.SGD(p, **k)),
    "momentum": (pl.Momentum, lambda t, p, **k: t.optim.SGD(p, momentum=0.9, **k)),
    "nesterov": (pl.Nesterov, lambda t, p, **k: t.optim.SGD(p, momentum=0.9, nesterov=True, **k)),
    "rmsprop": (pl.RMSProp, lambda t, p, **k: t.optim.RMSprop(p, **k)),
    "adam": (pl.Adam, lambda t, p, **k: t.optim.Adam(p, **k)),
    "adamw": (pl.AdamW, lambda t, p, **k: t.optim.AdamW(p, **k)),
    "radam": (pl.RAdam, lambda t, p, **k: t.optim.RAdam(p, **k)),
}
RATES = {"sgd": 0.2, "momentum": 0.05, "nesterov": 0.05, "rmsprop": 0.003, "adam": 0.01, "adamw": 0.01, "radam": 0.01}


def side_by_side(
    torch: Any, task: str, kind: str, *, clip_norm: float | None = None, cosine_rate: bool = False, **settings: Any
) -> tuple[float, float]:
    """Train both from the same θ on the same batches; the distance of the two θ and of their losses, relative."""
    loss, outputs, make_loss, draw = TASKS[task]
    ours, theirs = OPTIMIZERS[kind]
    net = pl.Network(
        [INPUTS, *HIDDEN, outputs], activation=ACTIVATIONS, loss=loss, dtype=np.float64, rng=np.random.default_rng(1)
    )
    start = net.theta.copy()
    model, torch_loss = twin(torch, net), make_loss(torch)
    np.testing.assert_array_equal(theta_of(model), start)
    if "lr" not in settings:
        settings["lr"] = RATES[kind]
    rate = settings["lr"]
    optimizer = ours(rate, **{name: value for name, value in settings.items() if name != "lr"})
    torch_optimizer = theirs(torch, model.parameters(), **settings)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(torch_optimizer, STEPS) if cosine_rate else None
    trace, rng = pl.Trace(net, BATCH), np.random.default_rng(2)
    losses = np.empty((STEPS, 2))
    for step in range(STEPS):
        X, y = rng.standard_normal((BATCH, INPUTS)), draw(rng, BATCH)
        trace.fill(X, y)
        pl.forward(net, trace)
        losses[step, 0] = pl.backward(net, trace)
        if clip_norm is not None:
            clip(trace.grad, clip_norm)
        if cosine_rate:
            optimizer.learning_rate = rate * cosine(step / STEPS)
        optimizer.step(net.theta, trace.grad)

        torch_optimizer.zero_grad()
        target = torch.tensor(y) if loss.kind == "classes" else torch.tensor(y.reshape(BATCH, outputs) * 1.0)
        loss_there = torch_loss(model(torch.tensor(X)), target)
        loss_there.backward()
        losses[step, 1] = float(loss_there.detach())
        if clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
        torch_optimizer.step()
        if scheduler is not None:
            scheduler.step()
    theta = theta_of(model)
    assert np.linalg.norm(net.theta - start) > 1e-3 * np.linalg.norm(start)  # the steps went somewhere
    distance = float(np.linalg.norm(net.theta - theta) / np.linalg.norm(theta))
    return distance, float(np.abs(losses[:, 0] / losses[:, 1] - 1).max())


def assert_alike(distances: tuple[float, float]) -> None:
    assert distances[0] <= 1e-10
    assert distances[1] <= 1e-9


@pytest.mark.parametrize(
    ("task", "kind", "decay"), list(itertools.product(["classifier", "binary", "regressor"], OPTIMIZERS, [0.0, 0.02]))
)
def test_a_hundred_steps_are_pytorchs(torch: Any, task: str, kind: str, decay: float) -> None:
    assert_alike(side_by_side(torch, task, kind, weight_decay=decay))


@pytest.mark.parametrize("task", ["huber", "absolute", "poisson", "questions", "smoothed", "softmax-squared"])
@pytest.mark.parametrize("kind", ["sgd", "adam"])
def test_the_other_losses_are_pytorchs(torch: Any, task: str, kind: str) -> None:
    assert_alike(side_by_side(torch, task, kind, weight_decay=0.02))


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_the_defaults_are_pytorchs(torch: Any, kind: str) -> None:
    ours = OPTIMIZERS[kind][0]()
    theirs = OPTIMIZERS[kind][1](torch, [torch.zeros(1, requires_grad=True)]).defaults
    assert ours.learning_rate == theirs["lr"]
    assert ours.weight_decay == theirs["weight_decay"]
    for name, there in (("momentum", "momentum"), ("alpha", "alpha"), ("epsilon", "eps")):
        if hasattr(ours, name):
            assert getattr(ours, name) == theirs[there]
    if hasattr(ours, "beta1"):
        assert (ours.beta1, ours.beta2) == theirs["betas"]


@pytest.mark.parametrize("most", [0.05, 0.3, 1e9])
def test_clipping_is_pytorchs(torch: Any, most: float) -> None:
    assert_alike(side_by_side(torch, "classifier", "momentum", clip_norm=most))


@pytest.mark.parametrize("kind", ["sgd", "adamw"])
def test_the_cosine_schedule_is_pytorchs_step_by_step(torch: Any, kind: str) -> None:
    assert_alike(side_by_side(torch, "classifier", kind, cosine_rate=True, weight_decay=0.02))


def test_gelu_is_pytorchs_in_its_tanh_form(torch: Any) -> None:
    z = np.linspace(-8, 8, 4001)
    x = torch.tensor(z, requires_grad=True)
    y = torch.nn.functional.gelu(x, approximate="tanh")
    y.sum().backward()
    np.testing.assert_allclose(value(pl.GELU(), z), y.detach().numpy(), rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(slope(pl.GELU(), z), x.grad.numpy(), rtol=1e-10, atol=1e-14)
    exact = torch.nn.functional.gelu(torch.tensor(z)).numpy()
    assert np.abs(value(pl.GELU(), z) - exact).max() < 0.0005  # as its docstring says
