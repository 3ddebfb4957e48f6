import gzip
import math
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import load, read, read_rows
from support import loaded

IMAGES = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5)
LABELS = np.array([1, 0, 1], np.uint8)
NAME = "train-images-idx3-ubyte"


def idx(array: np.ndarray, shape: tuple[int, ...] | None = None, kind: int = 8) -> bytes:
    sizes = array.shape if shape is None else shape
    return bytes([0, 0, kind, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes) + array.tobytes()


def written(folder: Path, images: bytes, labels: bytes | None, name: str = NAME, packed: str = "neither") -> Path:
    path = folder / (name + (".gz" if packed in ("images", "both") else ""))
    path.write_bytes(gzip.compress(images) if packed in ("images", "both") else images)
    if labels is not None:
        other = name.replace("images", "labels").replace("idx3", "idx1")
        beside = folder / (other + (".gz" if packed in ("labels", "both") else ""))
        beside.write_bytes(gzip.compress(labels) if packed in ("labels", "both") else labels)
    return path


@pytest.mark.parametrize("packed", ["neither", "both", "images", "labels"])
@pytest.mark.parametrize("name", [NAME, "my-images", "images.bin"])
def test_images_and_the_labels_beside_them_are_read(packed: str, name: str, tmp_path: Path) -> None:
    table = read(written(tmp_path, idx(IMAGES), idx(LABELS), name, packed))
    assert (IMAGES.reshape(3, 20) == table.X).all()
    assert table.X.dtype == np.uint8
    assert table.y is not None
    assert (table.y == LABELS).all()
    assert table.image_shape == (4, 5)
    assert table.place(2).endswith("sample 2")


def test_rows_of_more_than_one_block_arrive_in_order(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (1000, 3, 3)).astype(np.uint8)
    path = written(tmp_path, idx(images), idx(np.arange(1000, dtype=np.uint8) % 10), packed="both")
    assert (images.reshape(1000, 9) == read(path).X).all()


def test_labels_may_be_missing_only_for_prediction(tmp_path: Path) -> None:
    path = written(tmp_path, idx(IMAGES), None)
    assert read_rows(path).y is None
    with pytest.raises(InputError, match=r"looked for .*train-labels-idx1-ubyte and .*train-labels-idx1-ubyte.gz"):
        read(path)
    path = written(tmp_path, idx(IMAGES), None, name="digits")
    with pytest.raises(InputError, match="no 'images' to replace"):
        read(path)
    with pytest.raises(InputError, match="leave target out"):
        read(path, target="y")


BAD: list[tuple[str, bytes, bytes, str]] = [
    ("cut off", idx(IMAGES)[:-1], idx(LABELS), "is cut off: its header says 3 × 4 × 5, which makes 76 bytes"),
    ("cut header", idx(IMAGES)[:9], idx(LABELS), "ends inside its header"),
    ("bytes left over", idx(IMAGES) + b"\0", idx(LABELS), "bytes left over"),
    ("promises too much", idx(IMAGES, (1 << 31, 1 << 31, 1 << 31)), idx(LABELS), "is cut off"),
    ("no samples", idx(IMAGES[:0]), idx(LABELS), "holds no samples"),
    ("empty pictures", idx(IMAGES[:, :0]), idx(LABELS), "holds no samples"),
    ("floats", idx(IMAGES, kind=13), idx(LABELS), "type 0x0d, only bytes"),
    ("labels given", idx(LABELS), idx(LABELS), "holds labels.*give the path of the images"),
    ("four dimensions", idx(IMAGES, (3, 2, 2, 5)), idx(LABELS), "has 4 dimensions"),
    ("counts", idx(IMAGES), idx(LABELS[:2]), "has 3 images, .* has 2 labels"),
    ("labels cut off", idx(IMAGES), idx(LABELS)[:-1], "labels-idx1-ubyte.*: is cut off"),
    ("labels empty", idx(IMAGES), b"", "labels-idx1-ubyte.*: does not begin as an IDX file"),
    ("images as labels", idx(IMAGES), idx(IMAGES), "labels-idx1-ubyte.*: has 3 dimensions"),
]


@pytest.mark.parametrize(("images", "labels", "needle"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_named(images: bytes, labels: bytes, needle: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=needle):
        read(written(tmp_path, images, labels))


PACKED: list[tuple[str, bytes, str]] = [
    ("cut off", gzip.compress(idx(IMAGES))[:-12], "cut off or damaged"),
    ("wrong checksum", gzip.compress(idx(IMAGES))[:-8] + b"\0" * 8, "cut off or damaged"),
    ("rubbish behind", gzip.compress(idx(IMAGES)) + b"rubbish", "cut off or damaged"),
    ("too few", gzip.compress(idx(IMAGES[:2], IMAGES.shape)), "ends before sample 3 of 3"),
    ("too many", gzip.compress(idx(IMAGES) + b"\0"), "bytes left over"),
    ("promises too much", gzip.compress(idx(IMAGES, (1 << 20, 1 << 10, 1 << 10))), "more than .* gzipped bytes"),
]


@pytest.mark.parametrize(("content", "needle"), [case[1:] for case in PACKED], ids=[case[0] for case in PACKED])
def test_a_bad_gzipped_file_is_named(content: bytes, needle: str, tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=needle):
        read_rows(path)


def test_a_gzip_bomb_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(gzip.compress(idx(IMAGES) + bytes(50 << 20), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(InputError, match="bytes left over"):
        read_rows(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_lonely_label_that_is_no_digit_is_a_damaged_file_and_two_are_a_class(tmp_path: Path) -> None:
    images = np.zeros((20, 2, 2), np.uint8)
    labels = np.arange(20, dtype=np.uint8) % 10
    labels[7] = 77
    path = written(tmp_path, idx(images), idx(labels))
    with pytest.raises(InputError, match="sample 7: label 77 stands only here"):
        load(path)
    labels[8] = 77
    written(tmp_path, idx(images), idx(labels))
    assert load(path).classes == (*"0123456789", "77")


def test_labels_of_digit_files_are_classes_however_many(tmp_path: Path) -> None:
    images = np.zeros((94, 2, 2), np.uint8)
    path = written(tmp_path, idx(images), idx(np.arange(94, dtype=np.uint8) % 47))
    classes = load(path).classes
    assert classes is not None
    assert len(classes) == 47
    assert math.prod(loaded(load(path, task="regression", dev=0).train).y.shape) == 94
