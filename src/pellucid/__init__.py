"""pellucid: the neural network that one can see through.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0))
>>> net
<Network 784-32-16-10 (relu, relu, softmax), cross-entropy, 25818 parameters, float32>
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pellucid import datasets, explain, landscape, metrics, pictures, report, schedules, tables
    from pellucid.activations import GELU, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
    from pellucid.diagnosis.training import diagnose
    from pellucid.ecosystem.export import export
    from pellucid.errors import DivergenceError, InputError
    from pellucid.evaluation import Scores, evaluate
    from pellucid.examination.examine import Diagnosis, doctor
    from pellucid.finding import Finding
    from pellucid.gradcheck import GradientCheck, gradient_check
    from pellucid.history import History
    from pellucid.initializers import Article, Glorot, He, LeCun
    from pellucid.inspection import LayerHealth, layer_health
    from pellucid.learning_rate import RangeTest, lr_find
    from pellucid.losses import (
        AbsoluteError,
        BinaryCrossEntropy,
        CrossEntropy,
        Huber,
        Poisson,
        SoftmaxSquaredError,
        SquaredError,
    )
    from pellucid.network import Layer, Network, backward, forward
    from pellucid.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
    from pellucid.storage import Model, load, load_model, save, save_model
    from pellucid.trace import Trace
    from pellucid.training import Epoch, Progress, train

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
    "Diagnosis",
    "DivergenceError",
    "Epoch",
    "Finding",
    "Glorot",
    "GradientCheck",
    "He",
    "History",
    "Huber",
    "Identity",
    "InputError",
    "Layer",
    "LayerHealth",
    "LeCun",
    "LeakyReLU",
    "Model",
    "Momentum",
    "Nesterov",
    "Network",
    "Poisson",
    "Progress",
    "RMSProp",
    "RangeTest",
    "ReLU",
    "Scores",
    "Sigmoid",
    "SoftmaxSquaredError",
    "SquaredError",
    "Tanh",
    "Trace",
    "backward",
    "datasets",
    "diagnose",
    "doctor",
    "evaluate",
    "explain",
    "export",
    "forward",
    "gradient_check",
    "landscape",
    "layer_health",
    "load",
    "load_model",
    "lr_find",
    "metrics",
    "pictures",
    "report",
    "save",
    "save_model",
    "schedules",
    "tables",
    "train",
]

# Where each public name lives. It is loaded when it is first asked for: so the command can catch a Ctrl-C from its
# first moment on, and what a program does not use costs it nothing.
_PLACES = {
    "activations": ("GELU", "Identity", "LeakyReLU", "ReLU", "Sigmoid", "Tanh"),
    "diagnosis.training": ("diagnose",),
    "examination.examine": ("Diagnosis", "doctor"),
    "ecosystem.export": ("export",),
    "evaluation": ("Scores", "evaluate"),
    "errors": ("DivergenceError", "InputError"),
    "finding": ("Finding",),
    "gradcheck": ("GradientCheck", "gradient_check"),
    "inspection": ("LayerHealth", "layer_health"),
    "history": ("History",),
    "initializers": ("Article", "Glorot", "He", "LeCun"),
    "learning_rate": ("RangeTest", "lr_find"),
    "losses": (
        "AbsoluteError",
        "BinaryCrossEntropy",
        "CrossEntropy",
        "Huber",
        "Poisson",
        "SoftmaxSquaredError",
        "SquaredError",
    ),
    "network": ("Layer", "Network", "backward", "forward"),
    "trace": ("Trace",),
    "optimizers": ("SGD", "Adam", "AdamW", "Momentum", "Nesterov", "RMSProp"),
    "storage": ("Model", "load", "load_model", "save", "save_model"),
    "training": ("Epoch", "Progress", "train"),
}
_ESTIMATORS = ("PellucidClassifier", "PellucidRegressor")
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name, or one of the modules that are public as a whole."""
    if name in ("datasets", "explain", "landscape", "metrics", "pictures", "report", "schedules", "tables"):
        return import_module(f"pellucid.{name}")
    if name in _ESTIMATORS:  # not in __all__: import * does without scikit-learn
        return getattr(import_module("pellucid.ecosystem.estimator"), name)
    if name not in _PLACE_OF:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"pellucid.{_PLACE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
