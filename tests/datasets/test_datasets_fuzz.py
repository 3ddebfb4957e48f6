"""Whatever bytes a file holds: it is read, or an InputError says why not; nothing else escapes."""

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pellucid.core.errors import InputError
from pellucid.datasets import load, read_images, read_rows
from pellucid.datasets.streaming import file_stream
from support import loaded

X = np.arange(120, dtype=np.uint8).reshape(12, 10)
Y = np.arange(12) % 2


def npz(compressed: bool) -> bytes:
    content = io.BytesIO()
    if compressed:
        np.savez_compressed(content, X=X / 7, y=Y)
    else:
        np.savez(content, X=X / 7, y=Y)
    return content.getvalue()


def array(values: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue()


def parquet() -> bytes:
    content = io.BytesIO()
    columns = {f"x{i}": X[:, i] for i in range(10)}
    pq.write_table(pa.table({**columns, "label": Y}), content, row_group_size=5)
    return content.getvalue()


def picture(form: str, mode: str = "L") -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.kron(np.eye(12, dtype=np.uint8) * 200, np.ones((3, 3), np.uint8))).convert(mode).save(
        content, form
    )
    return content.getvalue()


IDX = bytes([0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 5]) + X.tobytes()
LINES = ["label," + ",".join(f"pixel{i}" for i in range(10))]
LINES += [",".join(map(str, [label, *row])) for label, row in zip(Y.tolist(), X.tolist(), strict=True)]
TABLES = {
    "csv": "\n".join(LINES).encode(),
    "quoted csv": "\r\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in LINES).encode("utf-8-sig"),
    "npz": npz(compressed=False),
    "compressed npz": npz(compressed=True),
    "idx": IDX,
    "gzipped idx": gzip.compress(IDX),
}
TABLES["npy"] = array(X)
TABLES["parquet"] = parquet()
PICTURES = {form: picture(form) for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")}
PICTURES["palette PNG"] = picture("PNG", "P")


def streamed(path: Path) -> None:
    """Load a file as if it were too large, and read all of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_stream, "STREAM_ABOVE", 0)
        train = load(path).train
        if not isinstance(train, tuple):
            assert sum(len(X) for X, _ in train.blocks(0)) == train.shape[0]


def tried(name: str, content: bytes, folder: Path) -> None:
    """Read a file that holds `content` in every way there is."""
    path = folder / "x-images"
    path.write_bytes(content)
    labels = array(Y) if name == "npy" else bytes([0, 0, 8, 1, 0, 0, 0, 12]) + Y.astype(np.uint8).tobytes()
    (folder / "x-labels").write_bytes(labels)
    ways: list[Callable[[], object]] = [lambda: read_images([path])]
    if name not in PICTURES:
        ways = [lambda: load(path), lambda: read_rows(path), lambda: read_rows("-", stdin=io.BytesIO(content))]
        ways.append(lambda: streamed(path))
    for way in ways:
        try:
            way()
        except InputError as fault:
            assert str(fault).startswith((str(path), str(folder / "x-labels"), "stdin")), fault  # noqa: PT017


@pytest.mark.parametrize("name", [*TABLES, *PICTURES])
def test_the_whole_file_is_read(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x-images"
    tried(name, (TABLES | PICTURES)[name], tmp_path)
    if name in PICTURES:
        assert read_images([path]).any()
    else:
        assert loaded(load(path).train).X.shape == (11, 10)


@pytest.mark.parametrize("name", [*TABLES, *PICTURES])
def test_files_cut_off_anywhere(name: str, tmp_path: Path) -> None:
    content = (TABLES | PICTURES)[name]
    places = {*range(20), *range(len(content) - 20, len(content)), *range(0, len(content), len(content) // 20)}
    for end in sorted(place for place in places if 0 <= place < len(content)):
        tried(name, content[:end], tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from([*TABLES, *PICTURES]), data=st.data())
def test_files_with_bytes_changed_put_in_or_left_out(name: str, data: st.DataObject, tmp_path: Path) -> None:
    content = bytearray((TABLES | PICTURES)[name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1) | st.integers(0, 30))
        kind = data.draw(st.sampled_from(["change", "put in", "leave out"]))
        new = data.draw(st.binary(min_size=1, max_size=4) | st.sampled_from([b"\n", b",", b'"', b"\0", b"\xff\xff"]))
        content[place : place + (0 if kind == "put in" else len(new))] = b"" if kind == "leave out" else new
    tried(name, bytes(content), tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"", b"label,pixel0\n", b"PK\x03\x04", b"\0\0\x08", b"\x1f\x8b", b"\x89PNG"]),
    rest=st.binary(),
)
def test_rubbish(start: bytes, rest: bytes, tmp_path: Path) -> None:
    tried("csv", start + rest, tmp_path)
    tried("PNG", start + rest, tmp_path)
