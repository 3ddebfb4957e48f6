"""What docs/grading.md shows is what is printed."""

import re
import shutil
from pathlib import Path

import pytest

from book.learners import SOLUTIONS, function_of
from pellucid.book.grading.exercises import EXERCISES
from pellucid.book.grading.judge import mark_of
from replay import commands, replay
from support import Command

PAGE = SOLUTIONS.parents[1] / "docs" / "grading.md"


@pytest.mark.slow
def test_the_page_replays(pellucid: Command) -> None:
    shutil.copy(SOLUTIONS.parent / "answers.py", "answers.py")
    Path("class/grace").mkdir(parents=True)
    shutil.copy("answers.py", "class/ada.py")
    for chapter in ("01", "03"):
        shutil.copy(SOLUTIONS / f"chapter_{chapter}.py", "class/grace")
    replay(commands(PAGE), PAGE, pellucid, codes=(0, 1))


def test_the_faulty_function_has_its_fault_and_no_other() -> None:
    (block,) = re.findall(r"```python\n(def mended_backward.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exercise = EXERCISES["mended_backward"]
    faulty = mark_of(exercise, function_of(block, exercise.name), 0)
    assert faulty.message.startswith("the fault is still in it")
    assert block.count("(da1 > 0)") == 1
    assert mark_of(exercise, function_of(block.replace("(da1 > 0)", "(z1 > 0)"), exercise.name), 0).passed
