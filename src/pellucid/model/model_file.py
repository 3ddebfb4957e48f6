"""Model files: a network and all that one needs to use it, as safetensors: no pickle, nothing that can run.

A file holds the tensors ``layer1.W`` (outputs, inputs), ``layer1.b`` (outputs,), … and one entry of metadata,
``pellucid``, a JSON object. What is read is taken as hostile until it was checked: sizes are compared with the tensors
that are there before any memory is taken for them.
"""

import json
import math
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._files.latest import resolved
from pellucid._files.reading import StrPath, read_file
from pellucid._files.writing import check_replaceable, write_whole
from pellucid.core.activations import ACTIVATIONS
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.losses import LOSSES
from pellucid.core.network import Network
from pellucid.core.registry import describe
from pellucid.model.model import Model
from pellucid.model.preprocessing import Preprocessing

VERSION = 1
NAME = "model.safetensors"  # in the folder of a run
MISSING = "safetensors is not installed: pip install safetensors"


def save(net: Network, path: StrPath, *, force: bool = False) -> None:
    """Write a network to a safetensors file, whole or not at all.

    Raises:
        InputError: an activation or a loss that ``load`` could not make again; or a file is there that is no model of
            pellucid, and ``force`` does not say that it may go. Nothing is written.
        OSError: the file cannot be written; what was there before is untouched.

    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "net.safetensors"
    >>> net = Network([3, 2], rng=np.random.default_rng(0))
    >>> save(net, path)
    >>> bool((load(path).theta == net.theta).all())
    True
    """
    save_model(Model(net), path, force=force)


def load(path: StrPath) -> Network:
    """Read a network that ``save`` or a training run has written.

    Raises:
        InputError: there is no such file, or it is no whole model file; the message says in what way.

    >>> import pellucid
    >>> from pathlib import Path
    >>> load(Path(pellucid.__file__).parent / "model" / "digits.safetensors").sizes
    (784, 32, 16, 10)
    """
    return load_model(path).network


def save_model(model: Model, path: StrPath, *, force: bool = False) -> None:
    """Write a model to a safetensors file, whole or not at all; raises as ``save`` does.

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> save_model(Model(Network([3, 2]), classes=("no", "yes")), path)
    >>> load_model(path).classes
    ('no', 'yes')
    """
    check_replaceable(path, is_model_file, force=force)
    net = model.network
    tensors = {}
    for number, layer in enumerate(net.layers, start=1):
        tensors[f"layer{number}.W"] = layer.W
        tensors[f"layer{number}.b"] = layer.b
    write_tensors(path, tensors, describe_model(model))


def describe_model(model: Model) -> dict[str, Any]:
    """Everything about a model but its θ, for JSON; raises InputError where it could not be read again."""
    return {
        **describe_network(model.network),
        "classes": model.classes,
        "features": model.features,
        "image_shape": model.image_shape,
        "data": dict(model.data),
        "preprocessing": None if model.preprocessing is None else model.preprocessing.as_json(),
        "picture_form": model.picture_form,
        "guess": model.guess,
    }


def describe_network(net: Network) -> dict[str, Any]:
    """Everything about a network but its θ, for JSON; raises InputError where it could not be read again."""
    for layer in net.layers[:-1]:
        ACTIVATIONS.check_saving(layer.activation)
    LOSSES.check_saving(net.loss)
    return {
        "sizes": net.sizes,
        "activations": [describe(layer.activation) for layer in net.layers[:-1]],
        "loss": describe(net.loss),
    }


def build_network(about: Mapping[str, Any], dtype: np.dtype[Any]) -> Network:
    """The network that ``describe_network`` described, with θ at zero."""
    hidden = [ACTIVATIONS.make(spec) for spec in about["activations"]]
    return Network(about["sizes"], activation=hidden, loss=LOSSES.make(about["loss"]), init=None, dtype=dtype)


