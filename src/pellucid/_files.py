"""Files read whole, and values as JSON."""

import json
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from pellucid._reading import check_cost, opened, size_on_disk

COPIES_OF_MODEL = 4  # while a model is read: the file, its tensors, the network's θ, and what is made of that
StrPath = str | os.PathLike[str]


def read_file(path: StrPath) -> bytes:
    """A file's bytes; raises InputError where they cannot be had, or take more memory than a file may."""
    with opened(path, "a file, such as the model.safetensors of a run") as stream:
        size = os.fstat(stream.fileno()).st_size
        check_cost(path, COPIES_OF_MODEL * size, size_on_disk(stream))
        return stream.read(size)


def plain(value: Any) -> Any:
    """A value in the types of JSON.

    >>> plain({"loss": np.float32(0.5), "r2": math.nan, "path": Path("a")})
    {'loss': 0.5, 'r2': None, 'path': 'a'}
    """
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def to_json(value: Any, indent: int | None = None) -> str:
    """A value as JSON that every reader takes: null for what is no number, nothing beyond ASCII."""
    return json.dumps(plain(value), indent=indent, allow_nan=False)
