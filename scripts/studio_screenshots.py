"""Look at the studio: what docs/studio.md shows of it, or every state in three widths, light and dark.

    python scripts/studio_screenshots.py [NAME ...] [--out FOLDER] [--every] [--colours N]

A studio is opened in a folder that goes away again, and is used as somebody uses it: each state follows from the one
before. Files are small: a page has few colours.
"""

import argparse
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from browse import chromium
from pellucid._files.writing import write_whole
from pellucid.studio.opened import opening
from pellucid.studio.server import Studio, listening
from pellucid.studio.session import Session
from screenshots import SCHEMES, SIZES, small

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs" / "images" / "studio"
REST = 700  # milliseconds until a page has settled


def start(page: Any) -> None:
    """As it opens."""


def back(page: Any) -> None:
    """A mistake, what was meant by it, and the way back."""
    touch(page, "#mistake")
    page.wait_for_selector("#meant [aria-pressed=true]")
    touch(page, "[data-layer='2'][data-neuron='5']")
    for _ in range(6):
        touch(page, "#walk-next")


def training(page: Any) -> None:
    """Everything forgotten, and trained for an epoch."""
    page.evaluate("""() => fetch("/command", {method: "POST", headers: {"Content-Type": "application/json"},
        body: JSON.stringify({do: "new"})})""")
    page.wait_for_selector(".stat [data-step][data-value='0']")
    page.wait_for_timeout(3 * REST)
    touch(page, "[data-action=epoch]")
    page.wait_for_selector(".stat [data-step][data-value='922']", timeout=120_000)
    touch(page, "[data-layer='1'][data-neuron='4']")
    panel(page, "training")


def branches(page: Any) -> None:
    """A branch from half the way, with another learning rate, beside the course that was."""
    page.evaluate("""() => { const time = document.querySelector("#time"); time.value = "400";
        time.dispatchEvent(new Event("input")); time.dispatchEvent(new Event("change")); }""")
    page.wait_for_selector(".stat [data-step][data-value='400']", timeout=120_000)
    panel(page, "branches")
    page.select_option("#branch-knob", "learning_rate")
    page.fill("#branch-value", "0.05")
    touch(page, "#branch")
    page.wait_for_selector("[data-branch] >> nth=1")
    touch(page, "[data-action=epoch]")
    page.wait_for_selector(".stat [data-step][data-value='922']", timeout=120_000)
    touch(page, "[data-do='compare a']")


def mistakes(page: Any) -> None:
    """The confusion matrix, and the samples of a cell."""
    panel(page, "mistakes")
    page.wait_for_selector("[data-cell='4,9']")
    touch(page, "[data-cell='4,9']")
    page.wait_for_selector("#cell [data-handle]")


def landscape(page: Any) -> None:
    """The loss around the network, and the way of training on it."""
    panel(page, "landscape")
    touch(page, "#land-compute")
    page.wait_for_selector("#land:not([hidden])", timeout=120_000)


def plane(page: Any) -> None:
    """Three spirals: every neuron with its own picture of the plane."""
    panel(page, "data")
    touch(page, "[data-toy='toy:spirals-3']")
    page.wait_for_selector("#plane")
    page.wait_for_timeout(2 * REST)
    touch(page, "#train")
    page.wait_for_selector("#run-state:text('finished')", timeout=120_000)
    close(page)


def table(page: Any) -> None:
    """A table of one's own, as a form."""
    panel(page, "data")
    page.set_input_files("#table-file", ROOT / "examples" / "penguins.csv")
    page.wait_for_selector("#target")
    page.select_option("#target", "species")
    page.wait_for_selector("#use-data")
    touch(page, "#use-data")
    page.wait_for_selector("#row")
    page.wait_for_timeout(2 * REST)
    touch(page, "[data-action=epoch]")
    page.wait_for_timeout(2 * REST)
    touch(page, "#next-sample")
    touch(page, "[data-layer='1'][data-neuron='6']")


STATES: dict[str, Callable[[Any], None]] = {
    one.__name__: one for one in (start, back, training, branches, mistakes, landscape, plane, table)
}


def touch(page: Any, selector: str) -> None:
    """Press something, wherever it has been scrolled to."""
    page.wait_for_selector(selector, state="attached")
    page.evaluate("selector => document.querySelector(selector).click()", selector)
    page.wait_for_timeout(REST // 2)


def panel(page: Any, name: str) -> None:
    """Open a panel."""
    if page.get_attribute(f"[data-panel={name}]", "aria-expanded") != "true":
        touch(page, f"[data-panel={name}]")


def close(page: Any) -> None:
    """Close the panel that is open."""
    touch(page, "#panel-close")


def shown(page: Any, size: int, scheme: str) -> bytes:
    """What is on the screen, in a window so wide."""
    page.set_viewport_size({"width": size, "height": SIZES[size]})
    page.emulate_media(color_scheme=scheme)
    page.evaluate(
        """document.activeElement.blur();
        scrollTo(0, 0);
        for (const one of document.querySelectorAll("section")) one.scrollTop = 0;"""
    )
    page.wait_for_timeout(REST)
    picture: bytes = page.screenshot()
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(STATES)}")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--every", action="store_true", help="each state in every width, light and dark")
    parser.add_argument("--colours", type=int, default=80)
    asked = parser.parse_args()
    names = asked.names or list(STATES)
    if unknown := set(names) - set(STATES):
        raise SystemExit(f"no such state: {', '.join(sorted(unknown))}; there are {', '.join(STATES)}")
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        home = Path(folder) / "runs"
        studio = Studio(Session(opening(None, home), home), listening("127.0.0.1", 0))
        thread = threading.Thread(target=studio.run)
        thread.start()
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(studio.address)
            page.wait_for_selector("[data-answer]")
            page.wait_for_selector("#run-state:text('paused')")
            for name in names:
                page.set_viewport_size({"width": 1280, "height": 800})
                STATES[name](page)
                sizes = SIZES if asked.every else {**dict.fromkeys([1280]), **(SIZES if name == "start" else {})}
                for size in sizes:
                    for scheme in SCHEMES if asked.every or (name == "start" and size == 1280) else SCHEMES[:1]:
                        file = asked.out / f"{name}-{size}-{scheme}.webp"
                        picture = small(shown(page, size, scheme), asked.colours)
                        write_whole(file, picture, durable=False)
                        print(f"{file}: {len(picture):,} bytes", flush=True)
        finally:
            studio.stop()
            thread.join(20)


if __name__ == "__main__":
    main()