def load_model(path: StrPath) -> Model:
    """Read a model file, or that of a run's folder; "latest" is the last run that was started in this folder.

    Raises:
        InputError: as ``load`` does; or there is no last run.

    >>> import pellucid
    >>> load_model(Path(pellucid.__file__).parent / "model" / "digits.safetensors").image_shape
    (28, 28)
    """
    path = resolved(path)
    path = Path(path) / NAME if Path(path).is_dir() else path
    tensors, about = read_tensors(path)
    try:
        return build_model(tensors, about)
    except InputError as error:
        raise InputError(f"{path}: {error}; it is damaged, or not written by pellucid: train the model again") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise InputError(
            f"{path}: its description of the network cannot be used ({type(error).__name__}: {error}); "
            "it is damaged, or not written by pellucid: train the model again"
        ) from None


def build_model(tensors: Mapping[str, AnyArray], about: Mapping[str, Any]) -> Model:
    """The model that ``describe_model`` described, whose θ is in the tensors ``layer1.W``, ``layer1.b``, …

    Raises:
        InputError, or KeyError, TypeError, ValueError, AttributeError, OverflowError, IndexError: it is no such
            description, or does not fit the tensors.
    """
    sizes = [int(size) for size in about["sizes"]]
    layers = len(sizes) - 1
    wanted: dict[str, tuple[int, ...]] = {}
    for number in range(1, layers + 1):
        wanted[f"layer{number}.W"] = (sizes[number], sizes[number - 1])
        wanted[f"layer{number}.b"] = (sizes[number],)
        if number > len(tensors):
            break
    _compare_shapes(tensors, wanted)
    kinds = {tensor.dtype for tensor in tensors.values()}
    if len(kinds) != 1:
        raise InputError(f"its tensors are of several kinds, {sorted(map(str, kinds))}")
    net = build_network(about, kinds.pop())
    for number, layer in enumerate(net.layers, start=1):
        layer.W[...], layer.b[...] = tensors[f"layer{number}.W"], tensors[f"layer{number}.b"]
    if not np.isfinite(net.theta).all():
        raise InputError("it holds weights that are no numbers")
    classes, shape = about["classes"], about["image_shape"]
    model = Model(
        net,
        None if classes is None else tuple(map(str, classes)),
        tuple(map(str, about["features"])),
        None if shape is None else (int(shape[0]), int(shape[1])),
        dict(about["data"]),
        None if about.get("preprocessing") is None else Preprocessing.from_json(about["preprocessing"]),
        about.get("picture_form", "mnist"),
        None if about.get("guess") is None else tuple(map(float, about["guess"])),
    )
    _check_names(model)
    return model


def _compare_shapes(tensors: Mapping[str, AnyArray], wanted: dict[str, tuple[int, ...]]) -> None:
    for name, shape in wanted.items():
        if name not in tensors:
            raise InputError(f"the tensor {name} is missing")
        if tensors[name].shape != shape:
            raise InputError(f"{name} has shape {tensors[name].shape}, but its description says {shape}")
    if len(tensors) != len(wanted):
        raise InputError(f"it holds {len(tensors)} tensors, but its description names {len(wanted)}")


