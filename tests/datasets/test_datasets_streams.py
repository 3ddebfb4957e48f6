"""A stream gives the samples of a file too large for memory, each once, in the order that a seed decides."""

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pellucid.core.errors import InputError
from pellucid.datasets import Dataset, Samples, Stream, WeightedSamples, labels, load, read
from pellucid.datasets.formats import idx
from pellucid.datasets.splits import mark_parts
from pellucid.datasets.streaming import file_stream, fixed_rows, load_stream
from pellucid.runs import run_json

Write = Callable[..., Path]  # (folder, X, y) -> the path of X


def write_npy(folder: Path, X: np.ndarray, y: np.ndarray, rows: int = 7) -> Path:
    np.save(folder / "X.npy", X)
    np.save(folder / "y.npy", y)
    return folder / "X.npy"


def write_parquet(folder: Path, X: np.ndarray, y: np.ndarray, rows: int = 7) -> Path:
    path = folder / "data.parquet"
    columns = {f"x{j}": X[:, j] for j in range(X.shape[1])}
    pq.write_table(pa.table({**columns, "label": y}), path, row_group_size=rows)
    return path


def write_idx(folder: Path, X: np.ndarray, y: np.ndarray, rows: int = 7) -> Path:
    path = folder / "my-images"
    path.write_bytes(struct.pack(">IIII", 0x803, len(X), 1, X.shape[1]) + X.astype(np.uint8).tobytes())
    (folder / "my-labels").write_bytes(struct.pack(">II", 0x801, len(y)) + y.astype(np.uint8).tobytes())
    return path


WRITERS = {"npy": write_npy, "parquet": write_parquet, "idx": write_idx}


@pytest.fixture(autouse=True)
def stream_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are too large, and blocks are of five rows of two bytes."""
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 0)
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 10)


def numbered(n: int, classes: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two bytes that tell their number, and labels."""
    return np.arange(n, dtype=">u2").view(np.uint8).reshape(n, 2), np.arange(n) % classes


