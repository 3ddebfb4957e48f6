"""Short films of the studio at work, as docs/studio.md shows them.

    python scripts/studio_recordings.py [NAME ...] [--out FOLDER] [--frames]

A studio is opened in a folder that goes away again, and is used as somebody uses it. Each film is an animated WebP of
less than a megabyte; with ``--frames`` some of its pictures are written beside it, to be looked at.
"""

import argparse
import io
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

from browse import chromium
from pellucid._files.writing import write_whole
from pellucid.studio.opened import opening
from pellucid.studio.server import Studio, listening
from pellucid.studio.session import Session
from studio_screenshots import OUT

SCREEN, SIZE = {"width": 1280, "height": 800}, (960, 600)
FRAME = 125  # milliseconds
MOST = 1_000_000  # bytes
EVERY = 8  # of so many pictures one is written, with --frames
THREE = [(85, 70), (140, 42), (195, 75), (150, 128), (200, 180), (145, 232), (80, 205)]
POINTER = """() => {
    const dot = document.createElement("div");
    Object.assign(dot.style, {position: "fixed", left: "-99px", zIndex: 99, width: "18px", height: "18px",
        margin: "-9px 0 0 -9px", background: "rgb(255 196 0 / 0.75)", border: "2px solid #333", borderRadius: "50%",
        pointerEvents: "none"});
    document.documentElement.append(dot);
    addEventListener("mousemove", event => {
        dot.style.left = `${event.clientX}px`;
        dot.style.top = `${event.clientY}px`;
    }, true);
}"""


class Film:
    """Pictures of a page, and how long each is seen."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.pictures: list[Image.Image] = []
        self.times: list[int] = []

    def take(self, frames: int = 1) -> None:
        """What is on the screen now, for so many frames."""
        picture = Image.open(io.BytesIO(self.page.screenshot())).convert("RGB")
        self.pictures.append(picture.resize(SIZE, Image.Resampling.LANCZOS))
        self.times.append(frames * FRAME)

    def go(self, selector: str, frames: int = 4) -> None:
        """Let the pointer go to something, and press it."""
        self.page.locator(selector).first.scroll_into_view_if_needed()
        box = self.page.locator(selector).first.bounding_box()
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        self.take(frames)
        self.page.mouse.down()
        self.page.mouse.up()
        self.page.wait_for_timeout(300)

    def content(self) -> bytes:
        """The film as an animated WebP, as good as fits."""
        for quality in (80, 70, 60, 50, 40, 30):
            content = io.BytesIO()
            first, *others = self.pictures
            first.save(content, "WEBP", save_all=True, append_images=others, duration=self.times, loop=0,
                       quality=quality, method=4, minimize_size=True)  # fmt: skip
            if content.tell() < MOST:
                return content.getvalue()
        raise SystemExit(f"the film has {content.tell():,} bytes: make it shorter")


def drawing(film: Film) -> None:
    """A digit is drawn while every neuron answers, and a neuron is opened."""
    page = film.page
    film.take(8)
    film.go("#clear")
    box = page.locator("#paper").bounding_box()
    scale = (box["width"] - 4) / 280
    at = [(box["x"] + 2 + x * scale, box["y"] + 2 + y * scale) for x, y in THREE]
    page.mouse.move(*at[0])
    page.mouse.down()
    for (x, y), (u, v) in pairwise(at):
        for part in (1 / 3, 2 / 3, 1):
            page.mouse.move(x + part * (u - x), y + part * (v - y))
            page.wait_for_timeout(80)
            film.take()
    page.mouse.up()
    film.take(8)
    film.go("[data-layer='2'][data-neuron='9']", 6)
    film.take(10)
    film.go("#terms tbody button", 6)
    film.take(16)


def training(film: Film) -> None:
    """Everything is forgotten and learned, tiles form, and the slider goes back."""
    page = film.page
    do(page, do="new")
    page.wait_for_selector("#run-state:text('paused')")
    page.wait_for_timeout(2500)
    film.take(6)
    for count in (1, 3, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024):
        do(page, do="step", count=count)
        page.wait_for_timeout(400)
        film.take(2)
    page.wait_for_timeout(700)
    film.take(6)
    last = int(page.get_attribute("#time", "max"))
    box = page.locator("#time").bounding_box()
    for share in (0.97, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.12, 0.06, 0.03, 0.01):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
        slide(page, "input", round(share * last))
        page.wait_for_timeout(250)
        film.take(2)
    slide(page, "change", round(0.01 * last))
    page.wait_for_timeout(1500)
    film.take(12)


def what_if(film: Film) -> None:
    """A weight is changed, the answer changes, and it is taken back."""
    page = film.page
    page.reload()
    page.wait_for_selector("[data-answer]")
    page.evaluate(POINTER)
    film.go("[data-layer='3'][data-neuron='7']", 6)
    page.locator("#undo-edit").scroll_into_view_if_needed()
    page.select_option("#what", index=2)
    film.take(8)
    film.go("#what-value", 3)
    page.keyboard.press("Control+a")
    for letter in "-9":
        page.keyboard.type(letter)
        film.take(3)
    page.keyboard.press("Enter")
    page.wait_for_selector("#score:text('→')")
    page.wait_for_timeout(2500)
    film.take(20)
    film.go("#undo-edit", 8)
    page.wait_for_timeout(1500)
    film.take(16)


FILMS: dict[str, Callable[[Film], None]] = {one.__name__: one for one in (drawing, what_if, training)}


def do(page: Any, **asked: Any) -> None:
    """Have the studio do something, as the page does."""
    page.evaluate(
        """asked => fetch("/command", {method: "POST", headers: {"Content-Type": "application/json"},
            body: JSON.stringify(asked)}).then(answer => answer.text())""",
        asked,
    )


def slide(page: Any, event: str, step: int) -> None:
    """Move the slider."""
    page.evaluate(
        """([event, step]) => {
            const time = document.querySelector("#time");
            time.value = String(step);
            time.dispatchEvent(new Event(event));
        }""",
        [event, step],
    )


@contextmanager
def studio() -> Iterator[Any]:
    """The page of a studio that has just been opened."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        home = Path(folder) / "runs"
        made = Studio(Session(opening(None, home), home), listening("127.0.0.1", 0))
        thread = threading.Thread(target=made.run)
        thread.start()
        try:
            page = browser.new_page(viewport=SCREEN)
            page.goto(made.address)
            page.wait_for_selector("[data-answer]")
            page.wait_for_selector("#run-state:text('paused')")
            page.evaluate(POINTER)
            yield page
        finally:
            made.stop()
            thread.join(20)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FILMS)}")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--frames", action="store_true", help="also some of the pictures, as PNG")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(FILMS):
        raise SystemExit(f"no such film: {', '.join(sorted(unknown))}; there are {', '.join(FILMS)}")
    asked.out.mkdir(parents=True, exist_ok=True)
    for name in asked.names or list(FILMS):
        with studio() as page:
            film = Film(page)
            FILMS[name](film)
        file, content = asked.out / f"film-{name.replace('_', '-')}.webp", film.content()
        write_whole(file, content, durable=False)
        print(f"{file}: {len(content):,} bytes, {sum(film.times) / 1000:.1f} s", flush=True)
        if asked.frames:
            for number in range(0, len(film.pictures), EVERY):
                film.pictures[number].save(file.with_name(f"{file.stem}-{number}.png"))
            film.pictures[-1].save(file.with_name(f"{file.stem}-last.png"))


if __name__ == "__main__":
    main()
