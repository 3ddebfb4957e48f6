"""What tests read from the page of a studio, and how they draw on it."""

from typing import Any

from pages import wait_until


def number(shown: Any, selector: str, name: str = "value") -> float:
    return float(shown.get_attribute(selector, f"data-{name}"))


def wait_for_step(shown: Any, step: int) -> None:
    wait_until(shown, f"Number(document.querySelector('.stat [data-step]').dataset.value) === {step}")


def hash_of(shown: Any) -> str:
    text: str = shown.inner_text("[data-theta-hash]")
    return text


def draw(shown: Any, places: list[tuple[int, int]]) -> None:
    box = shown.locator("#paper").bounding_box()
    scale = (box["width"] - 4) / 280
    at = [(box["x"] + 2 + x * scale, box["y"] + 2 + y * scale) for x, y in places]
    shown.mouse.move(*at[0])
    shown.mouse.down()
    for place in at[1:]:
        shown.mouse.move(*place, steps=12)
    shown.mouse.up()
