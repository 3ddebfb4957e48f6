"""A trained model in the forms that other tools open."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from pellucid.errors import InputError
from pellucid.files import StrPath
from pellucid.storage import Model

FORMS = {
    "onnx": "to_onnx",
    "numpy": "to_numpy",
    "pytorch": "to_pytorch",
    "html": "page",
}
HOW = {
    "onnx": "run it with ONNX Runtime: onnxruntime.InferenceSession({path!r})",
    "numpy": "run it: python {path} rows.csv, or import predict from it",
    "pytorch": "load it: the lines are in {beside}",
    "html": "open it in a browser",
}


def export(model: Model, path: StrPath, *, to: str) -> None:
    """Write a model in another form, whole or not at all: "onnx", "numpy", "pytorch" or "html".

    Raises:
        InputError: there is no such form, or what it needs is not installed.
        OSError: the file cannot be written.

    >>> import tempfile
    >>> from pellucid import Network
    >>> path = Path(tempfile.mkdtemp()) / "net.py"
    >>> export(Model(Network([2, 3, 2])), path, to="numpy")
    >>> path.read_text().startswith('\"\"\"A network 2-3-2')
    True
    """
    if to not in FORMS:
        raise InputError(f"--to {to}: there is no such form; take {', '.join(FORMS)}")
    write: Callable[[Model, StrPath], None] = import_module(f"pellucid.ecosystem.{FORMS[to]}").write
    write(model, path)


def how_to_use(path: StrPath, to: str) -> str:
    """What to do with an exported file, in a line.

    >>> how_to_use("net.py", "numpy")
    'run it: python net.py rows.csv, or import predict from it'
    """
    return HOW[to].format(path=str(path), beside=Path(path).with_suffix(".py"))
