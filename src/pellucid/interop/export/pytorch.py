"""A model for PyTorch: a ``state_dict`` as safetensors, and beside it the lines of Python that load it."""

import json
from pathlib import Path

import numpy as np

import pellucid
from pellucid._files import StrPath
from pellucid._writing import write_whole
from pellucid.core.activations import GELU, Activation, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.registry import describe
from pellucid.interop.export.expressions import pytorch
from pellucid.model.additions import Mish, SiLU  # fmt: skip
from pellucid.model.model import Model
from pellucid.model.model_file import MISSING, describe_network

MODULES: dict[type[Activation], str] = {  # PyTorch's own; others are written from their formulas
    ReLU: "nn.ReLU()",
    LeakyReLU: "nn.LeakyReLU({slope!r})",
    Sigmoid: "nn.Sigmoid()",
    Tanh: "nn.Tanh()",
    GELU: 'nn.GELU(approximate="tanh")',
    SiLU: "nn.SiLU()",
    Mish: "nn.Mish()",
    Softmax: "nn.Softmax(dim=1)",
}
DESCRIPTION = "network"  # the entry of the metadata that says what the tensors do not: activations, loss, classes
OWN_MODULE = """
class Formula(nn.Module):  # an activation that PyTorch does not have
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, z):
        return self.f(z)


"""
OPENING = "# A network that pellucid"  # of the lines that load the weights


def write(model: Model, path: StrPath) -> None:
    """Write ``path``, a ``state_dict`` in safetensors, and a .py file of the same name that loads it.

    Raises:
        InputError: safetensors is not installed.
        OSError: a file cannot be written.
    """
    path = Path(path)
    beside = path.with_suffix(".py")
    try:
        from safetensors.numpy import save
    except ImportError:
        raise InputError(MISSING) from None
    lines = program(model, path.name)
    packed = {name: np.ascontiguousarray(array) for name, array in state(model).items()}
    about = {**describe_network(model.network), "classes": model.classes}  # so that it comes back as it went
    write_whole(path, save(packed, {"format": "pt", "load": lines, DESCRIPTION: json.dumps(about)}))
    write_whole(beside, lines.encode())


def state(model: Model) -> dict[str, AnyArray]:
    """The weights under the names that they have in ``nn.Sequential``; values come out in the target's own units.

    >>> from pellucid import Network
    >>> list(state(Model(Network([4, 3, 2]))))
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    net = model.in_units()
    named: dict[str, AnyArray] = {}
    for place, layer in zip(_places(model), net.layers, strict=True):
        named[f"{place}.weight"] = layer.W.astype(model.network.dtype)
        named[f"{place}.bias"] = layer.b.astype(model.network.dtype)
    return named


def _places(model: Model) -> list[int]:
    """Where the linear layers stand among the modules; an identity is none."""
    places, place = [], 0
    for layer in model.network.layers:
        places.append(place)
        place += 1 + (not isinstance(layer.activation, Identity))
    return places


def _module(activation: Activation) -> str:
    """The module of an activation; raises InputError where none can be written."""
    settings = describe(activation)
    if type(activation) in MODULES:
        return MODULES[type(activation)].format(**settings)
    return f"Formula(lambda z: {pytorch(activation)})"


def program(model: Model, name: str) -> str:
    """The lines that build the network in PyTorch and load its weights from the file ``name`` beside them."""
    modules = []
    for W, _, activation in model.network.layers:
        modules.append(f"nn.Linear({W.shape[1]}, {W.shape[0]}),")
        if not isinstance(activation, Identity):
            modules.append(f"{_module(activation)},")
    note = [f"# {line}" for line in _notes(model)]
    own = any(module.startswith("Formula") for module in modules)
    double = ".double()" if model.network.dtype == np.float64 else ""
    return "\n".join(
        [
            f"{OPENING} {pellucid.__version__} has trained.",
            *note,
            "from pathlib import Path",
            "",
            *(["import torch"] if own else []),
            "from safetensors.torch import load_file",
            "from torch import nn",
            "",
            *(OWN_MODULE.split("\n")[:-1] if own else ()),
            "model = nn.Sequential(",
            *(f"    {module}" for module in modules),
            f"){double}",
            f"model.load_state_dict(load_file(Path(__file__).with_name({name!r})))",
            "",
        ]
    )


def _notes(model: Model) -> list[str]:
    if model.image_shape is not None:
        return ["Its inputs are pixels from 0 to 1: bytes / 255, row after row."]
    plan = model.preprocessing
    if plan is None:
        return []
    lines = ["Its inputs are not the columns of the table, but what the preprocessing makes of them, in this order:"]
    names = ", ".join(plan.inputs)
    lines += [f"  {names}" if len(names) < 2000 else f"  {names[:2000]} …"]
    return [*" ".join(lines[0].split()).split("\n"), *(line.replace("\n", " ") for line in lines[1:])]
