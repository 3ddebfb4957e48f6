"""Mutants of a ``state_dict`` in safetensors, which know its header and the description that pellucid adds."""

import json
import random
from typing import Any

NAMES = ["", "weight", ".weight", "0.bias", "layer.².weight", "9" * 5000 + ".weight", "\ud800.weight", "a\0.weight",
         "00.weight", "0.weight.weight", "running_mean", "x" * 3000 + ".weight", "\x1b]0;t\x07.weight"]  # fmt: skip
VALUES: list[Any] = [
    None, [], {}, "", "a", 0, 1, -1, 0.5, True, 10**400, float("nan"), float("inf"), [["a"], "b"], ["a", "a"], [1, 2],
    {"name": "leaky-relu", "slope": 10**400}, {"name": "leaky-relu", "slope": "a"}, {"name": ["relu"]},
    [{"name": "relu"}], {"name": "cross-entropy"}, {"name": "poisson"}, {"name": "huber", "width": -1}, "\ud800",
]  # fmt: skip
DTYPES = ["F32", "F64", "F16", "BF16", "I64", "BOOL", "U8", "C64", "F8_E4M3", "", "F33"]


def packed(header: Any, data: bytes) -> bytes:
    """A safetensors file of a header and the bytes behind it."""
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def state_dict_mutant(content: bytes, seed: int) -> bytes:
    """A changed copy of a safetensors file: names, kinds, shapes, places, metadata, or bytes."""
    rng = random.Random(seed)
    size = int.from_bytes(content[:8], "little")
    header, data = json.loads(content[8 : 8 + size]), content[8 + size :]
    for _ in range(rng.randint(1, 2)):
        tensors = [name for name in header if name != "__metadata__"]
        choice, name = rng.randrange(7), rng.choice(tensors or [""])
        about = header.get(name, {})
        if choice == 0:
            header[rng.choice(NAMES)] = header.pop(name, about)
        elif choice == 1:
            about["dtype"] = rng.choice(DTYPES)
        elif choice == 2:
            about["shape"] = rng.choice(
                [[], [0], [2**40, 2**40], [-1, 2], [1, *about.get("shape", [])], about.get("shape", [])[::-1]]
            )
        elif choice == 3:
            about["data_offsets"] = rng.choice([[0, 0], [0, len(data)], [-1, 4], [2**62, 2**63], [4, 0]])
        elif choice == 4:
            header["__metadata__"] = rng.choice([{}, {"network": "{"}, {"network": 1}, None, {"network": "[" * 3000}])
        elif choice == 5 and isinstance(header.get("__metadata__"), dict) and "network" in header["__metadata__"]:
            _describe(header["__metadata__"], rng)
        else:
            data = bytes(byte if rng.random() < 0.9 else rng.randrange(256) for byte in data)
    return _bytes(packed(header, data), rng) if rng.random() < 0.15 else packed(header, data)


def _describe(entries: dict[str, str], rng: random.Random) -> None:
    try:
        spec = json.loads(entries["network"])
    except (ValueError, TypeError, RecursionError):
        return
    if not isinstance(spec, dict):
        return
    key = rng.choice(["activations", "loss", "classes", "sizes"])
    if rng.random() < 0.2:
        spec.pop(key, None)
    elif isinstance(spec.get(key), list) and spec[key] and rng.random() < 0.5:
        spec[key][0] = rng.choice(VALUES)
    else:
        spec[key] = rng.choice(VALUES)
    entries["network"] = json.dumps(spec)


def _bytes(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed[: rng.choice([len(changed), rng.randrange(len(changed))])])