def _check_names(model: Model) -> None:
    net, plan = model.network, None if model.preprocessing is None else model.preprocessing.as_json()
    try:
        json.dumps([model.classes, model.features, plan], ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InputError("it holds names with halves of characters, which cannot be written anywhere") from None
    outputs = 2 if net.loss.kind == "probabilities" and net.sizes[-1] == 1 else net.sizes[-1]
    if model.classes is not None and len(model.classes) != outputs:
        raise InputError(f"it names {len(model.classes)} classes for {outputs} outputs")
    answers = net.sizes[-1] if net.loss.kind == "values" else len(model.class_names)
    if model.guess is not None and not (len(model.guess) == answers and all(map(math.isfinite, model.guess))):
        raise InputError(f"it guesses {len(model.guess)} numbers for {answers} answers, or what is no number")
    if model.features and len(model.features) != net.sizes[0]:
        raise InputError(f"it names {len(model.features)} features for {net.sizes[0]} inputs")
    if model.preprocessing is not None and len(model.preprocessing.inputs) != net.sizes[0]:
        raise InputError(f"its preprocessing makes {len(model.preprocessing.inputs)} inputs of {net.sizes[0]}")
    if model.preprocessing is not None and len(model.preprocessing.targets) != (
        net.sizes[-1] if net.loss.kind == "values" else 0
    ):
        raise InputError(
            f"its preprocessing has {len(model.preprocessing.targets)} targets for {net.sizes[-1]} outputs"
        )
    if model.picture_form not in ("mnist", "plain"):
        raise InputError(f"it takes pictures in the form {model.picture_form!r}, which this version does not know")
    if model.image_shape is not None and math.prod(model.image_shape) != net.sizes[0]:
        raise InputError(f"it speaks of images of {model.image_shape} pixels for {net.sizes[0]} inputs")


def write_tensors(
    path: StrPath, tensors: Mapping[str, AnyArray], about: Mapping[str, Any], *, durable: bool = True
) -> None:
    """Write named arrays and one JSON object to a safetensors file, whole or not at all."""
    try:
        from safetensors.numpy import save as pack
    except ImportError:
        raise InputError(MISSING) from None
    packed = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    entry = {"format": VERSION, **about}
    entry["checksum"] = _checksum(packed, entry)
    write_whole(path, pack(packed, {"pellucid": json.dumps(entry)}), durable=durable)


def _checksum(tensors: Mapping[str, AnyArray], about: Mapping[str, Any]) -> int:
    sum_ = zlib.crc32(json.dumps({name: value for name, value in about.items() if name != "checksum"}).encode())
    for name in sorted(tensors):
        sum_ = zlib.crc32(np.ascontiguousarray(tensors[name]).data, sum_)
    return sum_


def read_tensors(path: StrPath, *, as_written: bool = False) -> tuple[dict[str, AnyArray], dict[str, Any]]:
    """Read a safetensors file that pellucid has written: its arrays and its JSON object.

    With ``as_written`` they must be those that were written, to the last bit; else another tool may have changed them.

    Raises:
        InputError: there is no such file, it is cut, not safetensors, of another version, or not as it was written.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load as unpack
    except ImportError:
        raise InputError(MISSING) from None
    content = read_file(path)
    try:
        tensors, entries = unpack(content), metadata(content)
    except (SafetensorError, ValueError, KeyError, AttributeError, RecursionError) as error:
        raise InputError(
            f"{path}: not a whole safetensors file ({error}); give a model.safetensors that pellucid has written"
        ) from None
    if "pellucid" not in entries:
        raise InputError(f"{path}: holds tensors, but no pellucid model; give a file that pellucid has written")
    about = _about(path, entries["pellucid"])
    if as_written and about.get("checksum") != _checksum(tensors, about):
        raise InputError(f"{path}: is not as pellucid has written it: its checksum is another; take a copy of it")
    return tensors, about


def metadata(content: bytes) -> dict[str, str]:
    """The texts that stand beside the tensors of a whole safetensors file."""
    header = int.from_bytes(content[:8], "little")
    entries: dict[str, str] = json.loads(content[8 : 8 + header]).get("__metadata__") or {}
    return entries


def is_model_file(path: StrPath) -> bool:
    """Whether there is a file that pellucid has written, whole and readable."""
    try:
        read_tensors(path)
    except InputError:
        return False
    return True


def _about(path: StrPath, text: str) -> dict[str, Any]:
    try:
        about = json.loads(text)
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict):
        raise InputError(f"{path}: its metadata is not JSON; the file is damaged: take a copy, or train again")
    if about.get("format") != VERSION:
        raise InputError(
            f"{path}: of format {about.get('format')!r}, but this version of pellucid reads format {VERSION}; "
            "use the version of pellucid that wrote it, or train again"
        )
    return about
