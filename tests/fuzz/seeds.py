"""One small good file for every way to read one, all made here, and the commands that read it."""

from __future__ import annotations

import gzip
import io
import json
import random
import struct
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
from PIL import Image

from fuzz import mutators, onnx_mutants
from fuzz.laws import in_folder, run
from fuzz.mutators import Mutator

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Seed:
    """The files of a command, by their names; ``mutated`` is the name of the one to damage."""

    files: Mapping[str, bytes]
    mutated: str

    @property
    def content(self) -> bytes:
        """The bytes of the file to damage."""
        return self.files[self.mutated]


@dataclass(frozen=True)
class Reader:
    """A way to read a file: good files by name, commands that read them, and how to damage them.

    A command is a line with {file} for the damaged file and {table}, {digits}, … for the folder of a trained run.
    Behind < the file comes on standard input; what stands behind && is done where the first command ends with 0, and
    must not fail.
    """

    seeds: Callable[[], dict[str, Seed]]
    commands: tuple[str, ...]
    mutators: tuple[Mutator, ...]
    exits: tuple[int, ...] = (0, 2)
    streams: bool = False


def alone(name: str, content: bytes, **beside: bytes) -> Seed:
    """A seed of one file, and of what stands beside it."""
    return Seed({name: content, **beside}, name)


# --- tables -----------------------------------------------------------------------------------------------------------


def rows(count: int = 24) -> list[dict[str, Any]]:
    """Rows of a table with columns of every kind, some cells empty."""
    rng = random.Random(0)
    return [
        {
            "size": round(rng.gauss(0, 3), 3) if k % 7 else None,
            "rooms": rng.randint(1, 9),
            "kind": rng.choice(["flat", "house", "hut"]) if k % 5 else None,
            "new": rng.choice(["yes", "no"]),
            "built": f"20{rng.randint(10, 24)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
            "price": round(100 * rng.random() + 5, 2),
            "sold": "abc"[k % 3],
        }
        for k in range(count)
    ]


def as_csv(mark: str = ",", quote: str = "", end: str = "\n") -> bytes:
    table = [list(rows()[0]), *([("" if cell is None else cell) for cell in row.values()] for row in rows())]
    return (end.join(mark.join(f"{quote}{cell}{quote}" for cell in row) for row in table) + end).encode()


