"""How long the exported page of the digit model takes from a stroke's event to its number on the screen.

    python scripts/latency.py [STROKES]

Real events of the mouse, sent to Chromium, which draws without a screen; the time runs from the event's own time stamp
to the start of the picture after the one that shows the new numbers.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from browse import chromium
from pellucid.cli import main as pellucid
from pellucid.core.arrays import Array

MOVES = 6  # of the pointer in a stroke
# From an event to its picture: the page draws in the next picture that the browser makes, and the one after that begins
# when it has been handed over.
WATCH = """() => {
    window.waits = [];
    const paper = document.getElementById("paper");
    for (const kind of ["pointerdown", "pointermove"]) paper.addEventListener(kind, event => {
        if (event.buttons !== 1) return;
        const numbers = window.pellucid;
        requestAnimationFrame(() => requestAnimationFrame(() => {
            if (window.pellucid !== numbers) window.waits.push(performance.now() - event.timeStamp);
        }));
    });
}"""


def waits(shown: Any, strokes: int) -> Array:
    """Milliseconds from each event of so many strokes to the number that it leads to."""
    shown.evaluate(WATCH)
    box, rng = shown.locator("#paper").bounding_box(), np.random.default_rng(0)
    for _ in range(strokes):
        x, y = (box[side] + box["width"] * rng.uniform(0.2, 0.8, MOVES) for side in "xy")
        shown.mouse.move(x[0], y[0])
        shown.mouse.down()
        for k in range(1, MOVES):
            shown.mouse.move(x[k], y[k])
        shown.mouse.up()
        shown.wait_for_timeout(50)
        shown.evaluate("() => { document.getElementById('clear').click(); }")
    return np.array(shown.evaluate("window.waits"))


def main() -> None:
    strokes = int(sys.argv[1]) if sys.argv[1:] else 100
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = Path(folder) / "digits.html"
        if pellucid(["export", "--out", str(page)]):
            raise SystemExit("failed: pellucid export")
        shown = browser.new_page(viewport={"width": 1280, "height": 800})
        shown.goto(page.as_uri())
        shown.wait_for_timeout(500)
        found = waits(shown, strokes)
    median, most = np.percentile(found, [50, 95])
    print(f"{len(found)} events of {strokes} strokes: median {median:.1f} ms, 95 % within {most:.1f} ms")


if __name__ == "__main__":
    main()
