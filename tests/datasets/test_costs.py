"""What reading a file costs is known before it is unpacked: nothing small takes a machine down, nothing goes unsaid."""

import gzip
import io
import os
import re
import struct
import subprocess
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from PIL import Image

import pellucid as pl
from pellucid import InputError, datasets, tables
from pellucid._files import reading as _reading
from pellucid._files.reading import read_file, reading
from pellucid.cli.app import COMMANDS, group
from pellucid.datasets.streaming import file_stream, fixed_rows
from pellucid.interop.importing.onnx import from_onnx
from support import Command, loaded

Read = Callable[[Path], object]
MB = 1_000_000
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
GONE = r"has changed while it was read|there is no such file"


def table(path: Path) -> object:
    return datasets.load_with(path, datasets.LoadOptions(target="y"))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, colour: int = 0) -> bytes:
    """A black picture, packed as well as can be."""
    row = bytes(1 + width * bits * {0: 1, 2: 3, 6: 4}[colour] // 8)
    pack = zlib.compressobj(9)
    packed = b"".join(pack.compress(row) for _ in range(height)) + pack.flush()
    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def idx(shape: tuple[int, ...]) -> bytes:
    head = bytes([0, 0, 8, len(shape)]) + struct.pack(f">{len(shape)}I", *shape)
    return gzip.compress(head + bytes(int(np.prod(shape))))


def sparse_model(path: Path, size: int) -> None:
    """A model file of so many bytes, nearly all of them a hole."""
    floats = (size - 2048) // 4
    head = f'{{"layer1.W":{{"dtype":"F32","shape":[{floats}],"data_offsets":[0,{floats * 4}]}}}}'.encode().ljust(2040)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(head)) + head)
        stream.truncate(2048 + floats * 4)


def zeros(rows: int, columns: int = 1) -> Any:
    return pa.table({f"x{k}": np.zeros(rows) for k in range(columns)} | {"y": np.zeros(rows)})


