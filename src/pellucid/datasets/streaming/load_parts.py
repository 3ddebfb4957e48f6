"""A table in one file or in many to a `Dataset`: in memory where it fits, else as a stream of its training rows."""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from pellucid._files.reading import as_size
from pellucid._files.values import to_json
from pellucid._files.writing import write_whole
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.datasets.containers import Dataset, Samples, Understood, WeightedSamples
from pellucid.datasets.frames.load_table import load_table, weights_of_classes
from pellucid.datasets.options import LoadOptions
from pellucid.datasets.splits import part_size
from pellucid.datasets.streaming import file_stream
from pellucid.datasets.streaming.compact import Compact
from pellucid.datasets.streaming.file_stream import DEV, TEST, TRAIN, fingerprint
from pellucid.datasets.streaming.hash_split import parts_of
from pellucid.datasets.streaming.load_stream import MOST_DEV, MOST_HELD
from pellucid.datasets.streaming.row_cache import ABOUT, RowCache
from pellucid.datasets.streaming.table_parts import Parts
from pellucid.datasets.streaming.table_plan import Split, TablePlan
from pellucid.datasets.streaming.table_stream import Decoder, TableStream
from pellucid.model.preprocessing import Preprocessing

HELD = {"dev": DEV, "test": TEST}
OF_THE_ROWS = (
    "target", "task", "dev", "test", "seed", "columns", "missing", "header", "weights", "class_weights", "counts",
)  # fmt: skip


def load_parts(parts: Parts, options: LoadOptions) -> Dataset:
    """Load a table: into memory, or, where its numbers take more than 256 MB, as a stream.

    Of a stream a hash of each row's place decides its part; without `dev`, it is 10 %, but about 10,000 rows at most.
    Raises InputError for whatever is wrong with the table or with the request.
    """
    size = parts.size()
    if size.bytes <= file_stream.STREAM_ABOVE:
        return load_table(parts.whole(), options)
    shares = _shares(options, size.rows)
    split: Split = functools.partial(_split, seed=options.seed, dev=shares[0], test=shares[1])
    if options.cache is None:
        decoder, about = _fitted(parts, options, split)
        return _dataset(parts, about, decoder.compact, decoder, _held(decoder))
    return _through_cache(parts, options, split, options.cache)


def _shares(options: LoadOptions, rows: int) -> tuple[float, float]:
    """The shares of dev and test; numbers of rows become shares of about so many."""
    dev, test = options.shares(rows, most=MOST_DEV)
    found = [part if isinstance(part, float) else part_size(part, rows, name) / rows for part, name in
             ((dev, "dev"), (test, "test"))]  # fmt: skip
    for part, name in zip(found, HELD, strict=True):
        if part:
            part_size(float(part), rows, name)  # refuses what is no share
    if sum(found) >= 1:
        raise InputError(f"dev={dev} and test={test}: leave no rows to train on; ask for fewer")
    return found[0], found[1]


def _split(first: int, rows: int, *, seed: int, dev: float, test: float) -> Any:
    return parts_of(first, rows, seed, dev, test)


@dataclass(frozen=True)
class About:
    """What is known of a table beside its rows; as plain values it is kept next to the cache."""

    checksum: int
    plan: Preprocessing
    classes: tuple[str, ...] | None
    counts: dict[str, int]  # of the rows of each part
    weight: float | None
    of_class: list[float] | None
    understood: tuple[Understood, ...]
    notes: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "plan": self.plan.as_json(), "understood": [asdict(column) for column in self.understood]}

    @classmethod
    def from_json(cls, about: Any) -> About:
        """What ``as_json`` gave; raises KeyError, TypeError or ValueError for something else."""
        classes, of_class = about["classes"], about["of_class"]
        return cls(
            int(about["checksum"]),
            Preprocessing.from_json(about["plan"]),
            None if classes is None else tuple(map(str, classes)),
            {name: int(about["counts"][name]) for name in ("train", *HELD)},
            None if about["weight"] is None else float(about["weight"]),
            None if of_class is None else [float(each) for each in of_class],
            tuple(Understood(**column) for column in about["understood"]),
            tuple(map(str, about["notes"])),
        )


def _fitted(parts: Parts, options: LoadOptions, split: Split) -> tuple[Decoder, About]:
    """What reads the rows of a table whose plan is fitted, and what is known of it."""
    table = TablePlan(parts, options)
    table.fit(split)
    answers, counted = table.answers, table.counted
    train = sum(counted.train)
    if not train:
        raise InputError(f"{parts.name}: no row is left to train on; hold fewer back")
    of_class, weight = None, counted.weight if options.weights is not None else None
    if answers.classes is not None or options.class_weights is not None:
        labels = sorted(answers.labels)
        rows = np.array([answers.train[label] for label in labels]) if answers.classes is not None else None
        of_class = weights_of_classes(options.class_weights, answers.classes, rows)
        if of_class is not None:
            weighed = answers.weights if options.weights is not None else answers.train
            weight = float(of_class @ np.array([weighed[label] for label in labels]))
    if weight is not None and not weight > 0:
        raise InputError(f"weights={options.weights!r}: every weight is 0; give some rows a weight")
    compact = _compact(options, table.plan, answers.classes, weighted=options.weights is not None)
    about = About(
        _checksum(parts, options),
        table.plan,
        answers.classes,
        {"train": train, "dev": 0, "test": 0},
        weight,
        None if of_class is None else of_class.tolist(),
        table.in_words(),
        (*table.some.notes, *table.notes),
    )
    return Decoder(table, split, compact), about


