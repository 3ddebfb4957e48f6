"""A folder of pictures in one sub-folder a class is data like any other."""

import io
import json
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid.core.errors import InputError
from pellucid.datasets import kind_of, load, mnist_files, read, read_folder, read_images
from pellucid.datasets.export import export
from support import Command, loaded

DIGITS = mnist_files("test")


def encoded(picture: Image.Image, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form)
    return stream.getvalue()


def striped(width: int, height: int, *, across: bool, seed: int = 0, mode: str = "L") -> Image.Image:
    """A noisy picture of stripes, from left to right or from top to bottom."""
    rng = np.random.default_rng(seed)
    rows, columns = np.indices((height, width))
    wave = np.sin((columns / width if across else rows / height) * 12 + rng.random())
    return Image.fromarray((128 + 90 * wave + rng.normal(0, 8, wave.shape)).clip(0, 255).astype(np.uint8)).convert(mode)


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def stripes(folder: Path, count: int = 20) -> Path:
    """Pictures of several sizes, modes and forms in two classes."""
    forms = [("PNG", "RGB"), ("JPEG", "L"), ("GIF", "P"), ("PNG", "RGBA"), ("BMP", "RGB"), ("PNG", "1")]
    files = {}
    for k in range(count):
        form, mode = forms[k % len(forms)]
        for across, name in ((True, "across"), (False, "down")):
            picture = striped(40 + k % 5, 30 + k % 3, across=across, seed=k, mode=mode)
            files[f"{name}/{k}.{form.lower()}"] = encoded(picture, form)
    return write(folder, files)


def test_pictures_become_rows_of_one_size_and_folders_their_classes(tmp_path: Path) -> None:
    folder = stripes(tmp_path / "stripes")
    table = read(folder)
    assert table.X.shape == (40, 31 * 42)  # the median
    assert table.X.dtype == np.uint8
    assert (table.image_shape, table.picture_form, table.form) == ((31, 42), "plain", "folder")
    assert table.y is not None
    assert table.y.tolist() == ["across"] * 20 + ["down"] * 20
    data = load(folder, dev=0.2)
    assert data.classes == ("across", "down")
    assert (data.image_shape, data.picture_form) == ((31, 42), "plain")
    assert loaded(data.train).X.shape == (32, 31 * 42)
    assert kind_of(folder) == "folder"


def test_all_pictures_of_one_size_are_taken_as_they_are(tmp_path: Path) -> None:
    picture = striped(9, 7, across=True)
    folder = write(tmp_path / "f", {"a/1.png": encoded(picture), "b/1.png": encoded(picture)})
    table = read_folder(folder)
    assert table.image_shape == (7, 9)
    assert (table.X.reshape(2, 7, 9) == np.asarray(picture)).all()


def test_large_pictures_are_brought_to_64_pixels(tmp_path: Path) -> None:
    folder = write(tmp_path / "f", {f"{c}/1.png": encoded(striped(500, 250, across=True)) for c in "ab"})
    assert read_folder(folder).image_shape == (32, 64)


