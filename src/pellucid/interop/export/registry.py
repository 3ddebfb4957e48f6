"""The targets of ``pellucid export``: what each writes, how its files end, and which module does it.

A new target is one module with a function ``write(model, path)`` and one entry in ``EXPORTERS``: docs/adding.md.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from pellucid._files.reading import StrPath
from pellucid._files.writing import check_replaceable, marked
from pellucid._text import did_you_mean
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.model.model import Model

Write = Callable[[Model, StrPath], None]


class Exporter(NamedTuple):
    """One target: what its file holds, how its name may end, how to use it, and the function that writes it.

    ``write`` is that function, or the name of the module that has it, which is loaded when it is asked for. ``marks``
    stand in every file that it writes, near the beginning: only a file that has one is replaced without being asked
    for. ``beside`` is the ending of a second file.
    """

    what: str
    endings: tuple[str, ...]
    use: str
    write: Write | str
    marks: tuple[bytes, ...] = ()
    beside: str | None = None


EXPORTERS = {
    "onnx": Exporter(
        "an ONNX graph",
        (".onnx",),
        "run it with ONNX Runtime: onnxruntime.InferenceSession({path!r})",
        "pellucid.interop.export.onnx",
        (b"\x12\x08pellucid",),  # the producer's name
    ),
    "numpy": Exporter(
        "a Python script",
        (".py",),
        "run it: python {path} rows.csv, or import predict from it",
        "pellucid.interop.export.numpy_script",
        (b" parameters, written by pellucid ",),
    ),
    "pytorch": Exporter(
        "the weights, and the .py file beside it loads them",
        (".safetensors",),
        "load it: the lines are in {beside}",
        "pellucid.interop.export.pytorch",
        (b"# A network that pellucid ",),
        beside=".py",
    ),
    "html": Exporter(
        "a page of HTML",
        (".html", ".htm"),
        "open it in a browser",
        "pellucid.render.model_page",
        (b'<meta name="generator" content="pellucid export">',),
    ),
}


def export(model: Model | Network, path: StrPath, *, to: str, force: bool = False) -> None:
    """Write a model for another tool, whole or not at all: "onnx", "numpy", "pytorch", "html", or a target of your own.

    A network alone is a model without names and preprocessing.

    Raises:
        InputError: there is no such target, the path does not end as its files do, what it needs is not installed, it
            has no way to write an activation of the model, or a file is there that is no such export of pellucid and
            ``force`` does not say that it may go. Nothing is written.
        OSError: the file cannot be written.

    >>> import tempfile
    >>> from pellucid import Network
    >>> path = Path(tempfile.mkdtemp()) / "net.py"
    >>> export(Network([2, 3, 2]), path, to="numpy")
    >>> path.read_text().startswith('\"\"\"A network 2-3-2')
    True
    """
    if to not in EXPORTERS:
        known = did_you_mean(to, EXPORTERS, f"take {', '.join(EXPORTERS)}")
        raise InputError(f"to={to!r}: there is no such target; {known}")
    exporter = EXPORTERS[to]
    if Path(path).suffix.lower() not in exporter.endings:
        raise InputError(f"{path}: is to hold {exporter.what}; give a name that ends in {exporter.endings[0]}")
    write: Write = import_module(exporter.write).write if isinstance(exporter.write, str) else exporter.write
    places = [Path(path)] + ([] if exporter.beside is None else [Path(path).with_suffix(exporter.beside)])
    for place in places:
        check_replaceable(place, marked(*exporter.marks), force=force)
    write(Model(model) if isinstance(model, Network) else model, path)


def target_of(path: StrPath) -> str:
    """The target whose files end as a path does.

    >>> target_of("net.onnx")
    'onnx'
    """
    for name, exporter in EXPORTERS.items():
        if Path(path).suffix.lower() in exporter.endings:
            return name
    endings = ", ".join(f"{exporter.endings[0]} ({name})" for name, exporter in EXPORTERS.items())
    raise InputError(f"{path}: its name does not say what to write; let it end in {endings}")


def how_to_use(path: StrPath, to: str) -> str:
    """What to do with an exported file, in a line.

    >>> how_to_use("net.py", "numpy")
    'run it: python net.py rows.csv, or import predict from it'
    """
    return EXPORTERS[to].use.format(path=str(path), beside=Path(path).with_suffix(".py"))
