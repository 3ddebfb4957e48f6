"""``run.json``: what a run was asked for, with which versions, on which data, and its result once there is one."""

import json
import platform
import zlib
from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from pellucid._files.reading import read_file
from pellucid._files.values import to_json
from pellucid._files.writing import write_whole
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset, Samples, WeightedSamples
from pellucid.model.model_file import NAME as MODEL_NAME
from pellucid.model.preprocessing import Preprocessing
from pellucid.runs.scores import parts
from pellucid.runs.settings import Settings

NAME = "run.json"
MODEL = MODEL_NAME
REPORT = "report.html"
PARTS = ("train", "dev", "test")
CHECKED = {
    "columns": "the names of its columns or classes, or their order",
    "preprocessing": "what its columns are turned into",
    "train": "its training rows",
    "dev": "its dev rows",
    "test": "its test rows",
}
NUMBERS = ("parameters", "epochs", "best_epoch", "steps", "seconds")
WORDS = ("run", "model", "engine")
RESULT = dict.fromkeys(WORDS, str) | dict.fromkeys(NUMBERS, int | float) | dict.fromkeys(PARTS, dict | None)
NUMBER = int | float | None
GOODNESS = [dict.fromkeys(names, NUMBER) for names in (("accuracy",), ("r2", "rmse"))]


def write(
    folder: Path,
    settings: Settings,
    dataset: Dataset,
    checksums: dict[str, int],
    result: dict[str, Any] | None,
    ranks: int = 1,
    plan: Preprocessing | None = None,
) -> None:
    """Write ``run.json`` into the folder of a run, whole or not at all; ``plan`` is one that is not its data's own."""
    about = {
        "pellucid": pellucid.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "system": platform.platform(),
        "ranks": ranks,
        "settings": settings.as_json(),
        "samples": dict.fromkeys(PARTS, 0) | {name: part.shape[0] for name, part in parts(dataset).items()},
        "data_checksum": checksums,
        "plan": None if plan is None else plan.as_json(),
        "peak_memory": None if result is None else _peak_memory(),
        "result": result,
    }
    write_whole(folder / NAME, (to_json(about, indent=2) + "\n").encode())


def read(folder: Path) -> dict[str, Any]:
    """What ``run.json`` says, with its settings as ``Settings``, and its plan, if it has one, as ``Preprocessing``.

    Raises:
        InputError: the folder holds no run, or the file is damaged.
    """
    if not (folder / NAME).is_file():
        raise InputError(f"{folder}: holds no run (there is no {NAME} in it); give the folder that training has made")
    try:
        about = json.loads(read_file(folder / NAME))
    except (ValueError, RecursionError):
        about = None
    try:
        if (
            not isinstance(about, dict)
            or not _is_result(about["result"])
            or not _holds(about["samples"], dict.fromkeys(PARTS, int))
            or not about["samples"]["train"] > 0
            or "data_checksum" not in about
            or not isinstance(about.setdefault("ranks", 1), int)
        ):
            raise InputError("it does not hold what training writes")
        plan = about.get("plan")  # which older versions do not say
        plan = None if plan is None else Preprocessing.from_json(plan)
        return {**about, "settings": Settings.from_json(about["settings"]), "plan": plan}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{folder / NAME}: damaged ({error}); start the run again in another folder") from None


def _is_result(value: Any) -> bool:
    """Whether a value is what a finished run has written as its result, or None, as in one under way."""
    if isinstance(value, dict):
        value = {"engine": "numpy", **value}  # of a version that had no other
    return value is None or (
        _holds(value, RESULT) and all(value[part] is None or _are_scores(value[part]) for part in PARTS)
    )


def _are_scores(value: Any) -> bool:
    """Whether a value is the scores of a part, with the baseline beside them or, as of older versions, without."""
    given = dict(value) if isinstance(value, dict) else {}
    baseline = given.pop("baseline", None)
    return any(
        _holds(given, {"loss": NUMBER, **kinds}) and (baseline is None or _holds(baseline, kinds)) for kinds in GOODNESS
    )


def _holds(value: Any, kinds: dict[str, Any]) -> bool:
    """Whether a value is a dict with these keys and kinds of values."""
    return (
        isinstance(value, dict)
        and set(value) == set(kinds)
        and all(isinstance(value[name], kind) for name, kind in kinds.items())
    )


def model_file(path: str) -> Path:
    """The model file that a path names: itself, or the one in the folder of a run.

    Raises:
        InputError: a folder without a model.
    """
    folder = Path(path)
    if not folder.is_dir():
        return folder
    if not (folder / NAME).is_file():
        raise InputError(f"{folder}: is a folder, but not that of a run; give a model.safetensors, or a run's folder")
    if not (folder / MODEL).is_file():
        raise InputError(f"{folder}: holds no {MODEL}; a run writes it when it ends; go on with resume={str(folder)!r}")
    return folder / MODEL


def checksums(dataset: Dataset) -> dict[str, int]:
    """Numbers that change when anything does that a run depends on in its data: see ``CHECKED``.

    Of a date only the days count: the last bits of a sine may be others on another machine.
    """
    plan = dataset.preprocessing
    named = json.dumps([dataset.features, dataset.classes])
    found = {"columns": zlib.crc32(named.encode()), "preprocessing": 0}
    if plan is not None:
        found["preprocessing"] = zlib.crc32(json.dumps(plan.as_json()).encode())
    for name, part in parts(dataset).items():
        found[name] = part.checksum() if not isinstance(part, tuple) else _of_rows(part, plan, found["preprocessing"])
    return found


def _of_rows(part: Samples | WeightedSamples, plan: Preprocessing | None, start: int) -> int:
    """The checksum of inputs, targets and weights."""
    X, *others = part
    arrays = [X]
    if plan is not None:
        places = zip(plan.columns, plan.places(), strict=True)
        arrays = [X[:, place][:, : 1 if column.kind == "date" else None] for column, place in places]
    for array in (*arrays, *others):
        start = zlib.crc32(np.ascontiguousarray(array).data, start)
    return start


def changed(before: Any, now: dict[str, int]) -> str:
    """What of some data is not as it was, in words; "" where nothing is. ``before`` is what a file says.

    >>> changed({"columns": 1, "train": 2, "dev": 3}, {"columns": 1, "train": 2, "dev": 4})
    'its dev rows'
    """
    if isinstance(before, int):  # of a version that looked at the training rows alone
        before = now | {"train": before}
    known = before if isinstance(before, dict) else {}
    return " and ".join(what for name, what in CHECKED.items() if known.get(name) != now.get(name))


def _peak_memory() -> int | None:
    """The most memory that this process has had at once, in bytes; None where the system does not tell."""
    try:
        import resource
        import sys
    except ImportError:
        return None
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else 1024 * size  # kilobytes on Linux, bytes on macOS
