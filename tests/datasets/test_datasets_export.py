import sys
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from PIL import Image

from pellucid.core.errors import InputError
from pellucid.datasets import mnist_files, read
from pellucid.datasets.export import export

DIGITS = mnist_files("test")


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_what_is_exported_is_read(form: Any, tmp_path: Path) -> None:
    out = tmp_path / "digits"
    assert export("test", form, out, 500) == 500
    table = read(out)
    assert table.y is not None
    assert (DIGITS.X[:500] == table.X).all()
    assert (table.y == DIGITS.y[:500]).all()
    assert list(tmp_path.iterdir()) == [out]


def test_csv_has_the_form_of_kaggle(tmp_path: Path) -> None:
    export("train", "csv", tmp_path / "train.csv", 2)
    header, first, second = (tmp_path / "train.csv").read_text().splitlines()
    assert header == ",".join(["label", *(f"pixel{i}" for i in range(784))])
    assert first == ",".join(map(str, [5, *mnist_files("train").X[0]]))
    assert second.startswith("0,0,")


def test_pictures_lie_in_one_folder_a_class(tmp_path: Path) -> None:
    out = tmp_path / "digits"
    assert export("test", "png", out, 30) == 30
    assert len(list(out.glob("*/*.png"))) == 30
    assert (np.asarray(Image.open(out / "7" / "0.png")).reshape(-1) == DIGITS.X[0]).all()
    assert sorted(path.name for path in out.iterdir()) == sorted({str(label) for label in DIGITS.y[:30]})


def test_all_of_a_part_without_a_limit(tmp_path: Path) -> None:
    assert export("test", "npz", tmp_path / "digits.npz") == 10_000
    assert (np.load(tmp_path / "digits.npz")["X"] == DIGITS.X).all()


@pytest.mark.parametrize("form", ["csv", "npz", "png"])
def test_what_exists_is_refused_and_kept(form: Any, tmp_path: Path) -> None:
    out = tmp_path / "digits"
    out.write_text("mine")
    with pytest.raises(InputError, match="exists already; remove it, or choose another"):
        export("test", form, out, 3)
    assert out.read_text() == "mine"
    out.unlink()
    out.symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match="exists already"):
        export("test", form, out, 3)


@pytest.mark.parametrize("form", ["csv", "npz", "png"])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_stays_behind(
    form: Any, fault: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> NoReturn:
        raise fault

    module = sys.modules["pellucid.datasets.export"]
    real = getattr(module, f"_{form}")

    def write(digits: object, place: object) -> None:
        real(digits, place)
        failing()

    monkeypatch.setattr(module, f"_{form}", write)
    monkeypatch.setitem(module.WRITERS, form, write)
    with pytest.raises(type(fault)):
        export("test", form, tmp_path / "digits", 3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("part", "form", "name", "limit", "needle"),
    [
        ("dev", "csv", "digits", 3, "no part 'dev'"),
        ("test", "parquet", "digits", 3, "take csv, npz, png"),
        ("test", "csv", "digits", 0, "limit is 0; the test part has 1 to 10000"),
        ("test", "csv", "digits", 10_001, "limit is 10001"),
        ("test", "csv", "missing/digits", 3, "no folder .*missing; create it first"),
    ],
)
def test_impossible_requests_are_explained(
    part: Any, form: Any, name: str, limit: int, needle: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=needle):
        export(part, form, tmp_path / name, limit)
    assert list(tmp_path.iterdir()) == []
