"""A parabola to walk down, with a learning rate that can be overdone."""

from pellucid.book.figures import drawn
from pellucid.book.figures.shown import Figure, inner_page

START, RATE, STEPS = 1.0, 0.1, 10


def learning_rate() -> Figure:
    """L = θ², its slope 2θ, and so many steps θ ← θ − η · 2θ."""
    words = (
        "Steps of gradient descent on the parabola L = θ². Turn the learning rate: where it is too small they creep, "
        "where it is too large they run away."
    )
    positions = [START]
    for _ in range(STEPS):
        positions.append(positions[-1] - RATE * 2 * positions[-1])
    about = {"start": START, "rate": RATE, "steps": STEPS, "bowl": drawn.BOWL, "side": drawn.SIDE}
    page = inner_page("learning-rate", words, drawn.descent(positions, words), about, entry="learning_rate.js")
    return Figure("learning-rate", words, page, 560)