def digit_rows(count: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of 28 by 28 pixels as rows of numbers, and their classes."""
    X = np.random.default_rng(0).integers(0, 256, (count, 784)).astype(np.uint8)
    X[:, 200:] = 0
    return X, np.arange(count) % 3


def digit_csv() -> bytes:
    X, y = digit_rows()
    head = ",".join(["label", *(f"pixel{k}" for k in range(784))])
    return "\n".join([head, *(",".join(map(str, [k, *row])) for k, row in zip(y, X.tolist(), strict=True))]).encode()


def arrow_table() -> pa.Table:
    table = pa.Table.from_pylist(rows())
    kinds = table.column("kind").dictionary_encode()
    return table.set_column(2, "kind", kinds)


def parquet(**options: Any) -> bytes:
    content = io.BytesIO()
    pq.write_table(arrow_table(), content, row_group_size=10, **options)
    return content.getvalue()


def number_parquet() -> bytes:
    content = io.BytesIO()
    X, y = small_arrays()
    pq.write_table(pa.table({**{f"x{k}": X[:, k] for k in range(6)}, "sold": y}), content, row_group_size=8)
    return content.getvalue()


def feather(**options: Any) -> bytes:
    content = io.BytesIO()
    pa.feather.write_feather(arrow_table(), content, **options)
    return content.getvalue()


# --- arrays -----------------------------------------------------------------------------------------------------------


def small_arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.standard_normal((20, 6)).round(3), np.arange(20) % 3


def npz(*, packed: bool = False, **arrays: np.ndarray) -> bytes:
    content = io.BytesIO()
    (np.savez_compressed if packed else np.savez)(content, **arrays)  # type: ignore[arg-type]
    return content.getvalue()


def npy(array: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, array)
    return content.getvalue()


def idx(array: np.ndarray) -> bytes:
    array = array.astype(np.uint8)
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def npy_seeds() -> dict[str, Seed]:
    X, y = small_arrays()
    text = np.array(["0", "1", "2"])[y]
    return {
        "inputs": alone("X.npy", npy(X), **{"y.npy": npy(y)}),
        "labels": Seed({"X.npy": npy(X), "y.npy": npy(y)}, "y.npy"),
        "texts": Seed({"X.npy": npy(X), "y.npy": npy(text)}, "y.npy"),
    }


def npy_pictures() -> dict[str, Seed]:
    return {
        "pictures": alone("X.npy", npy(digit_rows()[0].reshape(-1, 28, 28)), **{"y.npy": npy(digit_rows()[1])}),
    }


def npz_seeds() -> dict[str, Seed]:
    X, y = small_arrays()
    text = np.array(["0", "1", "2"])[y]
    return {
        "plain": alone("in.npz", npz(X=X, y=y)),
        "packed": alone("in.npz", npz(packed=True, X=X.astype(np.float32), y=y)),
        "texts": alone("in.npz", npz(packed=True, X=X, y=text)),
    }


def idx_seeds() -> dict[str, Seed]:
    X, y = digit_rows()
    images, labels = idx(X.reshape(-1, 28, 28)), idx(y)
    names = ("in-images-idx3-ubyte", "in-labels-idx1-ubyte")
    return {
        "images": Seed({names[0]: images, names[1]: labels}, names[0]),
        "labels": Seed({names[0]: images, names[1]: labels}, names[1]),
        "gz": Seed({names[0]: gzip.compress(images, mtime=0), names[1]: labels}, names[0]),
    }


# --- pictures ---------------------------------------------------------------------------------------------------------


def drawn(size: int = 40) -> np.ndarray:
    """A ring, light on dark: a nought."""
    y, x = np.mgrid[:size, :size] - size / 2
    return np.asarray(230 * (abs(np.hypot(x, y) - size / 4) < size / 10), np.uint8)


def picture(form: str, mode: str = "L", size: int = 40, **options: Any) -> bytes:
    content = io.BytesIO()
    pixels = drawn(size)
    if mode in ("I;16", "I", "F"):
        kind = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray(pixels.astype(kind) * (200 if mode == "I;16" else 1))
    else:
        image = Image.fromarray(pixels).convert(mode)
    image.save(content, form, **options)
    return content.getvalue()


def pictures(form: str, suffix: str, **kinds: dict[str, Any]) -> Callable[[], dict[str, Seed]]:
    return lambda: {name: alone(f"in.{suffix}", picture(form, **options)) for name, options in kinds.items()}


def folder_seeds() -> dict[str, Seed]:
    files = {f"set/{'abc'[k % 3]}/{k}.png": picture("PNG", size=8 + k % 2) for k in range(9)}
    return {"png": Seed(files, "set/a/0.png")}


# --- models and runs --------------------------------------------------------------------------------------------------

RUNS = {
    "table": ("in.csv", "--target sold --hidden 4 --epochs 3 --dev 6 --test 5 --patience 5"),
    "prices": ("in.csv", "--target price --hidden 4,3 --activation tanh --epochs 3"),
    "digits": ("in.npz", "--hidden 5 --epochs 3 --dev 3"),
    "arrays": ("in.npz", "--hidden 5 --epochs 3 --optimizer momentum"),
    "numbers": ("in.parquet", "--target sold --hidden none --epochs 3"),
}


@cache
def trained(name: str) -> dict[str, bytes]:
    """The files of a folder in which pellucid has trained, with its data; all the same each time."""
    data, flags = RUNS[name]
    X, y = digit_rows(20) if name == "digits" else small_arrays()
    shaped = X.reshape(-1, 28, 28) if name == "digits" else X
    content = {"in.csv": as_csv(), "in.parquet": number_parquet(), "in.npz": npz(X=shaped, y=y)}[data]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / data).write_bytes(content)
        with in_folder(folder, folder):
            code, _, err, faults = run(["train", data, *flags.split(), "--out", "run", "--quiet"], b"")
        assert code == 0, (err, faults)
        files = {f"run/{path.name}": path.read_bytes() for path in (folder / "run").iterdir() if path.is_file()}
    about = json.loads(files["run/run.json"])
    about["peak_memory"] = about["result"]["seconds"] = 1  # the same seeds tomorrow
    files["run/run.json"] = json.dumps(about, indent=2).encode()
    return {data: content, **files}


def of_runs(*files: str) -> Callable[[], dict[str, Seed]]:
    """Seeds that are runs, of which one of these files is to be damaged."""
    return lambda: {
        f"{name}_{Path(file).name.split('.')[0].strip('{}')}": Seed(trained(name), file.format(data=RUNS[name][0]))
        for name in RUNS
        for file in files
    }


@cache
def exported(name: str, to: str, ending: str) -> bytes:
    """What export makes of a run's model."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "m.safetensors").write_bytes(trained(name)["run/model.safetensors"])
        with in_folder(folder, folder):
            run(["export", "m.safetensors", "--to", to, "--out", f"out{ending}"], b"")
        return (folder / f"out{ending}").read_bytes()


def exports(to: str, ending: str) -> Callable[[], dict[str, Seed]]:
    return lambda: {name: alone(f"in{ending}", exported(name, to, ending)) for name in RUNS}


def onnx_seeds() -> dict[str, Seed]:
    """Graphs that pellucid and others write."""
    given = {
        "".join(filter(str.isalnum, name)): alone("in.onnx", content) for name, content in onnx_mutants.seeds().items()
    }
    return given | exports("onnx", ".onnx")()


def state_dicts() -> dict[str, Seed]:
    """What PyTorch saves, with names of every kind."""
    from safetensors.numpy import save

    rng = np.random.default_rng(0)
    shapes = {"0.weight": (5, 6), "0.bias": (5,), "2.weight": (3, 5), "2.bias": (3,)}
    tensors = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    named = {f"model.fc{name}": tensor for name, tensor in tensors.items()}
    seeds = {"plain": alone("in.safetensors", save(tensors)), "named": alone("in.safetensors", save(named))}
    return seeds | exports("pytorch", ".safetensors")()


def programs() -> dict[str, Seed]:
    """Networks that learners wrote."""
    files = [ROOT / "examples/my_network.py", *sorted((ROOT / "examples/patients").glob("*.py"))[:6]]
    return {f"p{k}": alone("in.py", path.read_bytes()) for k, path in enumerate(files)}


def notebooks() -> dict[str, Seed]:
    """The same in a cell each."""
    found = {}
    for name, seed in programs().items():
        text = seed.files[seed.mutated]
        cells = [{"cell_type": "markdown", "source": "# Mine"}, {"cell_type": "code", "source": text.decode()}]
        found[name] = alone("in.ipynb", json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}).encode())
    return found