def write_dictionary(path: Path, text: str, write: Any) -> None:
    """A table of 40 rows that all hold the same text, which is stored once."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 40, pa.int32()), pa.array([text]))
    write(pa.table({"x": np.arange(40.0), "text": column, "y": ["a", "b"] * 20}), path, compression="zstd")


def tall_npz(path: Path, rows: int) -> None:
    np.savez_compressed(path, X=np.zeros((rows, 10)), y=np.zeros(rows, np.int8))


# Each makes a file whose content takes a hundred times what the file does.
BOMBS: dict[str, tuple[str, Callable[[Path], object], Read]] = {
    "CSV, gzipped": ("d.csv.gz", lambda p: p.write_bytes(gzip.compress(b"a,y\n" + b"1,no\n2,yes\n" * 300_000)), table),
    "one line, gzipped": ("d.csv.gz", lambda p: p.write_bytes(gzip.compress(b"a,y\n1," + b"x" * 5 * MB)), table),
    "npz": ("d.npz", lambda p: tall_npz(p, 100_000), datasets.load),
    "npz of wide labels": (
        "d.npz",
        lambda p: np.savez_compressed(p, X=np.zeros((9, 1)), y=np.array(["a"] * 9, "U200000")),
        datasets.load,
    ),
    "npy": ("X.npy", lambda p: np.save(p, np.zeros((200_000, 10))), datasets.read_rows),
    "IDX, gzipped": ("i-images-idx3-ubyte.gz", lambda p: p.write_bytes(idx((9000, 28, 28))), datasets.read_rows),
    "Parquet": ("d.parquet", lambda p: pq.write_table(zeros(300_000), p), table),
    "Parquet, one text": ("d.parquet", lambda p: write_dictionary(p, "x" * MB, pq.write_table), table),
    "Arrow, one text": ("d.feather", lambda p: write_dictionary(p, "x" * MB, feather.write_feather), table),
    "Arrow": ("d.feather", lambda p: feather.write_feather(zeros(3 * MB), p), table),
    "PNG of 16 bits": ("d.png", lambda p: p.write_bytes(png(1000, 1000, 16)), datasets.read_images),
    "PNG with transparency": ("d.png", lambda p: p.write_bytes(png(900, 900, 8, 6)), datasets.read_images),
    "TIFF of floats": (
        "d.tiff",
        lambda p: Image.fromarray(np.zeros((1000, 1000), np.float32)).save(p, compression="tiff_lzw"),
        datasets.read_images,
    ),
    "GIF": ("d.gif", lambda p: Image.fromarray(np.zeros((900, 900), np.uint8)).save(p), datasets.read_images),
    "a model": ("d.safetensors", lambda p: sparse_model(p, 9 * MB), pl.load_model),
    "ONNX": ("d.onnx", lambda p: p.write_bytes(bytes(5 * MB)), from_onnx),
}


@pytest.mark.parametrize("name", BOMBS)
def test_what_takes_more_than_is_allowed_is_refused_before_it_is_taken(name: str, tmp_path: Path) -> None:
    file, make, read = BOMBS[name]
    path = tmp_path / file
    make(path)
    tracemalloc.start()
    try:
        with reading(max_memory="10MB"), pytest.raises(InputError) as caught:
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 25 * MB
    finally:
        tracemalloc.stop()
    assert re.fullmatch(
        rf"{re.escape(str(path))}(, array \w)?: takes at least [\d,.]+ [MG]B of memory to read, more than the 10 MB "
        r"that max_memory allows; use a part of it, or, if you trust it, allow more: max_memory='[\d.]+[MG]B'",
        str(caught.value),
    )


def test_what_a_message_asks_for_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    np.savez_compressed(path, X=np.zeros((100_000, 10)), y=np.arange(100_000) % 2)
    with reading(max_memory=1000), pytest.raises(InputError) as caught:
        datasets.load(path)
    asked = re.search(r"max_memory='(.*)'", str(caught.value))
    assert asked is not None
    with reading(max_memory=asked[1]):
        assert loaded(datasets.load(path).train).X.shape == (90_000, 10)


@pytest.mark.parametrize("size", [6 << 30, 40 << 30])
def test_a_file_of_holes_is_small_however_long_it_says_it_is(size: int, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    sparse_model(path, size)
    with pytest.raises(InputError, match=r"more than the 1.5 GB that a file of less than 10 MB may"):
        pl.load_model(path)
    with pytest.raises(InputError, match=r"more than the 1.5 GB that a file of less than 10 MB may"):
        read_file(path)


def test_a_file_that_is_not_small_may_take_three_quarters_of_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_reading, "free_memory", lambda: 8e9)
    _reading.check_cost("large.npz", 5.9e9, on_disk=10_000_000)
    with pytest.raises(
        InputError, match=r"takes at least 6.1 GB .* more than the 6 GB that are three quarters of the free"
    ):
        _reading.check_cost("large.npz", 6.1e9, on_disk=10_000_000)
    with pytest.raises(
        InputError, match=r"takes at least 1.6 GB .* more than the 1.5 GB that a file of less than 10 MB"
    ):
        _reading.check_cost("small.npz", 1.6e9, on_disk=9_999_999)


def test_the_memory_of_a_container_is_that_of_its_control_groups(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    group_ = tmp_path / "fs" / "pod" / "app"
    group_.mkdir(parents=True)
    for folder, most, used in ((group_, "3000", "1000"), (group_.parent, "max", "9000")):
        (folder / "memory.max").write_text(most + "\n")
        (folder / "memory.current").write_text(used + "\n")
        (folder / "memory.stat").write_text("anon 500\ninactive_file 300\nactive_file 7\n")
    own.write_text("0::/pod/app\n")
    assert min(_reading._left_in_groups(tmp_path / "fs", own)) == 2300
    own.write_text("0::/\n")
    assert min(_reading._left_in_groups(tmp_path / "fs", own)) == np.inf
    assert min(_reading._left_in_groups(tmp_path / "fs", tmp_path / "none")) == np.inf


@pytest.mark.parametrize("size", ["0", "-1", "lots", "4XB", "", "1e3", "nan", "0.1B", "99999999999TB"])
def test_a_size_that_is_none_is_told_with_the_flag(size: str, pellucid: Command) -> None:
    ended = pellucid("check", "--max-memory", size)
    assert ended.code == 2
    assert ended.err.startswith("error: --max-memory ")
    assert ended.err.count("\n") == 1
    assert "give a size, such as" in ended.err


def test_the_flag_allows_one_command_and_no_other(pellucid: Command, tmp_path: Path) -> None:
    small, rows = tmp_path / "d.csv", "a,y\n" + "1,no\n2,yes\n" * 500
    small.write_text(rows)
    refused = pellucid("train", small, "--target", "y", "--max-memory", "1kB", "--out", "o")
    assert refused.code == 2
    assert "allow more: --max-memory" in refused.err
    assert not (tmp_path / "o").exists()
    assert pellucid("train", small, "--target", "y", "--max-memory", "1 GB", "--epochs", 1, "--out", "o").code == 0
    assert pellucid("evaluate", "o", small).code == 0
    assert "allow more: --max-memory" in pellucid("evaluate", "o", small, "--max-memory", "1kB").err


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_the_flag(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert command is not None
    assert "--max-memory" in [flag for option in command.params for flag in option.opts]


def test_a_pipe_or_a_device_is_no_model(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "m.safetensors")
    for path in (str(tmp_path / "m.safetensors"), "/dev/zero"):
        done = subprocess.run(
            [sys.executable, "-c", f"import pellucid as pl; pl.load_model({path!r})"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=ENVIRONMENT,
        )
        assert f"{path}: is a device or a pipe; give a file" in done.stderr


# One long cell does not make all rows long.

ROWS, LONG = 10_000, "z" * 20_000


def columns(place: str, times: int = 1) -> dict[str, list[Any]]:
    """Ten thousand rows of three columns, some times, one text of which is long."""
    found: dict[str, list[Any]] = {
        "x": [float(i % 97) for i in range(ROWS)],
        "c": ["ab"[i % 2] for i in range(ROWS)],
        "y": ["yes" if i % 3 else "no" for i in range(ROWS)],
    }
    found[place][7] = LONG
    return {name: cells * times for name, cells in found.items()}


def write_csv(path: Path, data: dict[str, list[Any]]) -> None:
    rows = zip(*data.values(), strict=True)
    path.write_text("\n".join([",".join(data), *(",".join(map(str, row)) for row in rows)]))


WRITERS: dict[str, Callable[[Path, dict[str, list[Any]]], object]] = {
    "d.csv": write_csv,
    "d.parquet": lambda path, data: pq.write_table(pa.table(data), path),
    "d.feather": lambda path, data: feather.write_feather(pa.table(data), path),
}


@pytest.mark.parametrize("place", ["c", "y"])
@pytest.mark.parametrize("file", WRITERS)
def test_one_long_cell_costs_its_own_length_and_no_more(file: str, place: str, tmp_path: Path) -> None:
    data = columns(place)
    WRITERS[file](tmp_path / file, data)
    tracemalloc.start()
    try:
        found = datasets.load_with(tmp_path / file, datasets.LoadOptions(target="y", columns=("c=category",)))
        assert tracemalloc.get_traced_memory()[1] < 60 * MB  # rows × the longest text are 800 MB
    finally:
        tracemalloc.stop()
    assert found.classes == (("no", "yes", LONG) if place == "y" else ("no", "yes"))
    assert found.preprocessing is not None
    assert found.preprocessing.inputs == (
        ("x", "c = a", "c = b", "c = (other)") if place == "c" else ("x", "c = a", "c = b")
    )


def test_a_long_class_costs_a_prediction_nothing() -> None:
    model = tables.fit({"x": [0.0, 1.0] * 50, "y": ["no", LONG] * 50}, "y", epochs=20)
    answers = tables.predict(model, {"x": [1.0, 0.0] * 50_000})
    assert answers.nbytes < MB
    assert answers[:2].tolist() == [LONG, "no"]


def test_equal_texts_of_a_large_column_are_one_object(tmp_path: Path) -> None:
    write_csv(tmp_path / "d.csv", columns("x"))
    values = datasets.read_frame(tmp_path / "d.csv").columns["c"].values
    assert values is not None
    assert len({id(value) for value in values}) == 2


def test_more_labels_than_a_network_has_outputs_for_are_refused() -> None:
    frame = {"x": np.arange(70_000) % 7, "y": [f"row {i}" for i in range(70_000)]}
    with pytest.raises(InputError, match="has more than 65,536 different labels, too many for classes"):
        tables.fit(frame, "y", task="classification")


def test_columns_of_text_are_counted_before_each_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(",".join(f"c{k}" for k in range(20_000)) + "\n" + ",".join(["a"] * 20_000) + "\n")
    with pytest.raises(InputError, match="has 20,000 columns that are not numbers, at most 16,384 are read"):
        _ = datasets.read_frame(path).columns


# Whole numbers beyond 2⁵³ are not what a float64 or an int64 holds.


@pytest.mark.parametrize("file", ["d.csv", "d.parquet", "frame"])
@pytest.mark.parametrize("sign", [1, -1])
def test_whole_targets_beyond_an_int64_keep_their_size_and_sign(file: str, sign: int, tmp_path: Path) -> None:
    y = [sign * (2**62 + k * 2**57) for k in range(60)]  # beyond 2⁶³ from the 32nd on
    data: dict[str, list[Any]] = {"x": [float(k) for k in range(60)], "y": y}
    if file == "d.csv":
        write_csv(tmp_path / file, data)
    elif file == "d.parquet":
        y = [abs(value) for value in y]
        pq.write_table(pa.table({"x": data["x"], "y": pa.array(y, pa.uint64())}), tmp_path / file)
    frame = datasets.as_frame(data) if file == "frame" else datasets.read_frame(tmp_path / file)
    found = datasets.load_table(frame, datasets.LoadOptions(target="y", dev=0))
    assert found.preprocessing is not None
    train = loaded(found.train)
    back = found.preprocessing.in_units(train.y)[:, 0]
    x = train.X[:, 0].argsort()
    np.testing.assert_allclose(back[x], np.array(y, np.float64), rtol=1e-6)


def test_whole_targets_of_an_array_keep_their_size(tmp_path: Path) -> None:
    y = np.array([2**63 + k * 2**56 for k in range(40)], np.uint64)
    np.savez(tmp_path / "d.npz", X=np.arange(40.0)[:, None], y=y)
    train = loaded(datasets.load(tmp_path / "d.npz", dev=0).train)
    assert sorted(train.y[:, 0].tolist()) == y.astype(float).tolist()


def test_a_class_that_a_float_cannot_tell_from_its_neighbours_is_told(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("x,y\n" + "1,9007199254740993\n2,5\n" * 20)
    with pytest.raises(InputError, match=r"d.csv, row 2: target .* is too large to be told from its neighbours"):
        datasets.load_with(tmp_path / "d.csv", datasets.LoadOptions(target="y", task="classification"))


# Numbers at the edge, and gaps that a mask hides.


@pytest.mark.parametrize("value", [1e40, -1e40, 1.7e308, np.nan, np.inf])
@pytest.mark.parametrize("where", ["X", "y"])
def test_what_the_networks_type_cannot_hold_is_told_by_its_place(where: str, value: float) -> None:
    X, y = np.ones((9, 2)), np.ones((9, 1))
    {"X": X, "y": y}[where][4, 0] = value
    net = pl.Network([2, 1], loss=pl.SquaredError())
    place = {"X": "in row 4, column 0", "y": "in row 4"}[where]
    with pytest.raises(InputError, match=rf"{where} holds .* {place}: .* dtype='float64'"):
        pl.train(net, (X, y), pl.SGD(0.1), epochs=1, rng=np.random.default_rng(0))
    with pytest.raises(InputError, match=place):
        pl.evaluate(net, (X, y))


def test_a_signalling_nan_is_told_without_a_warning(tmp_path: Path) -> None:
    X = np.ones((9, 2), np.float32)
    X.view(np.uint32)[4, 1] = 0x7F800001
    np.savez(tmp_path / "d.npz", X=X, y=np.arange(9) % 2)
    with pytest.raises(InputError, match="sample 4: feature x1 is nan"):
        datasets.load(tmp_path / "d.npz")
    net = pl.Network([2, 2], dtype=np.float64)
    with pytest.raises(InputError, match="X holds nan in row 4, column 1"):
        pl.evaluate(net, (X, np.arange(9) % 2))


def test_the_median_of_huge_numbers_is_a_number(tmp_path: Path) -> None:
    model = tables.fit(
        {"x": [1.7e308, 1.7e308, 1.6e308, None] * 20, "z": [0.0, 1.0] * 40, "y": [1.0, 2.0] * 40}, "y", epochs=1
    )
    pl.save_model(model, tmp_path / "m.safetensors")
    assert pl.load_model(tmp_path / "m.safetensors").preprocessing == model.preprocessing


def test_a_masked_array_with_gaps_is_refused_wherever_it_comes_in() -> None:
    from pellucid.interop.sklearn.estimators import PellucidRegressor

    X, y = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    masked_X, masked_y = np.ma.masked_equal(X, 4.0), np.ma.masked_equal(y, 3.0)
    net = pl.Network([2, 1], loss=pl.SquaredError())
    for name, data in (("X", (masked_X, y)), ("y", (X, masked_y))):
        with pytest.raises(InputError, match=f"{name} is a masked array with gaps"):
            pl.train(net, data, pl.SGD(0.1), epochs=1, rng=np.random.default_rng(0))
        with pytest.raises(InputError, match=f"{name} is a masked array with gaps"):
            PellucidRegressor(max_iter=1).fit(*data)
    with pytest.raises(InputError, match="X is a masked array with gaps"):
        net.predict(masked_X)
    assert net.predict(np.ma.masked_equal(X, -1.0)).shape == (10, 1)  # a mask without gaps hides nothing


def test_what_is_masked_in_a_table_is_a_gap() -> None:
    frame = datasets.as_frame(
        {"a": np.ma.masked_equal([1, 2, 3], 2), "b": np.ma.masked_equal(["x", "y"] * 1 + ["z"], "y")}
    )
    assert frame.columns["a"].gaps.tolist() == [False, True, False]
    assert frame.columns["b"].gaps.tolist() == [False, True, False]


# Pictures: a damaged one is refused, and no C library speaks.


def drawn(kind: str, **options: Any) -> bytes:
    grey = np.random.default_rng(0).integers(0, 20, (60, 60), np.uint8)
    grey[10:50, 25:33] += 200
    written = io.BytesIO()
    Image.fromarray(grey).save(written, kind, **options)
    return written.getvalue()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits"])
def test_a_damaged_tiff_is_refused_or_read_and_nobody_else_speaks(
    compression: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole, rng, path = drawn("TIFF", compression=compression), np.random.default_rng(1), tmp_path / "d.tiff"
    told = 0
    for _ in range(40):
        bad = bytearray(whole)
        for place in rng.integers(8, len(bad), 3):
            bad[place] = rng.integers(256)
        path.write_bytes(bad)
        try:
            datasets.read_images(path)
        except InputError:
            told += 1
    assert told
    assert capfd.readouterr() == ("", "")


def test_a_picture_of_which_libtiff_knows_a_half_is_refused(tmp_path: Path) -> None:
    whole = drawn("TIFF", compression="tiff_lzw")
    half = whole[:1200] + bytes(400) + whole[1600:]
    (tmp_path / "d.tiff").write_bytes(half)
    with pytest.raises(InputError, match="the picture is cut off or damaged"):
        datasets.read_images(tmp_path / "d.tiff")


def test_a_png_whose_pixels_do_not_fit_their_checksum_is_refused(tmp_path: Path) -> None:
    grey = bytearray(drawn("PNG", compress_level=0))
    grey[len(grey) // 2] ^= 255  # one pixel, stored as it is
    (tmp_path / "d.png").write_bytes(grey)
    with pytest.raises(InputError, match="the picture is cut off or damaged"):
        datasets.read_images(tmp_path / "d.png")


def test_a_picture_of_one_long_row_is_none(tmp_path: Path) -> None:
    (tmp_path / "d.png").write_bytes(png(70_000, 1, 8))
    with pytest.raises(InputError, match="has 70,000 × 1 pixels, at most 65,535 a side are read"):
        datasets.read_images(tmp_path / "d.png")


def test_a_jpeg_that_goes_over_its_pixels_a_thousand_times_is_refused(tmp_path: Path) -> None:
    written = io.BytesIO()
    Image.fromarray(np.zeros((4000, 4000), np.uint8)).save(written, "JPEG", progressive=True)
    whole = written.getvalue()
    scans = [found.start() for found in re.finditer(b"\xff\xda", whole)]
    again = whole[scans[1] : scans[2]]
    (tmp_path / "d.jpg").write_bytes(whole[:-2] + again * 1000 + whole[-2:])
    with pytest.raises(InputError, match="has 1,006 scans, which takes too long to unpack"):
        datasets.read_images(tmp_path / "d.jpg")


def test_a_small_folder_of_many_large_pictures_is_refused(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        for number in range(5):
            (tmp_path / name / f"{number}.png").write_bytes(png(900, 900, 8))
    with reading(max_memory="16MB"), pytest.raises(InputError, match="unpack to 8 million pixels; scale them down"):
        datasets.read_folder(tmp_path)
    with reading(max_memory="17MB"):
        assert datasets.read_folder(tmp_path).X.shape == (10, 64 * 64)


# A file that changes while it is read.


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0)
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 800)


def write_npy(folder: Path, shift: float = 0.0) -> Path:
    np.save(folder / "X.npy", np.random.default_rng(0).normal(size=(500, 4)) + shift)
    np.save(folder / "y.npy", np.arange(500) % 2)
    return folder / "X.npy"


def write_parquet(folder: Path, shift: float = 0.0) -> Path:
    X = np.random.default_rng(0).normal(size=(500, 4)) + shift
    columns = {f"x{k}": X[:, k] for k in range(4)} | {"label": np.arange(500) % 2}
    pq.write_table(pa.table(columns), folder / "d.parquet", row_group_size=50)
    return folder / "d.parquet"


def replaced(path: Path, write: Callable[..., Path]) -> None:
    """Another file takes its place, of the same length."""
    beside = path.parent / "beside"
    beside.mkdir()
    write(beside, 1.0).replace(path)


def changed(path: Path, _: object) -> None:
    """Bytes within it are others."""
    with path.open("r+b") as stream:
        stream.seek(-64, os.SEEK_END)
        stream.write(bytes(8))


def removed(path: Path, _: object) -> None:
    path.unlink()


@pytest.mark.usefixtures("streams")
@pytest.mark.parametrize("change", [replaced, changed, removed])
@pytest.mark.parametrize("write", [write_npy, write_parquet])
def test_a_file_that_changes_while_it_is_streamed_is_noticed(
    write: Callable[..., Path], change: Callable[..., None], tmp_path: Path
) -> None:
    path = write(tmp_path)
    train: Any = datasets.load(path).train
    blocks = train.blocks(1)
    next(blocks)
    change(path, write)
    with pytest.raises(InputError, match=GONE):
        list(blocks)
    with pytest.raises(InputError, match=GONE):
        list(train.blocks(2))  # nor in the next epoch


def test_a_file_that_changes_while_it_is_loaded_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "d.csv"
    write_csv(path, {"x": [1.0, 2.0] * 20, "y": ["no", "yes"] * 20})
    before = datasets.frames.csv_text.read_texts  # type: ignore[attr-defined]

    def read_and_change(*arguments: Any) -> Any:
        path.write_text("x,y\n1,2\n")
        return before(*arguments)

    monkeypatch.setattr("pellucid.datasets.formats.csv.read_texts", read_and_change)
    with pytest.raises(InputError, match="has changed while it was read"):
        datasets.read_frame(path)


# The bombs themselves.

MEASURED = """
import re, resource, sys
from pellucid.cli import main
code = main(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
most = used.ru_maxrss  # on Linux also what the parent had when it forked
if sys.platform == "linux":
    most = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
print("\\nused", code, most // 1024, used.ru_utime + used.ru_stime)
"""


def text_bomb(path: Path, head: bytes, piece: bytes, pieces: int) -> None:
    with gzip.open(path, "wb", 9) as stream:
        stream.write(head)
        for _ in range(pieces):
            stream.write(piece)


def idx_bomb(path: Path) -> None:
    with gzip.open(path, "wb", 9) as stream:
        stream.write(bytes([0, 0, 8, 3]) + struct.pack(">3I", 4_000_000, 28, 28))
        for _ in range(3136):
            stream.write(bytes(MB))
    path.with_name("train-labels-idx1-ubyte.gz").write_bytes(idx((4_000_000,)))


LARGE: dict[str, tuple[str, Callable[[Path], object], tuple[str, ...]]] = {
    "CSV": ("d.csv.gz", lambda p: text_bomb(p, b"a,b,y\n", b"1,2,0\n2,1,1\n" * 10_000, 8000), ("train",)),
    "one line": ("d.csv.gz", lambda p: text_bomb(p, b"a,y\n1,", b"x" * MB, 1000), ("train",)),
    "npz": ("d.npz", lambda p: tall_npz(p, 30_000_000), ("train",)),
    "IDX": ("train-images-idx3-ubyte.gz", idx_bomb, ("train",)),
    "Parquet": ("d.parquet", lambda p: write_dictionary(p, "x" * 100 * MB, pq.write_table), ("train", "--target", "y")),
    "Arrow": (
        "d.feather",
        lambda p: feather.write_feather(zeros(20 * MB, 16), p, compression="zstd"),
        ("train", "--target", "y"),
    ),
    "PNG of 16 bits": ("d.png", lambda p: p.write_bytes(png(9400, 9400, 16)), ("predict",)),
    "TIFF": (
        "d.tiff",
        lambda p: Image.fromarray(np.zeros((9000, 9000), np.float32)).save(p, compression="tiff_adobe_deflate"),
        ("predict",),
    ),
    "sparse model": ("d.safetensors", lambda p: sparse_model(p, 6 << 30), ("check",)),
    "sparse CSV": ("d.csv", lambda p: sparse_model(p, 6 << 30), ("train",)),
    "long target": ("d.csv", lambda p: write_csv(p, columns("y", 10)), ("train", "--epochs", "1")),
}


@pytest.mark.alone
@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_no_small_file_takes_two_gigabytes_or_twenty_seconds(name: str, tmp_path: Path) -> None:
    file, make, command = LARGE[name]
    make(tmp_path / file)
    more = ("--out", str(tmp_path / "run")) if command[0] == "train" else ()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, command[0], str(tmp_path / file), *command[1:], *more],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    code, megabytes, seconds = done.stdout.rpartition("used ")[2].split()
    assert int(code) == (0 if name == "long target" else 2), done.stderr
    assert "Traceback" not in done.stderr
    assert int(megabytes) < 2000
    assert float(seconds) < 20
