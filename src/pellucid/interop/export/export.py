"""A trained model in the forms that other tools open."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pellucid._files import StrPath
from pellucid.core.errors import InputError
from pellucid.model.model import Model


class Form(NamedTuple):
    """A form of export: the module that writes it, what its file holds, how its name ends, and how to use it."""

    module: str
    what: str
    endings: tuple[str, ...]
    use: str


FORMS = {
    "onnx": Form(
        "onnx",
        "an ONNX graph",
        (".onnx",),
        "run it with ONNX Runtime: onnxruntime.InferenceSession({path!r})",
    ),
    "numpy": Form(
        "numpy_script",
        "a Python script",
        (".py",),
        "run it: python {path} rows.csv, or import predict from it",
    ),
    "pytorch": Form(
        "pytorch",
        "the weights, and the .py file beside it loads them",
        (".safetensors",),
        "load it: the lines are in {beside}",
    ),
    "html": Form("html_page", "a page of HTML", (".html", ".htm"), "open it in a browser"),
}


def export(model: Model, path: StrPath, *, to: str) -> None:
    """Write a model in another form, whole or not at all: "onnx", "numpy", "pytorch" or "html".

    Raises:
        InputError: there is no such form, the path does not end as its files do, what it needs is not installed, or
            something else would be lost.
        OSError: the file cannot be written.

    >>> import tempfile
    >>> from pellucid import Network
    >>> path = Path(tempfile.mkdtemp()) / "net.py"
    >>> export(Model(Network([2, 3, 2])), path, to="numpy")
    >>> path.read_text().startswith('\"\"\"A network 2-3-2')
    True
    """
    if to not in FORMS:
        raise InputError(f"to={to!r}: there is no such form; take {', '.join(FORMS)}")
    form = FORMS[to]
    if Path(path).suffix.lower() not in form.endings:
        raise InputError(f"{path}: is to hold {form.what}; give a name that ends in {form.endings[0]}")
    write: Callable[[Model, StrPath], None] = import_module(f"pellucid.interop.export.{form.module}").write
    write(model, path)


def how_to_use(path: StrPath, to: str) -> str:
    """What to do with an exported file, in a line.

    >>> how_to_use("net.py", "numpy")
    'run it: python net.py rows.csv, or import predict from it'
    """
    return FORMS[to].use.format(path=str(path), beside=Path(path).with_suffix(".py"))