# --- all of them ------------------------------------------------------------------------------------------------------

TABLE = (
    "train {file} --target sold --hidden 3 --epochs 1 --out new --quiet",
    "train {file} --target price --hidden 3 --epochs 1 --out new --json",
    "evaluate {table} {file}",
    "evaluate {prices} {file} --json",
    "predict {table} {file} --out p.csv",
    "predict {prices} {file} --json",
    "explain {table} --data {file} --sample 1",
    "importance {table} {file} --repeats 1",
    "landscape {table} --data {file} --points 3 --directions random --out l.json",
    "lr-find {file} --target sold --steps 20",
)
ARRAYS = (
    "train {file} --hidden 3 --epochs 1 --out new --json",
    "evaluate {arrays} {file}",
    "predict {arrays} {file} --out p.csv",
    "explain {arrays} --data {file}",
    "lr-find {file} --steps 20 --quiet",
)
PICTURES = ("predict {file}", "predict {digits} {file} --json", "explain --image {file} --quiet")
MODEL = (
    "predict {file} {in}",
    "evaluate {file} {in} --json",
    "check {file} --parameters 50",
    "explain {file} --data {in}",
    "export {file} --to onnx --out e.onnx",
    "export {file} --to numpy --out e.py",
    "export {file} --to html --out e.html",
    "export {file} --to pytorch --out e.safetensors",
    "landscape {file} --data {in} --points 3 --out l.html",
    "train {in} {flags} --start-from {file} --epochs 1 --out new --quiet",
)
RUN = (
    "report run",
    "evaluate run --json",
    "train --resume run --json",
    "train --resume run --epochs 3 --quiet",
    "landscape run --points 3 --out l.csv",
    "explain run",
    "predict run {in}",
    "importance run --repeats 1",
)
IMPORT = (  # what came in is a model
    "import {file} --out new.safetensors && export new.safetensors --to html --out new.html",
    "import {file} --out new.safetensors --task regression --json && export new.safetensors --to numpy --out new.py",
)

