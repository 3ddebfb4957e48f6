"""Look at pages that pellucid writes, and at one of the book: on a phone, a laptop and a wide screen, light and dark.

    python scripts/screenshots.py [NAME ...] [--out FOLDER] [--whole] [--colours N]

Without names all are made; the pages are made anew, from a short training, the book's site where its sources have
changed. What fits on the screen is taken, with ``--whole`` the whole page. Files are small: a page has few colours.
"""

import argparse
import contextlib
import io
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from browse import chromium
from pellucid._files.writing import write_whole
from pellucid.book import site
from pellucid.cli import main as pellucid

ROOT = Path(__file__).parent.parent
SIZES = {390: 844, 1280: 800, 1920: 1080}  # wide and high, in CSS pixels
SCHEMES = ("light", "dark")
# What makes each page, and its view. The run that several need is made once, by the first that needs it.
DIGITS = "train --epochs 6 --out digits -q"
PENGUINS = "train penguins.csv --target species --test 0.2 --out penguins -q"
BOOK = "book/02-three-neurons.html"
PAGES: dict[str, tuple[tuple[str, ...], str]] = {
    "digits": (("export --out digits.html",), ""),
    "table": ((PENGUINS, "export penguins --out table.html"), ""),
    "report": ((DIGITS, "report digits --out report.html"), ""),
    "report-table": ((PENGUINS, "report penguins --out report-table.html"), ""),
    "landscape": ((DIGITS, "landscape digits --out landscape.html -q"), "step=12"),
    "landscape-random": ((DIGITS, "landscape digits --directions random --out landscape-random.html -q"), ""),
    "book": ((), "#neuron-3"),  # from there on numbers, words and a figure stand together
}


def made(names: list[str], folder: Path) -> Iterator[tuple[str, str, str]]:
    """Make the pages in a folder; give each its name, its address and its view."""
    shutil.copy(ROOT / "examples" / "penguins.csv", folder)
    done = set()
    for name in names:
        commands, view = PAGES[name]
        for command in commands:
            with contextlib.chdir(folder):  # the pages name their data as they were given
                if command not in done and pellucid(command.split()):
                    raise SystemExit(f"failed: pellucid {command}")
            done.add(command)
        page = site.built() / BOOK if name == "book" else (folder / name).with_suffix(".html")
        yield name, page.as_uri(), view


def taken(browser: Any, address: str, view: str, width: int, scheme: str, *, whole: bool = False) -> bytes:
    """A page as it is seen in a window so wide, as a PNG; a view with a # is a heading to begin with."""
    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, color_scheme=scheme)
    shown = context.new_page()
    shown.goto(address if view.startswith("#") else f"{address}#{view}")
    shown.wait_for_timeout(300)
    if view.startswith("#"):  # by the address it would be marked
        top = shown.locator(view).bounding_box()["y"] - 65
        for step in (top, 1):  # and "Back to top" goes away with a step down
            shown.evaluate("top => scrollBy({top, behavior: 'instant'})", step)
            shown.wait_for_timeout(300)
    picture: bytes = shown.screenshot(full_page=whole)
    context.close()
    return picture


def small(picture: bytes, colours: int) -> bytes:
    """The picture with at most so many colours, as a WebP that loses nothing more."""
    drawn, content = Image.open(io.BytesIO(picture)).convert("RGB"), io.BytesIO()
    few = drawn.quantize(colours, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.convert("RGB").save(content, "WEBP", lossless=True, quality=100, method=6)
    return content.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(PAGES)}")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "pages")
    parser.add_argument("--whole", action="store_true", help="the whole page, not what fits on the screen")
    parser.add_argument("--colours", type=int, default=80)
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(PAGES):
        raise SystemExit(f"no such page: {', '.join(sorted(unknown))}; there are {', '.join(PAGES)}")
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for name, address, view in made(asked.names or list(PAGES), Path(folder)):
            for width in SIZES:
                for scheme in SCHEMES:
                    file = asked.out / f"{name}-{width}-{scheme}.webp"
                    picture = small(taken(browser, address, view, width, scheme, whole=asked.whole), asked.colours)
                    write_whole(file, picture, durable=False)
                    print(f"{file}: {len(picture):,} bytes", flush=True)


if __name__ == "__main__":
    main()
