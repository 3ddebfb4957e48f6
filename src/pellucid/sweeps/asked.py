"""``sweep.json``: what a sweep was asked for, with which versions, on which data, and its result once there is one."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pellucid
from pellucid._files.reading import read_file
from pellucid._files.values import to_json
from pellucid._files.writing import folder_beside, sweep, write_whole
from pellucid.core.errors import InputError
from pellucid.runs.settings import Settings, from_recipe
from pellucid.sweeps.space import Space, read_space

NAME = "sweep.json"


@dataclass(frozen=True)
class Asked:
    """What a sweep was asked for: settings that were ``given``, the text of the ``search``, how many ``trials``.

    ``recipe`` is the usual one for the data, as it was when the sweep began.
    """

    given: dict[str, Any]
    search: str
    trials: int
    recipe: str

    def space(self) -> Space:
        """What is searched."""
        return read_space(self.search, self.given)

    def settings(self) -> Settings:
        """The settings of all trials, with the usual ones in the place of those that are searched."""
        return from_recipe({"engine": "numpy", "threads": 1, **self.given}, self.recipe)

    def as_json(self) -> dict[str, Any]:
        """What ``sweep.json`` says of it."""
        return {"given": self.given, "search": self.search, "trials": self.trials, "recipe": self.recipe}

    def differs(self, other: "Asked") -> str:
        """What another sweep was asked for that this one was not, in words; "" where both are the same."""
        if self.search.split() != other.search.split():
            return f"with search={other.search!r}"
        for name in {**self.given, **other.given}:
            if plain(self.given.get(name)) != plain(other.given.get(name)):
                return f"with {name}={other.given[name]!r}" if name in other.given else f"without {name}"
        return ""


def plain(value: Any) -> Any:
    """A value as JSON gives it back."""
    return json.loads(to_json(value))


def write(folder: Path, asked: Asked, checksums: Mapping[str, int], result: dict[str, Any] | None) -> None:
    """Write ``sweep.json`` into the folder of a sweep, whole or not at all."""
    about = {
        "pellucid": pellucid.__version__,
        "python": platform.python_version(),
        "optuna": version("optuna"),
        "joblib": version("joblib"),
        "asked": asked.as_json(),
        "data_checksum": dict(checksums),
        "result": result,
    }
    write_whole(folder / NAME, (to_json(about, indent=2) + "\n").encode())


def read(folder: Path) -> tuple[Asked, Any, dict[str, Any] | None]:
    """What a sweep was asked for, the checksums of its data, and its result.

    Raises:
        InputError: the folder holds no sweep, or the file is damaged.
    """
    if not (folder / NAME).is_file():
        raise InputError(f"{folder}: holds no sweep (there is no {NAME} in it); give the folder that a sweep has made")
    try:
        about = json.loads(read_file(folder / NAME))
        asked = Asked(**about["asked"])
        asked.space(), asked.settings()
        result = about["result"]
        if isinstance(asked.trials, bool) or not isinstance(asked.trials, int) or not isinstance(result, dict | None):
            raise InputError("it does not hold what a sweep writes")
        return asked, about["data_checksum"], result
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{folder / NAME}: damaged ({error}); start the sweep again in another folder") from None


def make_folder(folder: Path, asked: Asked, checksums: Mapping[str, int]) -> None:
    """Make the folder of a sweep with its ``sweep.json``, both at once.

    Raises:
        InputError: the folder holds something already, or cannot be made.
    """
    in_the_way = next((place for place in (folder, *folder.parents) if place.exists() and not place.is_dir()), None)
    if in_the_way is not None:
        raise InputError(f"out={str(folder)!r}: {in_the_way} is a file, but a sweep is a folder; name one")
    if folder.exists() and any(folder.iterdir()):
        raise InputError(f"out={str(folder)!r}: holds something already that is no sweep; take another folder")
    place = Path(os.path.realpath(folder))
    if place.is_symlink():
        raise InputError(f"out={str(folder)!r}: is a link that leads back to itself; name another folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    sweep(place.parent)
    with folder_beside(place) as beside:
        made = beside / place.name
        made.mkdir()
        write(made, asked, checksums, None)
        if place.exists():
            place.rmdir()
        made.rename(place)