BYTES = mutators.ANY
READERS: dict[str, Reader] = {
    "csv": Reader(
        lambda: {
            "plain": alone("in.csv", as_csv()),
            "quoted": alone("in.csv", "\N{BOM}".encode() + as_csv(";", '"', "\r\n")),
        },
        (*TABLE, "predict {table} - < {file}"),
        mutators.TEXT,
    ),
    "tsv": Reader(lambda: {"plain": alone("in.tsv", as_csv("\t"))}, TABLE, mutators.TEXT),
    "csv.gz": Reader(
        lambda: {"plain": alone("in.csv.gz", gzip.compress(as_csv(), mtime=0))},
        TABLE,
        (*mutators.gzipped(mutators.TEXT), *BYTES),
    ),
    "digit csv": Reader(
        lambda: {"digits": alone("in.csv", digit_csv())},
        (
            "train {file} --hidden 3 --epochs 1 --out new --json",
            "evaluate {digits} {file}",
            "predict {digits} {file} --out p.csv",
        ),
        mutators.TEXT,
    ),
    "parquet": Reader(
        lambda: {
            "plain": alone("in.parquet", parquet()),
            "gzip": alone("in.parquet", parquet(compression="gzip", data_page_version="2.0")),
            "plainest": alone("in.parquet", parquet(compression="none", use_dictionary=False)),
        },
        TABLE,
        (mutators.parquet_footer, mutators.odd_parquet, *BYTES),
    ),
    "number parquet": Reader(
        lambda: {"numbers": alone("in.parquet", number_parquet())},
        ("train {file} --target sold --hidden 3 --epochs 1 --out new --json", "predict {numbers} {file} --out answers --force", "evaluate {numbers} {file}"),
        (mutators.parquet_footer, mutators.odd_parquet, *BYTES),
        streams=True,
    ),
    "feather": Reader(
        lambda: {
            "lz4": alone("in.feather", feather()),
            "plain": alone("in.arrow", feather(compression="uncompressed")),
            },
        TABLE,
        (mutators.odd_feather, *BYTES),
    ),
    "npz": Reader(npz_seeds, ARRAYS, (*mutators.ZIPPED_ARRAYS, *BYTES)),
    "npy": Reader(npy_seeds, tuple(line.replace("{file}", "X.npy") for line in ARRAYS), (*mutators.ARRAY, *BYTES), streams=True),
    "npy pictures": Reader(npy_pictures, ("train X.npy --hidden 3 --epochs 1 --out new --json", "evaluate {digits} X.npy"), (*mutators.ARRAY, *BYTES), streams=True),
    "idx": Reader(
        idx_seeds,
        ("train in-images-idx3-ubyte --hidden 3 --epochs 1 --out new --quiet", "evaluate {digits} in-images-idx3-ubyte"),
        (mutators.edge_words, *mutators.gzipped(BYTES), *BYTES),
        streams=True,
    ),
    "png": Reader(
        pictures("PNG", "png", grey={}, colour={"mode": "RGB"}, alpha={"mode": "RGBA"}, palette={"mode": "P"},
                 bits={"mode": "1"}, sixteen={"mode": "I;16"}),
        PICTURES,
        (*mutators.PNG, *BYTES),
    ),
    "jpeg": Reader(
        pictures("JPEG", "jpg", grey={}, colour={"mode": "RGB"}, cmyk={"mode": "CMYK"}, progressive={"progressive": True}),
        PICTURES,
        (mutators.edge_words, *BYTES),
    ),
    "gif": Reader(pictures("GIF", "gif", grey={}, palette={"mode": "P"}), PICTURES, (mutators.edge_words, *BYTES)),
    "tiff": Reader(
        pictures("TIFF", "tif", grey={}, sixteen={"mode": "I;16"}, float={"mode": "F"}, packed={"compression": "tiff_lzw"},
                 deflated={"compression": "tiff_adobe_deflate"}, jpeg={"compression": "jpeg", "mode": "RGB"},
                 fax={"compression": "group4", "mode": "1"}),
        PICTURES,
        (*mutators.TIFF, *BYTES),
    ),
    "webp": Reader(
        pictures("WEBP", "webp", lossy={"mode": "RGB"}, lossless={"mode": "RGB", "lossless": True}),
        PICTURES,
        (mutators.edge_words, *BYTES),
    ),
    "bmp": Reader(
        pictures("BMP", "bmp", grey={}, colour={"mode": "RGB"}, palette={"mode": "P"}, bits={"mode": "1"}),
        PICTURES,
        (mutators.edge_words, *BYTES),
    ),
    "ppm": Reader(pictures("PPM", "ppm", grey={}, colour={"mode": "RGB"}), PICTURES, mutators.TEXT),
    "folder": Reader(
        folder_seeds, ("train set --hidden 3 --epochs 1 --out new --json",), (*mutators.PNG, *BYTES)
    ),
    "model": Reader(of_runs("run/model.safetensors"), MODEL, (*mutators.SAFETENSORS, *BYTES)),
    "checkpoint": Reader(of_runs("run/checkpoint.safetensors"), (*RUN, "plot run history --out h.svg"), (*mutators.SAFETENSORS, *BYTES)),
    "path": Reader(of_runs("run/path.safetensors"), RUN, (*mutators.SAFETENSORS, *BYTES)),
    "run.json": Reader(of_runs("run/run.json"), RUN, (*mutators.JSON, *BYTES)),
    "history.csv": Reader(of_runs("run/history.csv"), RUN, mutators.TEXT),
    "own data": Reader(of_runs("{data}"), RUN, (*mutators.TEXT, *mutators.ZIPPED_ARRAYS)),
    "onnx": Reader(onnx_seeds, IMPORT[:1], (onnx_mutants.mutant, onnx_mutants.mutant, *BYTES)),
    "state_dict": Reader(state_dicts, (*IMPORT, "import {file} --out new.safetensors --activation tanh"),
                         (*mutators.SAFETENSORS, *BYTES)),
    "doctor": Reader(programs, ("doctor {file}", "doctor {file} --json"), mutators.PROGRAM, exits=(0, 1, 2, 3)),
    "notebook": Reader(notebooks, ("doctor {file} --format sarif",), (*mutators.JSON, *BYTES), exits=(0, 1, 2, 3)),
}  # fmt: skip
