"""Data of one's own: what was sent becomes a file with a name of ours, and is read as every other file is."""

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pellucid import datasets
from pellucid._files.values import plain
from pellucid._files.writing import write_whole
from pellucid._text import shortened, visible
from pellucid.core.errors import InputError
from pellucid.datasets import Dataset
from pellucid.runs import from_recipe, usual_recipe
from pellucid.runs.prepare import load_options
from pellucid.runs.scores import parts
from pellucid.runs.settings import Settings

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".feather", ".arrow", ".npz")
FOLDER = "data"  # beside the runs


@dataclass(frozen=True)
class Source:
    """Data that may be trained on: their id, what people call them, and where they are."""

    id: str
    name: str
    path: str


def take(content: bytes, name: str, home: Path) -> tuple[Source, bool]:
    """Write what was sent into a file; whether it is new is returned, too. Only the end of its name is looked at.

    Raises:
        InputError: it has an ending that is not known, or nothing is in it.
    """
    called = shortened(visible(name), 100)
    suffix = Path(name.replace("\\", "/").rpartition("/")[2].lower()).suffix
    if suffix not in SUFFIXES:
        raise InputError(f"{called}: its ending says no format that is read here; send one of {', '.join(SUFFIXES)}")
    if not content:
        raise InputError(f"{called}: is empty; send a file with rows in it")
    key = hashlib.sha256(content).hexdigest()[:16]
    path = home / FOLDER / f"{key}{suffix}"
    is_new = not path.is_file()
    if is_new:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    return Source(f"own:{key}", called, str(path)), is_new


def targets(source: Source) -> list[str]:
    """The columns of a table; none where it is no table, or cannot be read."""
    try:
        return list(datasets.read_frame(source.path).names)
    except InputError:
        return []


def described(source: Source, target: str | None) -> dict[str, Any]:
    """What there is to say of some data before they are trained on.

    Raises:
        InputError: they cannot be read, or not without knowing what to predict.
    """
    settings = from_recipe({"data": source.path, "target": target}, usual_recipe(source.path, target))
    dataset = datasets.load_with(source.path, load_options(settings))
    known = about(source, dataset)
    found = targets(source) if dataset.understood else []
    target = next((column.name for column in dataset.understood if column.kind == "target"), target)
    return {**known, "task": dataset.task, "classes": _classes(dataset), "target": target, "targets": found,
            "settings": usual(settings)}  # fmt: skip


def about(source: Source, dataset: Dataset) -> dict[str, Any]:
    """Data as the page shows them: their parts, columns and notes."""
    sizes = dict.fromkeys(("train", "dev", "test"), 0) | {k: part.shape[0] for k, part in parts(dataset).items()}
    columns = [asdict(column) for column in dataset.understood]
    told: dict[str, Any] = plain(
        {"id": source.id, "name": source.name, **sizes, "samples": sum(sizes.values()), "columns": columns}
    )
    return {**told, "notes": [in_place(note, source) for note in dataset.notes]}


def _classes(dataset: Dataset) -> list[str] | None:
    return None if dataset.classes is None else list(dataset.classes)


def usual(settings: Settings) -> dict[str, Any]:
    """The settings that the page may show and send back."""
    hidden = ("data", "start_from", "engine", "threads")
    return {name: value for name, value in settings.as_json().items() if name not in hidden}


def in_place(message: object, source: Source) -> str:
    """A message with the name that people know in place of the file's."""
    return str(message).replace(source.path, source.name).replace(Path(source.path).name, source.name)
