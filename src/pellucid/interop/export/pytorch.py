"""A model for PyTorch: a ``state_dict`` as safetensors, and beside it the lines of Python that load it."""

import json
from pathlib import Path

import numpy as np

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import write_whole
from pellucid.core.activations import GELU, Activation, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.registry import describe
from pellucid.interop.export.literals import Literals, refuse_to_shadow
from pellucid.model.additions import Mish, SiLU  # fmt: skip
from pellucid.model.expressions import pytorch
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
    refuse_to_shadow(beside)
    named = state(model)
    lines = program(model, path.name, double=named["0.bias"].dtype == np.float64)
    packed = {name: np.ascontiguousarray(array) for name, array in named.items()}
    about = {**describe_network(model.network), "classes": model.classes}  # so that it comes back as it went
    write_whole(path, _sorted(save(packed, {"format": "pt", "load": lines, DESCRIPTION: json.dumps(about)})))
    write_whole(beside, lines.encode())


def _sorted(content: bytes) -> bytes:
    """A safetensors file with the entries of its header in order: the same model gives the same bytes."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:end]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[end:]


def state(model: Model) -> dict[str, AnyArray]:
    """The weights under the names that they have in ``nn.Sequential``; values come out in the target's own units.

    All are float64 where the target's units take weights that float32 does not hold.

    Raises:
        InputError: float64 does not hold them either.

    >>> from pellucid import Network
    >>> list(state(Model(Network([4, 3, 2]))))
    ['0.weight', '0.bias', '2.weight', '2.bias']
    """
    with np.errstate(over="ignore", under="ignore"):
        net = model.in_units()
        narrow = net.astype(model.network.dtype)
    if not np.isfinite(net.theta).all():
        raise InputError("the target's mean and scale are too large for weights in its own units: divide the target")
    kept = narrow if np.allclose(narrow.theta, net.theta, rtol=1e-6, atol=0) else net
    named: dict[str, AnyArray] = {}
    for place, layer in zip(_places(model), kept.layers, strict=True):
        named[f"{place}.weight"], named[f"{place}.bias"] = layer.W, layer.b
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


def program(model: Model, name: str, *, double: bool) -> str:
    """The lines that build the network in PyTorch and load its weights from the file ``name`` beside them."""
    data, modules = Literals(), []
    for W, _, activation in model.network.layers:
        modules.append(f"nn.Linear({W.shape[1]}, {W.shape[0]}),")
        if not isinstance(activation, Identity):
            modules.append(f"{_module(activation)},")
    own = any(module.startswith("Formula") for module in modules)
    lines = [
        f"{OPENING} {pellucid.__version__} has trained.",
        "from pathlib import Path",
        "",
        *(["import torch"] if own else []),
        "from safetensors.torch import load_file",
        "from torch import nn",
        "",
        *(OWN_MODULE.split("\n")[:-1] if own else ()),
        *_inputs(model, data),
        "model = nn.Sequential(",
        *(f"    {module}" for module in modules),
        ").double()" if double else ")",
        f"model.load_state_dict(load_file(Path(__file__).with_name({data(name)})))",
        "",
    ]
    return data.program("\n".join(lines))


def _inputs(model: Model, data: Literals) -> list[str]:
    """What the network reads, where that is not plain numbers."""
    if model.image_shape is not None:
        return ["# Its inputs are pixels from 0 to 1: bytes / 255, row after row."]
    if model.preprocessing is None:
        return []
    return [
        "# Its inputs are not the columns of the table, but what the preprocessing makes of them, in this order:",
        "inputs = [",
        *(f"    {data(name)}," for name in model.preprocessing.inputs),
        "]",
        "",
    ]
