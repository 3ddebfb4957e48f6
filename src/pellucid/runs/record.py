"""``run.json``: what a run was asked for, with which versions, on which data, and its result once there is one."""

import json
import platform
import zlib
from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from pellucid.datasets import Dataset, Samples
from pellucid.errors import InputError
from pellucid.files import write_whole
from pellucid.runs.settings import Settings
from pellucid.storage import read_file

NAME = "run.json"


def write(
    folder: Path, settings: Settings, dataset: Dataset, data_checksum: int, result: dict[str, Any] | None
) -> None:
    """Write the record of a run into its folder, whole or not at all."""
    parts = (("train", dataset.train), ("dev", dataset.dev), ("test", dataset.test))
    about = {
        "pellucid": pellucid.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "settings": settings.as_json(),
        "samples": {name: 0 if part is None else len(part.X) for name, part in parts},
        "data_checksum": data_checksum,
        "result": result,
    }
    write_whole(folder / NAME, (json.dumps(about, indent=2) + "\n").encode())


def read(folder: Path) -> dict[str, Any]:
    """The record of a run.

    Raises:
        InputError: the folder holds no run, or the file is damaged.
    """
    if not (folder / NAME).is_file():
        raise InputError(f"{folder}: holds no run (there is no {NAME} in it); give the folder that training has made")
    try:
        about = json.loads(read_file(folder / NAME))
    except (ValueError, RecursionError):
        about = None
    if not isinstance(about, dict) or not {"settings", "data_checksum", "result"} <= set(about):
        raise InputError(f"{folder / NAME}: damaged; start the run again in another folder")
    return about


def checksum(part: Samples) -> int:
    """A number that changes when the data does."""
    return zlib.crc32(np.ascontiguousarray(part.y).data, zlib.crc32(np.ascontiguousarray(part.X).data))