def test_pictures_lie_as_they_are_seen(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    striped(40, 20, across=True).save(stream, "PNG", exif=exif)
    folder = write(tmp_path / "f", {"a/1.png": stream.getvalue(), "b/1.png": stream.getvalue()})
    assert read_folder(folder).image_shape == (40, 20)


def test_exported_digits_come_back_bit_for_bit(tmp_path: Path) -> None:
    export("test", "png", tmp_path / "digits", 300)
    table = read_folder(tmp_path / "digits")
    assert (table.image_shape, table.picture_form) == ((28, 28), "mnist")
    assert table.y is not None
    assert table.y.dtype.kind == "i"
    order = np.lexsort([np.arange(300).astype(str), DIGITS.y[:300]])  # the order of names
    assert (DIGITS.X[:300][order] == table.X).all()
    assert (table.y == DIGITS.y[:300][order]).all()
    assert load(tmp_path / "digits").classes == tuple("0123456789")


def test_classes_with_numbers_for_names_are_sorted_by_size(tmp_path: Path) -> None:
    picture = encoded(striped(8, 8, across=True))
    folder = write(tmp_path / "f", {f"{name}/{k}.png": picture for name in range(30) for k in (1, 2)})
    assert load(folder, dev=0).classes == tuple(map(str, range(30)))
    assert load(folder, dev=0).task == "classification"


def test_what_systems_leave_in_folders_is_left_out(tmp_path: Path) -> None:
    folder = stripes(tmp_path / "f", 2)
    before = read_folder(folder).X
    write(folder, {".DS_Store": b"x", "Thumbs.db": b"x", "across/.DS_Store": b"x", ".cache/x.png": b"x"})
    assert (before == read_folder(folder).X).all()


def test_a_folder_trains_and_its_pictures_are_read_alike_later(pellucid: Command, tmp_path: Path) -> None:
    stripes(tmp_path / "stripes")
    stripes(tmp_path / "others", 6)
    ended = pellucid("train", "stripes", "--epochs", 30, "--out", "run", "--quiet")
    assert ended.code == 0, ended.err
    ended = pellucid("evaluate", "run", "others", "--json")
    assert ended.code == 0, ended.err
    assert '"accuracy": 1.0' in ended.out
    assert pellucid("evaluate", "run").code == 0  # its own data again
    for name in ("across", "down"):
        picture = encoded(striped(300, 200, across=name == "across", seed=77, mode="RGB"), "JPEG")
        (tmp_path / "new.jpg").write_bytes(picture)
        ended = pellucid("predict", "run", "new.jpg", "--quiet")
        assert (ended.code, ended.out.strip()) == (0, name)


def test_a_model_of_plain_pictures_of_28_pixels_does_not_take_them_for_digits(
    pellucid: Command, tmp_path: Path
) -> None:
    files = {f"{c}/{k}.png": encoded(striped(28, 28, across=c == "a", seed=k)) for c in "ab" for k in range(3)}
    data = load(write(tmp_path / "f", files), dev=0)
    assert (data.image_shape, data.picture_form) == ((28, 28), "plain")
    one = read_images([tmp_path / "f" / "a" / "0.png"], (28, 28), "plain")
    assert (one == np.asarray(Image.open(tmp_path / "f" / "a" / "0.png")).reshape(1, -1)).all()
    assert pellucid("train", "f", "--dev", 0, "--epochs", 1, "--out", "run").code == 0
    write(tmp_path, {"white.png": encoded(Image.new("L", (9, 9), 255))})
    assert pellucid("predict", "run", "white.png").code == 0  # no ink is needed
    assert pellucid("explain", "run", "--image", "white.png").code == 0
    assert "no ink" in pellucid("predict", "white.png").err


@pytest.mark.slow
def test_exported_digits_train_as_mnist_does(pellucid: Command) -> None:
    assert pellucid("data", "mnist", "--to", "png", "--split", "test", "--out", "digits").code == 0
    ended = pellucid("train", "digits", "--dev", 1000, "--out", "run", "--json", "--quiet")
    assert json.loads(ended.out)["dev"]["accuracy"] >= 0.92


GOOD = encoded(striped(9, 9, across=True))
TWO = {"a/1.png": GOOD, "b/1.png": GOOD}


def bomb(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@dataclass(frozen=True)
class Case:
    """A bad folder: what makes it, and what the message must name."""

    name: str
    make: Callable[[Path], object]
    needles: tuple[str, ...]


def files(**more: bytes) -> Callable[[Path], object]:
    return lambda folder: write(
        folder, TWO | {name.replace("__", "/").replace("_", "."): c for name, c in more.items()}
    )


CASES = [
    Case("no folder", lambda folder: None, ("no such",)),
    Case("empty", Path.mkdir, ("empty folder", "one sub-folder a class", "cat/1.png")),
    Case("pictures and no sub-folders", lambda folder: write(folder, {"1.png": GOOD}), ("no sub-folders", "1.png")),
    Case("a picture beside the sub-folders", files(stray_png=GOOD), ("stray.png", "in no class", "move it")),
    Case("one class", lambda folder: write(folder, {"a/1.png": GOOD, "a/2.png": GOOD}), ("every label is a", "two")),
    Case("a class without pictures", lambda folder: (write(folder, TWO) / "c").mkdir(), ("/c", "holds no picture")),
    Case("a level too deep", lambda folder: write(folder, {"train/a/1.png": GOOD}), ("/train", "folders inside", "/train itself")),
    Case("folders and pictures mixed", files(a__x__1_png=GOOD), ("/a", "folders inside, such as x")),
    Case("a picture that is cut", files(b__2_png=GOOD[:-30]), ("b/2.png", "cut off or damaged")),
    Case("a picture that is cut early", files(b__2_png=GOOD[:20]), ("b/2.png", "cut off or damaged")),
    Case("a JPEG that is cut", files(b__2_jpg=encoded(striped(90, 90, across=True), "JPEG")[:-400]), ("b/2.jpg", "cut off or damaged")),
    Case("a picture that is empty", files(b__2_png=b""), ("b/2.png", "no picture that can be read")),
    Case("a text among pictures", files(a__notes_txt=b"cats are nice"), ("a/notes.txt", "no picture that can be read")),
    Case("a text called picture", files(a__2_png=b"label,pixel0"), ("a/2.png", "no picture that can be read")),
    Case("a bomb", files(b__2_png=bomb(60_000)), ("b/2.png", "too large")),
    Case("half a bomb", files(b__2_png=bomb(10_000)), ("b/2.png", "1.6 GB of memory")),
    Case("a picture without pixels", files(b__2_png=bomb(0)), ("b/2.png",)),
    Case("a pipe among pictures", lambda folder: os.mkfifo(write(folder, TWO) / "a" / "p.png"), ("p.png", "pipe")),
    Case("a link to nowhere", lambda folder: (write(folder, TWO) / "a" / "l.png").symlink_to("gone"), ("l.png", "no such file")),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_folder_is_told_once_and_costs_nothing(case: Case, pellucid: Command, tmp_path: Path) -> None:
    case.make(tmp_path / "pictures")
    with pytest.raises(InputError) as caught:
        load(tmp_path / "pictures")
    for needle in case.needles:
        assert needle in str(caught.value)
    ended = pellucid("train", "pictures", "--out", "run")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: pictures")
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_a_folder_has_no_other_target(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the target of a folder of pictures is the sub-folder of each, not 'y'"):
        load(write(tmp_path / "f", TWO), target="y")
    with pytest.raises(InputError, match="regression needs numbers"):
        load(write(tmp_path / "f", TWO), task="regression")
