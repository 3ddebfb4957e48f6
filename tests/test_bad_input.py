"""Bad input ends with exit code 2 and one message that names place and remedy; nothing is written, nothing is lost."""

import gzip
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pellucid import datasets
from pellucid.cli.models import PACKAGED
from support import Command

HEADER = ["label", *(f"pixel{k}" for k in range(784))]


@dataclass(frozen=True)
class Case:
    """One wrong thing: what makes it, the arguments, and what the message must name."""

    name: str
    arguments: str
    needles: tuple[str, ...]
    make: Callable[[Path], None] = lambda folder: None


def images(count: int = 40, magic: int = 0x803, rows: int = 28, columns: int = 28, extra: bytes = b"") -> bytes:
    pixels = datasets.mnist_files("test").X[:40].tobytes()
    return struct.pack(">IIII", magic, count, rows, columns) + pixels + extra


def labels(values: list[int] | None = None, magic: int = 0x801, count: int | None = None) -> bytes:
    values = [k % 10 for k in range(40)] if values is None else values
    return struct.pack(">II", magic, len(values) if count is None else count) + bytes(values)


def idx(image_bytes: bytes, label_bytes: bytes | None) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "my-images-idx3-ubyte").write_bytes(image_bytes)
        if label_bytes is not None:
            (folder / "my-labels-idx1-ubyte").write_bytes(label_bytes)

    return make


def table(change: Callable[[list[list[str]]], object], end: str = "\n", rows: int = 40) -> Callable[[Path], None]:
    """A digit CSV of forty rows, with a change made to its cells (header first)."""

    def make(folder: Path) -> None:
        digits = datasets.mnist_files("test")
        cells = [HEADER.copy()]
        cells += [[str(k % 10), *map(str, row)] for k, row in enumerate(digits.X[:rows].tolist())]
        change(cells)
        (folder / "d.csv").write_text("\n".join(",".join(row) for row in cells) + end)

    return make


def cell(row: int, column: int, value: str) -> Callable[[Path], None]:
    def change(cells: list[list[str]]) -> None:
        cells[row][column] = value

    return table(change)


def raw(name: str, content: bytes) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return make


def npz(**arrays: object) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        np.savez(folder / "d.npz", **{name: np.asarray(array) for name, array in arrays.items()})  # type: ignore[arg-type]

    return make


def npy(X: object, y: object, cut: int = 0) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        np.save(folder / "X.npy", np.asarray(X), allow_pickle=True)
        (folder / "X.npy").write_bytes((folder / "X.npy").read_bytes()[: -cut or None])
        if y is not None:
            np.save(folder / "y.npy", np.asarray(y))

    return make


def parquet(end: int | None = None, **columns: object) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        pq.write_table(pa.table(columns), folder / "d.parquet")
        (folder / "d.parquet").write_bytes((folder / "d.parquet").read_bytes()[:end])

    return make


def model(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "m.safetensors").write_bytes(change(PACKAGED.read_bytes()))

    return make


def about(change: Callable[[dict[str, object]], object]) -> Callable[[Path], None]:
    """The digit model with its description changed; what ``change`` returns, if anything, stands in its place."""

    def edit(content: bytes) -> bytes:
        length = int.from_bytes(content[:8], "little")
        header = json.loads(content[8 : 8 + length])
        description = json.loads(header["__metadata__"]["pellucid"])
        instead = change(description)
        header["__metadata__"]["pellucid"] = json.dumps(description) if instead is None else instead
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + content[8 + length :]

    return model(edit)


def nan_weight(content: bytes) -> bytes:
    return content[:-4] + struct.pack("<f", float("nan"))


def nested(description: dict[str, object]) -> str:
    return "[" * 100_000


def folder_with_a_file(folder: Path) -> None:
    (folder / "taken").mkdir()
    (folder / "taken" / "thesis.txt").write_text("irreplaceable")


X40, Y40 = np.random.default_rng(0).random((40, 3)), np.arange(40) % 2


