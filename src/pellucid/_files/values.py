"""Values as JSON."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np


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
