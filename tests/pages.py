"""What tests of the exported page share: its models, and ways to draw on it and to read it."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from pellucid import Model, load_model

Open = Callable[[Model], Any]  # from a model to its page in the browser
PACKAGED = Path(pellucid.__file__).parent / "model" / "digits.safetensors"


def digit_model() -> Model:
    return load_model(PACKAGED)


def settled(shown: Any) -> Any:
    """What the page has come to when the screen has been drawn twice."""
    return shown.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(window.pellucid))))"
    )


def wait_until(shown: Any, expression: str) -> None:
    """Wait for something to be true in the page, which itself may not evaluate texts."""
    for _ in range(500):
        if shown.evaluate(expression):
            return
        shown.wait_for_timeout(20)
    raise AssertionError(f"never true: {expression}")


def paper_of(shown: Any) -> Any:
    """The grey values of the paper."""
    text = shown.evaluate("btoa(String.fromCharCode(...greyOf(byId('paper')).p))")
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(280, 280)


def draw(shown: Any, places: list[tuple[int, int]], button: str = "left") -> None:
    """A stroke through places of the paper, which is 280 × 280."""
    shown.locator("#paper").scroll_into_view_if_needed()
    box = shown.locator("#paper").bounding_box()
    scale = (box["width"] - 4) / 280  # between its edges
    at = [(box["x"] + 2 + x * scale, box["y"] + 2 + y * scale) for x, y in places]
    shown.mouse.move(*at[0])
    shown.mouse.down(button=button)
    for place in at[1:]:
        shown.mouse.move(*place, steps=4)
    shown.mouse.up(button=button)


def on_clear_paper(see: Open) -> Any:
    """The digit model's page, and nothing on the paper."""
    shown = see(digit_model())
    shown.click("#clear")
    settled(shown)
    return shown


SEVEN = [(70, 60), (130, 58), (205, 62), (180, 110), (150, 170), (130, 235)]
ONE = [(150, 40), (146, 90), (141, 140), (137, 190), (132, 240)]
LOPSIDED = [(2, 130), (40, 140), (70, 120), (30, 150), (20, 128), (278, 130)]