def gathered(
    part: Samples | WeightedSamples | Stream | None, seed: int | None = None, skip: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """All that a stream gives, in its order."""
    assert part is not None
    assert not isinstance(part, tuple)
    blocks = [(X.copy(), y.copy()) for X, y in part.blocks(seed, skip)]
    X, y = [X for X, _ in blocks], [y for _, y in blocks]
    if not blocks:
        return np.empty((0, part.shape[1]), part.dtype), np.empty((0, *part.target_shape), part.target_dtype)
    return np.concatenate(X), np.concatenate(y)


def numbers(X: np.ndarray) -> list[int]:
    return [int(number) for number in np.ascontiguousarray(X).view(">u2")[:, 0]]


common = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@common
@given(
    form=st.sampled_from([*WRITERS]),
    n=st.integers(4, 60),
    size=st.integers(2, 30),
    seed=st.none() | st.integers(0, 2**63),
    share=st.integers(0, 3),
    data=st.data(),
)
def test_every_sample_comes_once_an_epoch_and_skip_gives_the_tail(
    form: str, n: int, size: int, seed: int | None, share: int, data: st.DataObject, tmp_path: Path
) -> None:
    path = WRITERS[form](tmp_path, *numbered(n), size)
    dataset = load(path, dev=share, test=data.draw(st.integers(0, min(3, n - share - 1))), seed=n)
    X, y = gathered(dataset.train, seed)
    parts = [part.X for part in (dataset.dev, dataset.test) if part is not None]
    assert sorted(numbers(np.concatenate([X, *parts]))) == list(range(n))
    assert (y == np.array(numbers(X)) % 2).all()
    assert X.shape == dataset.train.shape
    assert X.dtype == np.uint8
    assert y.shape[1:] == dataset.train.target_shape
    assert y.dtype == np.int64
    skip = data.draw(st.integers(0, len(X)))
    rest = gathered(dataset.train, seed, skip)
    assert (rest[0] == X[skip:]).all()
    assert (rest[1] == y[skip:]).all()
    if seed is None:
        assert numbers(X) == sorted(numbers(X))


@pytest.mark.parametrize("form", WRITERS)
def test_the_same_seed_gives_the_same_blocks_and_another_seed_others(form: str, tmp_path: Path) -> None:
    train = load(WRITERS[form](tmp_path, *numbered(200))).train
    first, again, other = (numbers(gathered(train, seed)[0]) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert sorted(first) == sorted(other)


def test_blocks_of_a_plain_file_begin_elsewhere_for_another_seed(tmp_path: Path) -> None:
    train = load(write_npy(tmp_path, *numbered(200)), dev=0).train
    assert not isinstance(train, tuple)
    starts = {number % 5 for seed in range(30) for X, _ in train.blocks(seed) for number in numbers(X[:1]) if number}
    assert starts == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("form", WRITERS)
def test_skipped_blocks_are_not_read(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    train = load(WRITERS[form](tmp_path, *numbered(70)), dev=0).train
    assert not isinstance(train, tuple)
    seen = []
    inner = file_stream.Source.read

    def spy(self: file_stream.Source, spans: Any) -> Any:
        seen.extend(spans)
        return inner(self, spans)

    monkeypatch.setattr(file_stream.Source, "read", spy)
    assert len(gathered(train, None, 65)[0]) == 5
    assert sum(stop - start for start, stop in seen) <= 7


LABELS = {
    "numbers": np.arange(60) % 3 * 5,
    "text": np.array(["dog", "cat", "a long name"])[np.arange(60) % 3],
    "booleans": np.arange(60) % 2 == 0,
    "values": np.arange(60) / 7,
    "many": np.arange(60),
}


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize(
    ("form", "dtype"),
    [("parquet", np.uint8), *(("npy", kind) for kind in (np.uint8, np.int16, np.float32, np.float64, np.bool_))],
)  # Parquet of other numbers than bytes is a table: test_large_tables.py
def test_a_stream_holds_what_a_table_would(form: str, kind: str, dtype: type, tmp_path: Path) -> None:
    X: np.ndarray = (np.arange(180).reshape(60, 3) % 250).astype(dtype)
    path = WRITERS[form](tmp_path, X, LABELS[kind])
    table, dataset = read(path), load(path, dev=0)
    assert not isinstance(dataset.train, tuple)
    X_, y = gathered(dataset.train)
    assert (X_ == table.X).all()
    assert X_.dtype == table.X.dtype == dataset.train.dtype
    assert y.dtype == dataset.train.target_dtype
    assert (X_ == X).all()
    assert dataset.features == table.features
    assert table.y is not None
    if dataset.classes is None:
        assert kind in ("values", "many")
        assert (y == table.y[:, None]).all()
        assert y.dtype == np.float64
    else:
        assert [dataset.classes[k] for k in y] == [str(label) for label in LABELS[kind]]
        assert list(dataset.classes) == [str(label) for label in np.unique(LABELS[kind])]


@pytest.mark.parametrize("form", WRITERS)
@pytest.mark.parametrize("task", ["auto", "classification", "regression"])
def test_classes_task_and_sizes_are_those_of_the_same_file_in_memory(
    form: str, task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = WRITERS[form](tmp_path, *numbered(200, classes=3))

    def about(data: Dataset) -> tuple[Any, ...]:
        dev, test = data.dev, data.test
        assert dev is not None
        assert test is not None
        counts = [np.bincount(part.y).tolist() if data.classes else None for part in (dev, test)]
        names = (data.classes, data.task, data.features, data.image_shape, data.name)
        return (*names, data.train.shape, dev.X.shape, test.y.shape, test.y.dtype, counts)

    streamed_ = load(path, task=task, test=0.2)
    assert not isinstance(streamed_.train, Samples)
    monkeypatch.setattr(file_stream, "STREAM_ABOVE", 1 << 28)
    assert isinstance(load(path, task=task, test=0.2).train, Samples)
    assert about(streamed_) == about(load(path, task=task, test=0.2))


def test_a_file_sorted_by_class_gives_dev_each_class_in_its_share(tmp_path: Path) -> None:
    y = np.repeat([0, 1, 2, 3], [100, 300, 50, 550])
    data = load(write_npy(tmp_path, numbered(1000)[0], y), dev=100)
    assert data.dev is not None
    assert np.bincount(data.dev.y).tolist() == [10, 30, 5, 55]
    assert (data.dev.y == y[numbers(data.dev.X)]).all()
    another = load(tmp_path / "X.npy", dev=100, seed=1).dev
    assert another is not None
    assert numbers(another.X) != numbers(data.dev.X)


@settings(deadline=None)
@given(st.lists(st.integers(10, 60), min_size=2, max_size=6), st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_each_marked_part_has_every_class_to_within_one_sample(counts: list[int], dev: float, test: float) -> None:
    labels = np.repeat(np.arange(len(counts), dtype=np.uint8), counts)
    n = len(labels)
    sizes = int(dev * n + 0.5), int(test * n + 0.5)
    part = mark_parts(n, *sizes, np.random.default_rng(0), labels)
    assert np.bincount(part, minlength=3).tolist() == [n - sum(sizes), *sizes]
    for code, size in zip((1, 2), sizes, strict=True):
        given_ = np.bincount(labels[part == code], minlength=len(counts))
        assert (np.abs(given_ - np.array(counts) * size / n) <= 1).all()


def test_dev_is_at_most_ten_thousand_samples_unless_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 1024)
    path = write_npy(tmp_path, np.zeros((120_000, 1), np.uint8), np.arange(120_000) % 2)
    assert load(path).train.shape == (110_000, 1)
    assert load(path, dev=0.1).train.shape == (108_000, 1)
    assert load(path, dev=0).dev is None
    monkeypatch.setattr(load_stream, "MOST_HELD", 20_000)
    with pytest.raises(InputError, match=r"15000 samples for dev and 6000 for test take .* ask for at most 20000"):
        load(path, dev=15_000, test=6_000)
    monkeypatch.setattr(load_stream, "MOST_VALUES", 900_000)
    with pytest.raises(InputError, match="targets take 1 MB"):
        load(path, task="regression")


def test_too_many_labels_for_classes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (labels, load_stream):
        monkeypatch.setattr(module, "MOST_LABELS", 300)
    path = write_npy(tmp_path, *numbered(301, classes=301))
    with pytest.raises(InputError, match="more than 300 different labels"):
        load(path, task="classification")
    classes = load(write_npy(tmp_path, *numbered(300, classes=300)), task="classification", dev=0).classes
    assert classes is not None
    assert classes[299] == "299"


def test_a_value_that_is_no_number_is_named_with_its_place(tmp_path: Path) -> None:
    X = np.arange(120.0).reshape(60, 2)
    X[41, 1] = np.nan
    path = write_npy(tmp_path, X, np.arange(60) % 2)
    train = load(path, dev=0).train
    for seed in (None, 0, 1):
        with pytest.raises(InputError, match=r"(row|sample) 41: feature x1 is nan"):
            gathered(train, seed)
    y = np.arange(60.0)
    y[17] = np.inf
    with pytest.raises(InputError, match=r"(row|sample) 17: target .* is inf"):
        load(write_npy(tmp_path, X, y), dev=0)


def test_a_lonely_label_that_is_no_digit_is_named_wherever_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idx, "MOST_ROWS", 7)
    X, y = numbered(60)
    y[41] = 77
    with pytest.raises(InputError, match="sample 41: label 77 stands only here"):
        load(write_idx(tmp_path, X, y))


def test_a_file_that_shrinks_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = write_npy(tmp_path, *numbered(60))
    train = load(path, dev=0).train
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="has changed while it was read"):
        gathered(train)


@pytest.mark.parametrize("form", WRITERS)
def test_the_checksum_changes_with_size_labels_split_and_bytes(form: str, tmp_path: Path) -> None:
    X, y = numbered(60)
    path = WRITERS[form](tmp_path, X, y)
    first = run_json.checksums(load(path))["train"]
    assert run_json.checksums(load(path))["train"] == first
    sums = {first, run_json.checksums(load(path, seed=1))["train"]}
    for change in (X[:-1], y[:-1]), (X[::-1], y), (X, 1 - y):
        sums.add(run_json.checksums(load(WRITERS[form](tmp_path, *change)))["train"])
    assert len(sums) == 5


def test_a_checksum_changes_with_any_byte_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    content = bytearray(100_000)
    path.write_bytes(content)
    same = file_stream.fingerprint(str(path))
    for place in (0, 50, 99_999):
        content[place] = 1
        path.write_bytes(content)
        assert file_stream.fingerprint(str(path)) != same
        content[place] = 0
    path.write_bytes(content + b"\0")
    assert file_stream.fingerprint(str(path)) != same


@pytest.mark.parametrize("form", ["npy", "parquet"])
def test_reading_takes_little_memory_whatever_the_size_of_the_file(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed_rows, "BLOCK_BYTES", 1 << 16)
    peaks = []
    for n in (40_000, 400_000):
        path = WRITERS[form](tmp_path, np.zeros((n, 40), np.uint8), np.arange(n) % 10, 100_000)
        tracemalloc.start()
        train = load(path, dev=1000).train
        assert not isinstance(train, tuple)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert sum(len(X) for X, _ in train.blocks(0)) == n - 1000
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
        tracemalloc.stop()
    assert max(peaks) < 2_000_000  # of 16 MB
    assert peaks[1] < peaks[0] + 200_000
