import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pellucid.core.errors import InputError
from pellucid.datasets import mnist_files, read_images
from pellucid.datasets.formats.images import to_mnist

DIGITS = mnist_files("test").X[:300].reshape(-1, 28, 28)


def drawn(width: int = 90, height: int = 120, ink: int = 255, paper: int = 0) -> Image.Image:
    """Return a seven."""
    picture = Image.new("L", (width, height), paper)
    points = [(25, 30), (60, 30), (40, 100)]
    ImageDraw.Draw(picture).line(points, fill=ink, width=7)
    return picture


def read_one(picture: Image.Image, tmp_path: Path, ending: str = "png", **options: Any) -> np.ndarray:
    path = tmp_path / f"picture.{ending}"
    picture.save(path, **options)
    rows = read_images([path])
    assert rows.shape == (1, 784)
    assert rows.dtype == np.uint8
    return rows.reshape(28, 28)


def test_an_exported_digit_comes_through_bit_for_bit(tmp_path: Path) -> None:
    paths = []
    for i, digit in enumerate(DIGITS):
        paths.append(tmp_path / f"{i}.png")
        Image.fromarray(digit).save(paths[-1])
    assert (read_images(paths).reshape(-1, 28, 28) == DIGITS).all()


def test_a_digit_in_16_bits_comes_through_bit_for_bit(tmp_path: Path) -> None:
    for digit in DIGITS[:5]:
        assert (read_one(Image.fromarray(digit.astype(np.uint16) * 257), tmp_path) == digit).all()


def test_a_lonely_pixel_does_not_widen_the_box() -> None:
    picture = np.array(drawn())
    clean = to_mnist(picture, "clean")
    picture[5, 85] = 255
    assert (to_mnist(picture, "dusty") == clean).all()


@pytest.mark.slow
def test_all_70000_digits_have_mnists_form() -> None:
    for part in ("train", "test"):
        for digit in mnist_files(part).X.reshape(-1, 28, 28):
            assert to_mnist(digit, "digit") is digit


def test_dark_on_light_is_the_same_digit() -> None:
    for digit in DIGITS[:40]:
        assert (to_mnist(255 - digit, "digit") == digit).all()
        big = np.asarray(Image.fromarray(np.pad(digit, ((3, 9), (12, 1)))).resize((410, 400)))
        assert (to_mnist(big, "digit") == to_mnist(255 - big, "digit")).all()


