"""The model that an argument of the command line names, and what it says of its data."""

from pathlib import Path

from pellucid.model.model import Model
from pellucid.model.model_file import load_model
from pellucid.runs import is_run
from pellucid.runs.run_json import model_file

PACKAGED = Path(__file__).parent.parent / "model" / "digits.safetensors"


def is_model(path: str) -> bool:
    """Whether an argument names a model: a .safetensors file, or the folder of a run."""
    return path.endswith(".safetensors") or is_run(path)


def open_model(path: str | None) -> Model:
    """The model that an argument names; None is the digit model that comes with pellucid.

    Raises:
        InputError: there is none, or it is damaged; or the run has not made one yet.
    """
    if path is None:
        return load_model(PACKAGED)
    return load_model(model_file(path))


def data_of(model: Model) -> str | None:
    """The path of the data that a model learned from, which no command may replace; None where it does not say."""
    source = model.data.get("source")
    return source if isinstance(source, str) else None


def target_in(model: Model, path: str) -> str | None:
    """The name of what the model predicts, where a file of this kind holds it under a name beside the inputs."""
    return model.data.get("target") if Path(path).suffix.lower() in (".parquet", ".npz") else None
