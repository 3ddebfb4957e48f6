"""`.npy`: X in one file, its targets in the one beside it or the one that is named."""

import io
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid._files.reading import reading
from pellucid.core.errors import InputError
from pellucid.datasets import load, read, read_rows
from pellucid.datasets.streaming import file_stream

X = np.arange(12.0).reshape(6, 2)
Y = np.arange(6) % 2


def saved(folder: Path, X: Any, y: Any = None, names: tuple[str, str] = ("X.npy", "y.npy")) -> Path:
    np.save(folder / names[0], X, allow_pickle=True)
    if y is not None:
        np.save(folder / names[1], y)
    return folder / names[0]


@pytest.mark.parametrize(
    "names",
    [("X.npy", "y.npy"), ("train_X.npy", "train_y.npy"), ("X_train.npy", "y_train.npy"),
     ("t10k-images.npy", "t10k-labels.npy"), ("features.npy", "targets.npy")],
)  # fmt: skip
def test_the_targets_beside_are_found_by_name(names: tuple[str, str], tmp_path: Path) -> None:
    table = read(saved(tmp_path, X, Y, names))
    assert table.y is not None
    assert (table.y == Y).all()
    assert (table.X == X).all()
    assert table.place(3).endswith(f"{names[0]}, sample 3")


def test_the_targets_may_be_named_and_may_be_missing_for_prediction(tmp_path: Path) -> None:
    path = saved(tmp_path, X, X[:, :1] / 3, ("data.npy", "prices.npy"))
    assert load(path, target=str(tmp_path / "prices.npy")).task == "regression"
    assert read_rows(path).y is None
    with pytest.raises(InputError, match="its name has no X, images or features"):
        read(path)
    with pytest.raises(InputError, match=r"gone\.npy: there is no such file"):
        read(path, target="gone.npy")


@pytest.mark.parametrize(
    ("stored", "kept"),
    [("u1", "u1"), ("i8", "i8"), (">i2", "i2"), ("f4", "f4"), (">f8", "f8"), ("f2", "f4"), ("?", "f4"), ("g", "f8")],
)
def test_numbers_keep_their_type_in_the_byte_order_of_the_machine(stored: str, kept: str, tmp_path: Path) -> None:
    table = read(saved(tmp_path, X.astype(stored), Y))
    assert table.X.dtype == np.dtype(kept)
    assert table.X.dtype.isnative
    assert (X.astype(stored) == table.X).all()


def test_pictures_are_flattened(tmp_path: Path) -> None:
    pictures = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    table = read(saved(tmp_path, pictures, np.arange(4)))
    assert (pictures.reshape(4, 6) == table.X).all()
    assert (table.image_shape, table.features[5]) == ((2, 3), "pixel5")
    assert read(saved(tmp_path, np.zeros((2, 784), np.uint8), Y[:2])).image_shape == (28, 28)


@pytest.mark.parametrize("labels", [np.array(["cat", "dog"] * 3), np.array([b"cat", b"dog"] * 3), Y == 1, Y * 1.0])
def test_labels_are_text_bytes_booleans_or_numbers(labels: np.ndarray, tmp_path: Path) -> None:
    data = load(saved(tmp_path, X, labels), dev=0, task="classification")
    assert data.classes in (("cat", "dog"), ("False", "True"), ("0", "1"))


def packed(array: np.ndarray) -> bytes:
    stream_ = io.BytesIO()
    np.save(stream_, array)
    return stream_.getvalue()


GOOD = packed(X)
BAD: list[tuple[str, Any, Any, str]] = [
    ("cut off", GOOD[:-9], Y, "is cut off: its header promises 96 bytes of data, 87 are there"),
    ("cut header", GOOD[:40], Y, "its header is cut off or damaged"),
    ("bytes left over", GOOD + b"x", Y, "has bytes left over at its end"),
    ("a pickle", pickle.dumps(X), Y, "is a pickle, which can run programs and is not opened"),
    ("objects", np.array([[{}]], object), Y, "holds Python objects"),
    ("records", np.zeros(6, [("a", int)]), Y, "holds records"),
    ("dates", X.astype("M8[s]"), Y, "holds dates"),
    ("text", X.astype(str), Y, "X holds text"),
    ("Fortran order", np.asfortranarray(X), Y, "column by column.*ascontiguousarray"),
    ("one dimension", X[:, 0], Y, r"X has the shape \(6,\)"),
    ("four dimensions", X.reshape(6, 2, 1, 1), Y, "it must be"),
    ("a number", np.array(5.0), Y, r"X has the shape \(\)"),
    ("no rows", X[:0], Y[:0], "holds nothing"),
    ("hostile", GOOD.replace(b"(6, 2), }          ", b"(1099511627776, 2),}"), Y, "is cut off"),
    ("negative", GOOD.replace(b"(6, 2), }  ", b"(-6, -2), }"), Y, "its header promises"),
    ("counts", X, Y[:5], r"X has 6 samples, .*y\.npy has 5"),
    ("targets of rank 0", X, np.array(5), "y has the shape"),
    ("targets of rank 3", X, X[:, :, None], "y has the shape"),
    ("targets that are records", X, np.zeros(6, [("a", int)]), r"y\.npy: holds records"),
    ("empty labels", X, np.array([""] * 6).astype("U0"), "label is empty"),
    ("no text", X, np.array([0x110000] * 6, np.uint32).view("U1"), r"y\.npy, sample 0: holds no text"),
    ("nan", np.where(X == 7, np.nan, X), Y, "sample 3: feature x1 is nan"),
    ("nan target", X, np.where(Y == 1, np.nan, Y), r"sample 1: target .*y\.npy is nan"),
    ("no targets", X, None, r"were not found \(looked for .*y\.npy\)"),
    ("one class", X, Y * 0, "every label is 0"),
]


@pytest.mark.parametrize("above", [0, 1 << 28], ids=["stream", "memory"])
@pytest.mark.parametrize(("X", "y", "needle"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_named(
    X: Any, y: Any, needle: str, above: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", above)
    if isinstance(X, bytes):
        path = saved(tmp_path, Y, y)
        path.write_bytes(X)
    else:
        path = saved(tmp_path, X, y)
    with pytest.raises(InputError, match=needle) as caught:
        load(path)
    assert str(caught.value).startswith((str(path), str(tmp_path / "y.npy")))
    assert "\n" not in str(caught.value)


def test_what_exceeds_the_memory_is_said_before_it_is_taken(tmp_path: Path) -> None:
    path = saved(tmp_path, X, Y)
    with reading(max_memory=95), pytest.raises(InputError, match="more than the 1 kB that max_memory allows"):
        read(path)