def test_the_digit_lies_in_a_box_of_20_with_its_mass_in_the_middle(tmp_path: Path) -> None:
    picture = drawn()
    field = read_one(picture, tmp_path)
    left, top, right, bottom = picture.getbbox() or (0, 0, 0, 0)
    rows, columns = np.flatnonzero(field.any(axis=1)), np.flatnonzero(field.any(axis=0))
    assert rows[-1] - rows[0] + 1 == 20
    assert columns[-1] - columns[0] + 1 == round(20 * (right - left) / (bottom - top))  # the aspect is kept
    weights = field / field.sum()
    assert abs((weights.sum(axis=1) * np.arange(28)).sum() - 14) <= 0.5
    assert abs((weights.sum(axis=0) * np.arange(28)).sum() - 14) <= 0.5
    assert field.max() == 255


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a.astype(float) - b).mean())


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda photo, rng: photo, id="clean"),
        pytest.param(lambda photo, rng: photo + rng.normal(0, 8, photo.shape), id="grain"),
        pytest.param(lambda photo, rng: photo - np.linspace(0, 60, photo.shape[1]), id="shadow"),
        pytest.param(lambda photo, rng: photo - 100 * (rng.random(photo.shape) > 0.9999), id="dust"),
    ],
)
def test_a_photo_of_a_digit_is_near_the_digit(spoil: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(0)
    for digit in DIGITS[:20]:
        big = np.asarray(Image.fromarray(np.pad(digit, ((9, 30), (4, 40)))).resize((720, 670)), float)
        photo = np.clip(spoil(210 - 0.6 * big, rng), 0, 255).astype(np.uint8)
        assert difference(to_mnist(photo, "photo"), digit) < 30


def test_every_way_to_store_a_picture_gives_the_same_digit(tmp_path: Path) -> None:
    light = drawn()
    expected = read_one(light, tmp_path)
    dark = Image.fromarray(255 - np.asarray(light))
    transparent = Image.merge("LA", (Image.new("L", light.size, 0), light))
    assert (read_one(dark, tmp_path) == expected).all()
    assert (read_one(light.convert("RGB"), tmp_path) == expected).all()
    assert (read_one(light.convert("P"), tmp_path) == expected).all()
    assert (read_one(light.convert("1"), tmp_path) == expected).all()
    assert (read_one(light.convert("RGB").convert("CMYK"), tmp_path, "tif") == expected).all()
    assert (read_one(Image.fromarray(np.asarray(light).astype(np.uint16) * 257), tmp_path) == expected).all()
    assert (read_one(Image.fromarray(np.asarray(light) / np.float32(255)), tmp_path, "tif") == expected).all()
    assert (read_one(transparent, tmp_path) == expected).all()
    assert difference(read_one(dark, tmp_path, "jpg", quality=90), expected) < 3


def test_exif_rotation_is_applied(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90° to the left
    turned = drawn().transpose(Image.Transpose.ROTATE_90)
    assert (read_one(turned, tmp_path, exif=exif) == read_one(drawn(), tmp_path)).all()


def test_the_first_frame_of_an_animation_counts(tmp_path: Path) -> None:
    frames = [drawn(), Image.new("L", (90, 120), 0)]
    field = read_one(frames[0], tmp_path, "gif", save_all=True, append_images=frames[1:])
    assert (field == read_one(drawn(), tmp_path)).all()


def test_other_shapes_are_only_resized(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    drawn(8, 6, paper=9).save(path)
    assert (read_images([path], shape=(6, 8)) == 9).all()
    assert read_images([path, path], shape=(3, 5)).shape == (2, 15)
    assert read_images([]).shape == (0, 784)
    assert (read_images(path, shape=(2, 2)) == 9).all()


def png(content: bytes, width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b"")


def encoded(picture: Image.Image, form: str) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, form)
    return stream.getvalue()


GRAIN = np.clip(np.random.default_rng(0).normal(200, 5, (300, 300)), 0, 255).astype(np.uint8)
BAD: list[tuple[str, bytes, str]] = [
    ("empty", b"", "is no picture"),
    ("text", b"label,pixel0\n", "is no picture"),
    ("PostScript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no picture"),
    ("cut off", encoded(drawn(), "PNG")[:-80], "cut off or damaged"),
    ("cut off JPEG", encoded(drawn(), "JPEG")[:-400], "cut off or damaged"),
    ("bomb", png(b"", 60_000, 60_000), "too large"),
    ("half a bomb", png(b"", 10_000, 10_000), "1.6 GB of memory"),
    ("zero size", png(b"", 0, 5), "."),
    ("white", encoded(Image.new("L", (50, 50), 255), "PNG"), "no ink"),
    ("black", encoded(Image.new("L", (28, 28), 0), "PNG"), "no ink"),
    ("one pixel", encoded(Image.new("L", (1, 1), 0), "PNG"), "no ink"),
    ("paper", encoded(Image.fromarray(GRAIN), "PNG"), "no ink"),
]


@pytest.mark.parametrize(("content", "needle"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_picture_is_named(content: bytes, needle: str, tmp_path: Path) -> None:
    path = tmp_path / "seven.png"
    path.write_bytes(content)
    with pytest.raises(InputError, match=needle) as caught:
        read_images([path])
    assert str(caught.value).startswith(str(path))
    assert ";" in str(caught.value)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_images([tmp_path / "seven.png"])
    with pytest.raises(InputError, match="is a folder"):
        read_images([tmp_path])


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (2, 2), (3, 700), (1, 5000)])
def test_extreme_shapes_give_a_digit_or_a_reason(size: tuple[int, int]) -> None:
    picture = np.zeros(size, np.uint8)
    picture[size[0] // 3 :: 2, size[1] // 3 :: 2] = 255
    try:
        assert to_mnist(picture, "strip").shape == (28, 28)
    except InputError as fault:
        assert "no ink" in str(fault)  # noqa: PT017
