"""pellucid: the neural network that one can see through.

>>> import numpy as np, pellucid as pl
>>> net = pl.Network([784, 32, 16, 10], rng=np.random.default_rng(0))
>>> net
<Network 784-32-16-10 (relu, relu, softmax), cross-entropy, 25818 parameters, float32>
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pellucid.core import display, engines

if TYPE_CHECKING:
    from pellucid import datasets, tables
    from pellucid._files.reading import reading
    from pellucid.analysis import explain
    from pellucid.analysis.diagnosis.diagnose import diagnose
    from pellucid.analysis.doctor.diagnosis import Diagnosis
    from pellucid.analysis.doctor.doctor import doctor
    from pellucid.analysis.finding import Finding
    from pellucid.analysis.layer_health import LayerHealth, layer_health
    from pellucid.analysis.lr_range import RangeTest, lr_find
    from pellucid.core import metrics, schedules
    from pellucid.core.activations import ACTIVATIONS, GELU, Identity, LeakyReLU, ReLU, Sigmoid, Tanh
    from pellucid.core.errors import DivergenceError, InputError
    from pellucid.core.evaluation import evaluate
    from pellucid.core.gradient_check import GradientCheck, gradient_check
    from pellucid.core.initializers import INITIALIZERS, Article, Glorot, He, LeCun
    from pellucid.core.losses import (
        LOSSES,
        AbsoluteError,
        BinaryCrossEntropy,
        CrossEntropy,
        Huber,
        Poisson,
        SoftmaxSquaredError,
        SquaredError,
    )
    from pellucid.core.metrics import Scores
    from pellucid.core.network import Layer, Network, backward, forward
    from pellucid.core.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
    from pellucid.core.progress import Epoch, History, Progress
    from pellucid.core.trace import Trace
    from pellucid.core.training import train
    from pellucid.interop.export.registry import export
    from pellucid.model.additions import Mish, RAdam, SiLU, SmoothedCrossEntropy
    from pellucid.model.model import Model
    from pellucid.model.model_file import load, load_model, save, save_model
    from pellucid.render import landscape, pictures, report

__version__ = "0.1.0"

__all__ = [
    "ACTIVATIONS", "GELU", "INITIALIZERS", "LOSSES", "OPTIMIZERS", "SGD", "AbsoluteError", "Adam", "AdamW",
    "Article", "BinaryCrossEntropy", "CrossEntropy", "Diagnosis", "DivergenceError", "Epoch", "Finding", "Glorot",
    "GradientCheck", "He", "History", "Huber", "Identity", "InputError", "Layer", "LayerHealth", "LeCun",
    "LeakyReLU", "Mish", "Model", "Momentum", "Nesterov", "Network", "Poisson", "Progress", "RAdam", "RMSProp",
    "RangeTest", "ReLU", "Scores", "SiLU", "Sigmoid", "SmoothedCrossEntropy", "SoftmaxSquaredError", "SquaredError",
    "Tanh", "Trace", "backward", "datasets", "diagnose", "doctor", "evaluate", "explain", "export", "forward",
    "gradient_check", "landscape", "layer_health", "load", "load_model", "lr_find", "metrics", "pictures", "reading",
    "report", "save", "save_model", "schedules", "tables", "train",
]  # fmt: skip

# Where each public name lives. It is loaded when it is first asked for: so the command can catch a Ctrl-C from its
# first moment on, and what a program does not use costs it nothing.
_PLACES = {
    "_files.reading": ("reading",),
    "analysis.diagnosis.diagnose": ("diagnose",),
    "analysis.doctor.diagnosis": ("Diagnosis",),
    "analysis.doctor.doctor": ("doctor",),
    "analysis.finding": ("Finding",),
    "analysis.layer_health": ("LayerHealth", "layer_health"),
    "analysis.lr_range": ("RangeTest", "lr_find"),
    "book.cell_magics": ("load_ipython_extension",),
    "core.activations": ("ACTIVATIONS", "GELU", "Identity", "LeakyReLU", "ReLU", "Sigmoid", "Tanh"),
    "core.errors": ("DivergenceError", "InputError"),
    "core.evaluation": ("evaluate",),
    "core.gradient_check": ("GradientCheck", "gradient_check"),
    "core.initializers": ("INITIALIZERS", "Article", "Glorot", "He", "LeCun"),
    "core.losses": (
        "LOSSES",
        "AbsoluteError",
        "BinaryCrossEntropy",
        "CrossEntropy",
        "Huber",
        "Poisson",
        "SoftmaxSquaredError",
        "SquaredError",
    ),
    "core.metrics": ("Scores",),
    "core.network": ("Layer", "Network", "backward", "forward"),
    "core.optimizers": ("OPTIMIZERS", "SGD", "Adam", "AdamW", "Momentum", "Nesterov", "RMSProp"),
    "core.progress": ("Epoch", "History", "Progress"),
    "core.trace": ("Trace",),
    "core.training": ("train",),
    "interop.export.registry": ("export",),
    "interop.sklearn.estimators": ("PellucidClassifier", "PellucidRegressor"),
    "model.additions": ("Mish", "RAdam", "SiLU", "SmoothedCrossEntropy"),
    "model.model": ("Model",),
    "model.model_file": ("load", "load_model", "save", "save_model"),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}
# Modules that are public as a whole, and where they live.
_MODULES = {
    "datasets": "datasets",
    "explain": "analysis.explain",
    "landscape": "render.landscape",
    "metrics": "core.metrics",
    "pictures": "render.pictures",
    "report": "render.report",
    "schedules": "core.schedules",
    "tables": "tables",
}

display.connect(lambda: import_module("pellucid.render.notebook"))
engines.register("compiled", lambda: import_module("pellucid.compiled.choice"))


def __getattr__(name: str) -> Any:
    """Load a public name, or one of the modules that are public as a whole."""
    if name in _MODULES:
        value: Any = import_module(f"pellucid.{_MODULES[name]}")
    elif name in _PLACE_OF:
        value = getattr(import_module(f"pellucid.{_PLACE_OF[name]}"), name)
    else:
        raise AttributeError(f"module 'pellucid' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
