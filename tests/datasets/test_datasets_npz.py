import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.core.errors import InputError
from pellucid.datasets import load, read, read_rows
from support import loaded

X = np.arange(12.0).reshape(6, 2)


def saved(tmp_path: Path, **arrays: Any) -> Path:
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        (np.uint8, np.uint8),
        (np.float32, np.float32),
        (np.float64, np.float64),
        (np.float16, np.float32),
        (np.int8, np.float64),
        (np.int64, np.float64),
        (np.uint16, np.float64),
        (np.bool_, np.float64),
        (np.dtype(">f4"), np.float32),
        (np.longdouble, np.float64),
    ],
)
def test_inputs_keep_bytes_and_floats_and_turn_the_rest_into_float64(stored: type, kept: type, tmp_path: Path) -> None:
    table = read(saved(tmp_path, X=X.astype(stored), y=np.arange(6)))
    assert table.X.dtype == np.dtype(kept)
    assert (X.astype(stored) == table.X).all()
    assert table.features == ("x0", "x1")
    assert table.place(3).endswith("data.npz, sample 3")


def test_pictures_are_flattened_and_columns_in_fortran_order_are_not_scrambled(tmp_path: Path) -> None:
    pictures = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    table = read(saved(tmp_path, X=np.asfortranarray(pictures), y=np.arange(4)))
    assert (pictures.reshape(4, 6) == table.X).all()
    assert table.X.flags.c_contiguous
    assert table.image_shape == (2, 3)
    assert table.features[5] == "pixel5"


def test_any_name_and_compression_will_do_and_the_target_has_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "data.bin"
    with path.open("wb") as stream:
        np.savez_compressed(stream, X=X, price=X.sum(axis=1), other=np.zeros(1))
    assert load(path, target="price").task == "regression"
    with pytest.raises(InputError, match="no array y for the target, only X, other, price"):
        read(path)
    assert read_rows(path).y is None


@pytest.mark.parametrize(
    ("y", "task", "classes"),
    [
        (["b", "a", "b", "a", "b", "a"], "classification", ("a", "b")),
        ([b"b", b"a", b"b", b"a", b"b", b"a"], "classification", ("a", "b")),
        ([True, False] * 3, "classification", ("False", "True")),
        ([10, 9, 10, 9, -1, -1], "classification", ("-1", "9", "10")),
        ([[1], [0], [1], [0], [1], [0]], "classification", ("0", "1")),
        ([1.0, 2.0, 1.0, 2.0, 1.0, 2.0], "regression", None),
        ([[1, 0], [0, 1]] * 3, "regression", None),
    ],
)
def test_auto_finds_the_task(y: Any, task: str, classes: tuple[str, ...] | None, tmp_path: Path) -> None:
    data = load(saved(tmp_path, X=X, y=np.array(y)), dev=0)
    assert data.task == task
    assert data.classes == classes
    order = (loaded(data.train).X[:, 0] / 2).astype(int)
    if classes is None:
        assert loaded(data.train).y.dtype == np.float64
        assert (loaded(data.train).y == np.array(y, float).reshape(6, -1)[order]).all()
    else:
        names = [classes[i] for i in loaded(data.train).y]
        assert names == [str(value) for value in np.array(y).reshape(-1).astype(str)[order]]


def test_21_integers_are_values_and_20_are_classes(tmp_path: Path) -> None:
    for n, task in ((20, "classification"), (21, "regression")):
        path = saved(tmp_path, X=np.zeros((2 * n, 1)), y=np.tile(np.arange(n), 2))
        assert load(path).task == task
        assert load(path, task="classification").task == "classification"
        assert load(path, task="regression").task == "regression"


def test_whole_floats_are_classes_when_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path, X=X, y=np.array([10.0, 9, 10, 9, 9, 9]))
    assert load(path, task="classification").classes == ("9", "10")


