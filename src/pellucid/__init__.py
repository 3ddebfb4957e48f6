"""pellucid: the neural network that one can see through.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0))
>>> net
<Network 784-32-16-10 (relu, relu, softmax), cross-entropy, 25818 parameters, float32>
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pellucid import metrics, schedules
from pellucid.activations import GELU, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
from pellucid.errors import DivergenceError, InputError
from pellucid.gradcheck import GradientCheck, gradient_check
from pellucid.initializers import Article, Glorot, He, LeCun
from pellucid.losses import (
    AbsoluteError,
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    SoftmaxSquaredError,
    SquaredError,
)
from pellucid.network import Layer, Network, Trace, backward, forward
from pellucid.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from pellucid.training import Epoch, Progress, Scores, evaluate, train

if TYPE_CHECKING:
    from pellucid import datasets
    from pellucid.storage import Model, load, load_model, save, save_model

__version__ = "0.1.0"

__all__ = [
    "GELU",
    "SGD",
    "AbsoluteError",
    "Adam",
    "AdamW",
    "Article",
    "BinaryCrossEntropy",
    "CrossEntropy",
    "DivergenceError",
    "Epoch",
    "Glorot",
    "GradientCheck",
    "He",
    "Huber",
    "Identity",
    "InputError",
    "Layer",
    "LeCun",
    "LeakyReLU",
    "Model",
    "Momentum",
    "Nesterov",
    "Network",
    "Progress",
    "RMSProp",
    "ReLU",
    "Scores",
    "Sigmoid",
    "SoftmaxSquaredError",
    "SquaredError",
    "Tanh",
    "Trace",
    "backward",
    "datasets",
    "evaluate",
    "forward",
    "gradient_check",
    "load",
    "load_model",
    "metrics",
    "save",
    "save_model",
    "schedules",
    "train",
]

_LATER = {
    "datasets": "pellucid.datasets",
    "Model": "pellucid.storage",
    "load": "pellucid.storage",
    "load_model": "pellucid.storage",
    "save": "pellucid.storage",
    "save_model": "pellucid.storage",
}


def __getattr__(name: str) -> Any:
    """Load the rooms beyond the core when they are first asked for."""
    if name not in _LATER:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    module = import_module(_LATER[name])
    return module if name == "datasets" else getattr(module, name)


def __dir__() -> list[str]:
    return __all__