def _compact(options: LoadOptions, plan: Preprocessing, classes: tuple[str, ...] | None, *, weighted: bool) -> Compact:
    of_target = (np.dtype(np.int64), ()) if classes is not None else (np.dtype(options.dtype), (len(plan.targets),))
    return Compact(plan, options.dtype, *of_target, weighted=weighted)


def _held(decoder: Decoder) -> dict[str, AnyArray]:
    """The compact rows of dev and test, by a pass over the table."""
    held = _Held(decoder.compact)
    for part, rows in decoder.parts():
        held.add(part, rows)
    return held.rows()


class _Held:
    """Compact rows that are held back, gathered; raises InputError where they take too much memory."""

    def __init__(self, compact: Compact) -> None:
        self.compact, self._found = compact, {name: list[AnyArray]() for name in HELD}
        self._row = len(compact.plan.inputs) * compact.dtype.itemsize
        self._count = 0

    def add(self, part: AnyArray, rows: AnyArray) -> None:
        for name, code in HELD.items():
            some = rows[part == code]
            self._count += len(some)
            self._found[name].append(some)
        if self._count * self._row > MOST_HELD:
            raise InputError(
                f"the rows held back for dev and test take more than {as_size(MOST_HELD)} of memory; ask for at most "
                f"{MOST_HELD // self._row:,} of them"
            )

    def rows(self) -> dict[str, AnyArray]:
        return {name: np.concatenate([*found, np.zeros(0, self.compact.row)]) for name, found in self._found.items()}


def _dataset(parts: Parts, about: About, compact: Compact, rows: Any, held: dict[str, AnyArray]) -> Dataset:
    of_class = None if about.of_class is None else np.array(about.of_class)
    shape = (about.counts["train"], len(about.plan.inputs))
    train = TableStream(rows, compact, shape, about.checksum, about.weight, of_class)
    samples = {name: _samples(compact, part) for name, part in held.items()}
    return Dataset(
        parts.name,
        train,
        samples["dev"],
        samples["test"],
        about.classes,
        about.plan.inputs,
        None,
        preprocessing=about.plan,
        understood=about.understood,
        notes=about.notes,
    )


def _samples(compact: Compact, rows: AnyArray) -> Samples | WeightedSamples | None:
    """The samples of a part in memory; None where it has none."""
    if not len(rows):
        return None
    X, y = compact.inputs(rows), np.ascontiguousarray(rows["y"])
    return WeightedSamples(X, y, np.array(rows["weight"])) if "weight" in (compact.row.names or ()) else Samples(X, y)


def _through_cache(parts: Parts, options: LoadOptions, split: Split, folder: Path) -> Dataset:
    """The table with its rows decoded into a cache in that folder, or from one that is there already."""
    key = f"{_key(parts, options):08x}"
    path, beside = folder / f"{key}.rows", folder / f"{key}{ABOUT}"
    about = _known(beside, options)
    if about is None:
        folder.mkdir(parents=True, exist_ok=True)
        decoder, about = _fitted(parts, options, split)
        held, cache = _Held(decoder.compact), RowCache(path, decoder.compact.row)
        try:
            cache.write(_rows(decoder, held))
        except OSError as error:
            raise InputError(
                f"{path}: cannot be written ({error.strerror or error}); the table decoded takes about "
                f"{as_size(about.counts['train'] * decoder.compact.row.itemsize)}: make room, or leave the cache out: "
                "cache='off'"
            ) from None
        about = replace(about, counts=about.counts | {name: len(rows) for name, rows in held.rows().items()})
        write_whole(beside, (to_json(about.as_json()) + "\n").encode(), durable=False)
    compact = _compact(options, about.plan, about.classes, weighted=options.weights is not None)
    cache, ends = RowCache(path, compact.row, about.counts["train"]), np.cumsum(list(about.counts.values())).tolist()
    held_back = {
        name: np.concatenate(
            [rows.copy() for rows in cache.read(cache.between(start, stop))] or [np.zeros(0, compact.row)]
        )
        for name, start, stop in zip(HELD, ends, ends[1:], strict=False)
    }
    return _dataset(parts, about, compact, cache, held_back)


def _rows(decoder: Decoder, held: _Held) -> Iterator[AnyArray]:
    """The training rows block by block, and behind them those that are held back."""
    for part, rows in decoder.parts():
        held.add(part, rows)
        yield rows[part == TRAIN]
    yield from held.rows().values()


def _known(beside: Path, options: LoadOptions) -> About | None:
    """What a cache that is there knows of its table; None where there is none, or one of another plan."""
    with suppress(OSError, ValueError, KeyError, TypeError, InputError):
        about = About.from_json(json.loads(beside.read_bytes()))
        return about if options.plan is None or options.plan == about.plan else None
    return None


def _key(parts: Parts, options: LoadOptions) -> int:
    """A number for the files as they are now and what is asked of them: the name of their cache."""
    files = [(path, path.stat()) for path in (Path(name).absolute() for name in parts.paths)]
    states = [(str(path), state.st_size, state.st_mtime_ns) for path, state in files]
    asked = [getattr(options, name) for name in OF_THE_ROWS]
    return zlib.crc32(json.dumps([pellucid.__version__, str(np.dtype(options.dtype)), states, asked]).encode())


def _checksum(parts: Parts, options: LoadOptions) -> int:
    """A number that changes with any byte of the files, and with the split."""
    found = zlib.crc32(json.dumps([options.dev, options.test, options.seed]).encode())
    for path in parts.paths:
        found = fingerprint(path, found)
    return found