NAN, INF = float("nan"), float("inf")
BAD: list[tuple[str, dict[str, Any], str, str]] = [
    ("no X", {"x_train": X, "y": X[:, 0]}, "auto", "no array X, only x_train, y"),
    ("objects", {"X": np.array([[None]]), "y": [1]}, "auto", "array X: holds Python objects"),
    ("objects in y", {"X": X, "y": np.array(["a", None] * 3, object)}, "auto", "array y: holds Python objects"),
    ("dates", {"X": X, "y": np.array(["2020-01-01"] * 6, "M8[D]")}, "auto", "holds dates"),
    ("complex", {"X": X * 1j, "y": X[:, 0]}, "auto", "holds complex"),
    ("text", {"X": X.astype(str), "y": X[:, 0]}, "auto", "X holds text"),
    ("one dimension", {"X": X[:, 0], "y": X[:, 0]}, "auto", r"X has the shape \(6,\).*reshape\(-1, 1\)"),
    ("four dimensions", {"X": X.reshape(6, 2, 1, 1), "y": X[:, 0]}, "auto", "it must be"),
    ("no samples", {"X": X[:0], "y": X[:0, 0]}, "auto", "holds nothing"),
    ("no features", {"X": X[:, :0], "y": X[:, 0]}, "auto", "holds nothing"),
    ("counts", {"X": X, "y": X[:5, 0]}, "auto", "X has 6 samples, y has 5"),
    ("y of rank 0", {"X": X, "y": 5}, "auto", "y has the shape"),
    ("y of rank 3", {"X": X, "y": X[:, :, None]}, "auto", "y has the shape"),
    ("nan", {"X": np.where(X == 7, NAN, X), "y": X[:, 0]}, "auto", "sample 3: feature x1 is nan"),
    ("inf", {"X": np.where(X == 7, -INF, X), "y": X[:, 0]}, "auto", "sample 3: feature x1 is -inf"),
    ("nan target", {"X": X, "y": np.where(X[:, 0] == 4, NAN, 1)}, "auto", "sample 2: target y is nan"),
    ("one class", {"X": X, "y": np.ones(6, int)}, "auto", "every label is 1"),
    ("fractions", {"X": X, "y": X[:, 0] / 4}, "classification", "sample 1: target 0.5 is no whole number"),
    ("text values", {"X": X, "y": np.array(["a"] * 6)}, "regression", "sample 0: the target is 'a', but regression"),
    ("one-hot", {"X": X, "y": np.eye(6)}, "classification", "6 columns.*argmax"),
    ("empty label", {"X": X, "y": np.array(["a", "a", "", "b", "b", "b"])}, "auto", "sample 2: the label is empty"),
    ("bytes", {"X": X, "y": np.array([b"\xff"] * 6)}, "auto", "no UTF-8"),
]


@pytest.mark.parametrize(("arrays", "task", "needle"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_file_is_named_with_place_and_remedy(
    arrays: dict[str, Any], task: str, needle: str, tmp_path: Path
) -> None:
    path = saved(tmp_path, **arrays)
    with pytest.raises(InputError, match=needle) as caught:
        load(path, task=task)
    assert str(caught.value).startswith(str(path))


def test_pickle_is_never_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", pickle.dumps(Trap()))
    with pytest.raises(InputError, match="no readable"):
        read(path)
    np.savez(path, X=np.array([[Trap()]], object))
    with pytest.raises(InputError, match="Python objects"):
        read(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("shape", [(1 << 40, 1 << 20), (7, 2), (5, 2), (1 << 62, 4)])
def test_a_header_that_promises_something_else_is_refused_before_memory_is_taken(
    shape: tuple[int, int], tmp_path: Path
) -> None:
    stream = io.BytesIO()
    np.save(stream, X)
    content = stream.getvalue()
    header = content.replace(b"(6, 2), }", f"{shape}, }}".encode())
    header = header[:8] + (len(header) - X.nbytes - 10).to_bytes(2, "little") + header[10:]
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("X.npy", header)
    with pytest.raises(InputError, match="its header promises"):
        read_rows(path)


def test_parts_have_the_asked_sizes_and_too_much_is_explained(tmp_path: Path) -> None:
    path = saved(tmp_path, X=np.zeros((100, 1)), y=np.arange(100) % 2)
    data = load(path, test=0.2)
    assert data.dev is not None
    assert data.test is not None
    assert (len(loaded(data.train).X), len(data.dev.X), len(data.test.X)) == (70, 10, 20)
    assert load(path).test is None
    assert load(path, dev=0).dev is None
    with pytest.raises(InputError, match="100 samples; 60 for dev and 40 for test leave none"):
        load(path, dev=60, test=40)
