"""Gradients that several turns gather before a step: the step, and whether the next turns begin anew."""

import textwrap
from pathlib import Path

import pytest

from doctor.test_own_step import examined
from pellucid.core.errors import InputError

GATHERED = """
import numpy as np
rng = np.random.default_rng(0)
points = rng.normal(size=(60, 3))
marks = (points[:, :2] > 0).astype(float)
W1, W2 = rng.normal(size=(4, 3)), rng.normal(size=(2, 4))
sum_W1, sum_W2 = np.zeros_like(W1), np.zeros_like(W2)
count = 0
for turn in range(len(points)):
    point, mark = points[turn], marks[turn]
    inner = np.tanh(W1 @ point)
    guess = W2 @ inner
    loss = 0.5 * np.sum((guess - mark) ** 2)
    sum_W2 += np.outer(guess - mark, inner)
    sum_W1 += np.outer(W2.T @ (guess - mark) * (1 - inner ** 2), point)
    count += 1
    if count == 12:
        W1 -= 0.1 * sum_W1 / 12
        W2 -= 0.1 * sum_W2 / 12
        sum_W1, sum_W2 = np.zeros_like(W1), np.zeros_like(W2)
        count = 0
"""
RESET = "        sum_W1, sum_W2 = np.zeros_like(W1), np.zeros_like(W2)\n        count"


NAMED = GATHERED.replace("    sum_W2 += np.outer(", "    dW2 = np.outer(").replace(
    "    sum_W1 += np.outer(", "    dW1 = np.outer("
)
NAMED = NAMED.replace("    count += 1", "    sum_W1, sum_W2 = sum_W1 + dW1, sum_W2 + dW2\n    count += 1")
SHUFFLED = GATHERED.replace("for turn in range(len(points))", "for turn in rng.permutation(len(points))")
TEXTS = {"added at once": GATHERED, "each by its name": NAMED, "in another order": SHUFFLED}


@pytest.mark.parametrize("text", TEXTS)
def test_a_step_after_some_turns_is_compared(text: str, tmp_path: Path) -> None:
    assert examined(tmp_path, TEXTS[text]).healthy


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (RESET, "        count", "never set back to 0"),
        (" -= 0.1", " += 0.1", "uphill"),
    ],
)
def test_what_is_wrong_with_it_is_named(old: str, new: str, fault: str, text: str, tmp_path: Path) -> None:
    (finding,) = examined(tmp_path, TEXTS[text].replace(old, new)).findings
    assert fault in finding.fault


def test_a_step_that_never_comes_is_not_called_right(tmp_path: Path) -> None:
    with pytest.raises(InputError):  # nothing was compared
        examined(tmp_path, GATHERED.replace("count == 12", "count == 1200"))


LATER = """
for turn in range(50):
    inner = np.tanh(points @ W1.T)
    guess = inner @ W2.T
    loss = 0.5 * np.sum((guess - marks) ** 2) / len(points)
    up = (guess - marks) / len(points)
    down = up @ W2 * (1 - inner ** 2)
    W2 -= 0.1 * up.T @ inner
    W1 -= 0.1 * down.T @ points
"""


def test_where_a_later_turn_lacks_a_gradient_the_next_loop_is_compared(tmp_path: Path) -> None:
    text = GATHERED.replace("    sum_W2 += np", "    if turn < 5:\n        sum_W2 += outer").replace(
        "outer.outer(", "outer("
    )
    program = f"def main():\n{textwrap.indent(text.replace('import numpy as np', '') + LATER, '    ')}\nmain()\n"
    made = "import numpy as np\ndef outer(a, b):\n    made = np.outer(a, b)\n    return made\n"
    diagnosis = examined(tmp_path, made + program)
    assert diagnosis.healthy
    assert "line 29" in diagnosis.compared[-1]