def run_folder(text: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        (folder / "run").mkdir()
        (folder / "run" / "run.json").write_text(text)

    return make


CASES = [
    # IDX files
    Case("missing images", "train no-images-idx3-ubyte", ("no-images", "no such file")),
    Case("empty images", "train my-images-idx3-ubyte", ("my-images", "empty"), idx(b"", labels())),
    Case("cut images", "train my-images-idx3-ubyte", ("my-images",), idx(images()[:-100], labels())),
    Case("cut header", "train my-images-idx3-ubyte", ("my-images",), idx(images()[:9], labels())),
    Case("bytes left over", "train my-images-idx3-ubyte", ("my-images",), idx(images(extra=b"xx"), labels())),
    Case("wrong magic", "train my-images-idx3-ubyte", ("my-images",), idx(images(magic=0x0D03), labels())),
    Case("labels as images", "train my-labels-idx1-ubyte", ("my-labels",), idx(images(), labels())),
    Case("hostile count", "train my-images-idx3-ubyte", ("my-images",), idx(images(count=2**32 - 1), labels())),
    Case("hostile size", "train my-images-idx3-ubyte", ("my-images",), idx(images(rows=2**31), labels())),
    Case("no labels beside", "train my-images-idx3-ubyte", ("my-labels-idx1-ubyte",), idx(images(), None)),
    Case("wrong label magic", "train my-images-idx3-ubyte", ("my-labels",), idx(images(), labels(magic=0x803))),
    Case("counts differ", "train my-images-idx3-ubyte", ("40", "39"), idx(images(), labels([1] * 39))),
    Case("cut labels", "train my-images-idx3-ubyte", ("my-labels",), idx(images(), labels(count=80))),
    Case("cut gzip", "train my-images-idx3-ubyte", ("my-images",), idx(gzip.compress(images())[:-60], labels())),
    Case(
        "label out of range", "train my-images-idx3-ubyte", ("77", "sample 5"),
        idx(images(), labels([77 if k == 5 else k % 10 for k in range(40)])),
    ),
    Case(
        "label the model has not", "evaluate my-images-idx3-ubyte", ("12", "sample 7", "0 to 9"),
        idx(images(), labels([12 if k == 7 else k % 10 for k in range(40)])),
    ),
    Case("one class", "train my-images-idx3-ubyte", ("class",), idx(images(), labels([3] * 40))),
    # digit tables
    Case("missing table", "train d.csv", ("d.csv", "no such file")),
    Case("empty table", "train d.csv", ("d.csv", "empty"), raw("d.csv", b"")),
    Case("header only", "train d.csv", ("d.csv",), table(lambda cells: cells.__delitem__(slice(1, None)))),
    Case("text in a cell", "train d.csv", ("row 4", "pixel6", "black"), cell(3, 7, "black")),
    Case("empty cell", "train d.csv", ("row 4", "pixel6"), cell(3, 7, "")),
    Case("NaN in a cell", "train d.csv", ("row 4", "pixel6", "NaN"), cell(3, 7, "NaN")),
    Case("decimals", "train d.csv", ("row 4", "pixel6", "0.5"), cell(3, 7, "0.5")),
    Case("pixel of 256", "train d.csv", ("row 4", "pixel6", "256"), cell(3, 7, "256")),
    Case("negative pixel", "train d.csv", ("row 4", "pixel6", "-1"), cell(3, 7, "-1")),
    Case("text for a label", "train d.csv", ("row 4", "label", "three"), cell(3, 0, "three")),
    Case("label -1", "train d.csv", ("row 4", "-1"), cell(3, 0, "-1")),
    Case("label 10, once", "train d.csv", ("row 4", "10"), cell(3, 0, "10")),
    Case("label the model has not (table)", "evaluate d.csv", ("row 4", "10", "0 to 9"), cell(3, 0, "10")),
    Case("row too short", "train d.csv", ("row 6",), table(lambda cells: cells[5].pop())),
    Case("row too long", "train d.csv", ("row 6",), table(lambda cells: cells[5].append("7"))),
    Case("one class only", "train d.csv", ("class",), table(lambda cells: [r.__setitem__(0, "4") for r in cells[1:]])),
    Case("a column twice", "train d.csv", ("pixel6",), cell(0, 8, "pixel6")),
    Case("no label column", "train d.csv", ("label",), table(lambda cells: [row.pop(0) for row in cells])),
    Case("quotes that never close", "train d.csv", ("d.csv",), cell(3, 7, '"12')),
    Case("not UTF-8", "train d.csv", ("d.csv", "UTF-8"), raw("d.csv", "label,pixel0\n1,ä".encode("utf-16"))),
    Case("binary", "train d.csv", ("d.csv",), raw("d.csv", bytes(range(256)) * 20)),
    Case("a table of something else", "train d.csv", ("d.csv",), raw("d.csv", b"price,rooms\n1,2\n3,4\n")),
    Case("columns of another size", "evaluate d.csv", ("784",), table(lambda cells: [row.pop() for row in cells])),
    # npy and parquet
    Case("npy cut off", "train X.npy", ("X.npy", "cut off"), npy(X40, Y40, cut=100)),
    Case("npy of objects", "train X.npy", ("X.npy", "Python objects"), npy(np.array([[{}]] * 40, object), Y40)),
    Case("npy that is a pickle", "train X.npy", ("X.npy",), raw("X.npy", b"\x80\x04\x95\x10\x00\x00\x00")),
    Case("npy of one dimension", "train X.npy", ("X.npy", "(40,)", "reshape"), npy(X40[:, 0], Y40)),
    Case("npy in Fortran order", "train X.npy", ("X.npy", "ascontiguousarray"), npy(np.asfortranarray(X40), Y40)),
    Case("npy and labels differ", "train X.npy", ("40", "39", "y.npy"), npy(X40, Y40[:-1])),
    Case("npy without targets", "train X.npy", ("y.npy", "--target"), npy(X40, None)),
    Case("npy whose targets are gone", "train X.npy --target gone.npy", ("gone.npy", "no such file"), npy(X40, Y40)),
    Case("npy of another width", "evaluate X.npy", ("3", "784"), npy(X40, Y40)),
    Case("parquet", "train d.parquet", ("d.parquet", "damaged"), raw("d.parquet", b"PAR1" + bytes(40) + b"PAR1")),
    Case("parquet cut off", "train d.parquet", ("d.parquet", "cut off"), parquet(600, a=X40[:, 0], label=Y40)),
    Case("parquet with text", "train d.parquet", ("d.parquet", "city: it is always x"), parquet(city=["x"] * 40, label=Y40)),
    Case("parquet with inf", "train d.parquet", ("row 2", "column a"), parquet(a=[1, 2, np.inf, *range(37)], label=Y40)),
    Case("parquet without rows", "train d.parquet", ("d.parquet", "no rows"), parquet(a=X40[:0, 0], label=Y40[:0])),
    Case("parquet without inputs", "train d.parquet", ("d.parquet", "label"), parquet(label=Y40)),
    Case("parquet without label", "train d.parquet", ("a, b", "--target"), parquet(a=Y40, b=Y40)),
    Case("parquet without that target", "train d.parquet --target c", ("'c'", "a, b"), parquet(a=Y40, b=Y40)),
    Case("a folder", "train d", ("d",), lambda folder: (folder / "d").mkdir()),
    Case("unknown target", "train d.csv --target price", ("price",), table(lambda cells: None)),
    # npz
    Case("no zip", "train d.npz", ("d.npz",), raw("d.npz", b"PK\x03\x04 but no more")),
    Case("no X", "train d.npz", ("d.npz", "X"), npz(inputs=X40, y=Y40)),
    Case("no y", "train d.npz", ("d.npz", "y"), npz(X=X40)),
    Case("X and y differ", "train d.npz", ("40", "39"), npz(X=X40, y=Y40[:-1])),
    Case("NaN in X", "train d.npz", ("d.npz", "sample 3"), npz(X=np.where(np.arange(40)[:, None] == 3, np.nan, X40), y=Y40)),
    Case("objects", "train d.npz", ("d.npz",), npz(X=np.array([{}] * 40, object), y=Y40)),
    Case("no rows", "train d.npz", ("d.npz",), npz(X=X40[:0], y=Y40[:0])),
    Case("fewer rows than dev", "train d.npz --dev 40", ("40",), npz(X=X40, y=Y40)),
    Case("classes for a value loss", "train d.npz --loss huber", ("--loss", "huber"), npz(X=X40, y=Y40)),
    Case("values for a class loss", "train d.npz --loss cross-entropy", ("--loss",), npz(X=X40, y=X40[:, 0])),
    Case("three classes for one output", "train d.npz --loss binary-cross-entropy", ("3",), npz(X=X40, y=np.arange(40) % 3)),
    # flags
    Case("no such flag", "train --learning-speed 3", ("--learning-speed",)),
    Case("no such command", "practise", ("practise",)),
    Case("layer of 0 neurons", "train --hidden 32,0", ("--hidden", "0")),
    Case("layer of -5 neurons", "train --hidden -5", ("--hidden", "-5")),
    Case("layers of words", "train --hidden big", ("--hidden", "big")),
    Case("a layer too large", "train --hidden 100000000000", ("--hidden", "parameters")),
    Case("unknown activation", "train --activation swoosh", ("swoosh", "relu")),
    Case("activations too many", "train --activation relu,tanh,relu", ("--activation", "3", "2")),
    Case("learning rate 0", "train --learning-rate 0", ("--learning-rate",)),
    Case("learning rate -1", "train --learning-rate -1", ("--learning-rate", "-1")),
    Case("learning rate nan", "train --learning-rate nan", ("--learning-rate", "nan")),
    Case("learning rate inf", "train --learning-rate inf", ("--learning-rate", "inf")),
    Case("epochs 0", "train --epochs 0", ("--epochs",)),
    Case("epochs beyond waiting", "train --epochs 1000000001", ("--epochs 1000000001: give at most",)),
    Case("batch of 0", "train --batch-size 0", ("--batch-size",)),
    Case("batch of some", "train --batch-size some", ("--batch-size", "some")),
    Case("dropout 1", "train --dropout 1", ("--dropout",)),
    Case("weight decay -1", "train --weight-decay -1", ("--weight-decay",)),
    Case("unknown optimiser", "train --optimizer lion", ("lion", "adam")),
    Case("unknown loss", "train --loss hinge", ("hinge", "cross-entropy")),
    Case("unknown recipe", "train --recipe grandma", ("grandma", "article")),
    Case("unknown schedule", "train --schedule never", ("never", "cosine")),
    Case("dtype float16", "train --dtype float16", ("float16", "float32")),
    Case("seed -1", "train --seed -1", ("--seed",)),
    Case("threads 0", "train --threads 0", ("--threads",)),
    Case("unknown engine", "train --engine steam", ("--engine steam", "numpy", "compiled")),
    Case("engine beside resume", "train --resume run --engine numpy", ("--engine", "--resume")),
    Case("dev too large", "train --dev 60000", ("60", "dev")),
    Case("dev of nonsense", "train --dev most", ("--dev", "most")),
    Case("a test part of mnist", "train --test 100", ("test",)),
    Case("patience without dev", "train --dev 0 --patience 3", ("--patience", "--dev")),
    Case("hidden beside start-from", f"train --start-from {PACKAGED} --hidden 5", ("--hidden", "--start-from")),
    Case("start-from of another size", f"train d.npz --start-from {PACKAGED}", ("--start-from", "784"), npz(X=X40, y=Y40)),
    Case("start-from nothing", "train --start-from gone.safetensors", ("gone.safetensors", "no such file")),
    # places
    Case("a folder that is taken", "train --out taken", ("taken", "--resume"), folder_with_a_file),
    Case("a place below a file", "train --out d.csv/run", ("d.csv",), raw("d.csv", b"x")),
    Case("resume nothing", "train --resume gone", ("gone", "no run")),
    Case("resume no run", "train --resume taken", ("taken", "no run"), folder_with_a_file),
    Case("resume beside another flag", "train --resume taken --seed 3", ("--seed", "--resume"), folder_with_a_file),
    Case("data to a file that is there", "data mnist --to csv --out d.csv", ("d.csv", "exists"), raw("d.csv", b"x")),
    Case("data to nowhere", "data mnist --to csv --out gone/d.csv", ("gone",)),
    Case("data in no form", "data mnist --to xlsx --out d.xlsx", ("xlsx",)),
    Case("0 digits", "data mnist --to csv --out d.csv --limit 0", ("limit",)),
    # models
    Case("model missing", "evaluate gone.safetensors", ("gone.safetensors", "no such file")),
    Case("model empty", "evaluate m.safetensors", ("m.safetensors",), model(lambda content: b"")),
    Case("model cut", "evaluate m.safetensors", ("m.safetensors",), model(lambda content: content[:-1000])),
    Case("model cut in its header", "check m.safetensors", ("m.safetensors",), model(lambda content: content[:100])),
    Case("hostile header", "check m.safetensors", ("m.safetensors",), model(lambda content: b"\xff" * 8 + content[8:])),
    Case("model of another version", "check m.safetensors", ("format 99",), about(lambda d: d.update(format=99))),
    Case("shape that disagrees", "check m.safetensors", ("layer1.W", "shape"), about(lambda d: d.update(sizes=[784, 33, 16, 10]))),
    Case("hostile sizes", "check m.safetensors", ("m.safetensors",), about(lambda d: d.update(sizes=[10**12, 10**12]))),
    Case("sizes of text", "check m.safetensors", ("m.safetensors",), about(lambda d: d.update(sizes="many"))),
    Case("a layer too few", "check m.safetensors", ("m.safetensors",), about(lambda d: d.update(sizes=[784, 32, 16]))),
    Case("unknown activation in a model", "check m.safetensors", ("swoosh",), about(lambda d: d.update(activations=[{"name": "swoosh"}] * 2))),
    Case("unknown setting in a model", "check m.safetensors", ("m.safetensors",), about(lambda d: d.update(loss={"name": "huber", "size": 3}))),
    Case("metadata that is no JSON", "check m.safetensors", ("metadata", "JSON"), about(lambda d: "{nonsense")),
    Case("metadata without end", "check m.safetensors", ("metadata", "JSON"), about(nested)),
    Case("metadata that is a list", "check m.safetensors", ("metadata",), about(lambda d: "[1, 2]")),
    Case("classes too few", "check m.safetensors", ("classes",), about(lambda d: d.update(classes=["a", "b"]))),
    Case("weights that are no numbers", "check m.safetensors", ("weights",), model(nan_weight)),
    Case("a pickle", "check m.safetensors", ("m.safetensors",), model(lambda content: b"\x80\x04\x95\x10\x00\x00\x00")),
    Case("tensors of something else", "check m.safetensors", ("pellucid",), model(lambda content: (2).to_bytes(8, "little") + b"{}")),
    # pictures and rows
    Case("no picture", "predict gone.png", ("gone.png",)),
    Case("a picture that is none", "predict p.png", ("p.png",), raw("p.png", b"I am a picture, really")),
    Case("a picture that is cut", "predict p.png", ("p.png",), raw("p.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")),
    Case("an empty picture", "predict p.png", ("p.png",), raw("p.png", b"")),
    Case("nothing to predict", "predict", ("FILE",)),
    Case("a model and nothing to predict", f"predict {PACKAGED}", ("name a picture",)),
    Case("rows of another width", "predict d.npz", ("3", "784"), npz(X=X40)),
    Case("unwritable answers", "predict d.csv --out gone/a.csv", ("gone",), table(lambda cells: None)),
    Case("answers over the questions", "predict d.csv --out d.csv", ("--out d.csv", "lost"), table(lambda cells: None)),
    Case("three arguments", "evaluate a b c", ("3 arguments",)),
    Case("a run without a model", "evaluate run", ("run", "--resume"), run_folder("{}")),
    Case("a damaged run file", "train --resume run", ("run.json", "damaged"), run_folder("{")),
]  # fmt: skip


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_told_once_and_costs_nothing(case: Case, pellucid: Command, tmp_path: Path) -> None:
    case.make(tmp_path)
    before = contents(tmp_path)
    ended = pellucid(*case.arguments.split())
    assert ended.code == 2, ended
    assert ended.out == ""
    assert ended.err.startswith("error: ")
    assert ended.err.count("\n") == 1
    assert "Traceback" not in ended.err
    for needle in case.needles:
        assert needle in ended.err
    assert contents(tmp_path) == before


@pytest.mark.parametrize("arguments", [
    "lr-find d.npz --out gone/rates.png", "plot weights --out gone/weights.png", "report run --out gone/page.html",
    "landscape --out gone/surface.npz", "predict d.npz --out gone/answers.csv", "plot weights --out folder.png",
])  # fmt: skip
def test_a_place_that_cannot_be_written_is_told_before_anything_is_read(arguments: str, pellucid: Command) -> None:
    Path("folder.png").mkdir()
    ended = pellucid(*arguments.split())  # neither d.npz nor run is there
    assert ended.code == 2
    place = arguments.split()[-1]
    reason = "there is no folder gone" if "gone" in place else "is a folder"
    assert ended.err == f"error: --out {place}: {reason}; name a file in a folder that is there\n"


def test_there_are_at_least_sixty_cases_and_no_two_alike() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


def test_an_unwritable_place_is_told(pellucid: Command, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    ended = pellucid("train", small, "--out", "nowhere/run")
    assert ended.code == 2
    assert "Permission denied" in ended.err
    assert "nowhere" in ended.err


def test_a_byte_order_mark_is_accepted(pellucid: Command, tmp_path: Path) -> None:
    table(lambda cells: None)(tmp_path)
    path = tmp_path / "d.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert pellucid("evaluate", path).code == 0


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["train", "--seed", "x"], ["evaluate", "gone.safetensors"]])
def test_the_installed_command_ends_as_it_should(arguments: list[str], tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "pellucid", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == (0 if arguments == ["--help"] else 2)
    assert "Traceback" not in ended.stderr


def test_json_output_is_empty_when_the_input_is_bad(pellucid: Command) -> None:
    ended = pellucid("evaluate", "gone.safetensors", "--json")
    assert (ended.code, ended.out) == (2, "")
