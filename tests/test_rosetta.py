"""Rosetta: six programs take the same three steps, and the page holds them as they are."""

import re
from pathlib import Path

import pytest

from make_rosetta import PAGE, PROGRAMS, TONGUES, apart, printed, steps_of

QUICK = ["with_numpy", "with_pellucid"]
SLOW = [name for name in TONGUES if name not in QUICK]
LINE = re.compile(r"step (\d)   loss (\S+)   dW3\[0, 0\] (\S+)   W1\[0, 400\] (\S+)")


def test_numpy_and_pellucid_take_the_same_steps() -> None:
    one, other = map(steps_of, QUICK)
    assert len(one) == 3
    assert [part.shape for part in one[0].parts] == [part.shape for part in other[0].parts]
    assert apart(one, other) < 1e-12
    assert one[2].loss < one[1].loss < one[0].loss


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
@pytest.mark.filterwarnings("ignore")
def test_every_tongue_says_the_same(name: str) -> None:
    assert apart(steps_of(name), steps_of("with_pellucid")) < 1e-6


@pytest.mark.parametrize("name", TONGUES)
def test_the_page_holds_each_program_as_it_is(name: str) -> None:
    text = PAGE.read_text(encoding="utf8")
    assert f"```python\n{(PROGRAMS / f'{name}.py').read_text(encoding='utf8').strip()}\n```" in text


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)])
def test_each_program_prints_what_the_page_says(name: str) -> None:
    section = PAGE.read_text(encoding="utf8").split(f"## {TONGUES[name]}\n")[1]
    there = LINE.findall(section.split("```text\n")[1].split("```")[0])
    now = LINE.findall(printed(name))
    assert len(there) == len(now) == 3
    for old, new in zip(there, now, strict=True):
        assert [float(x) for x in new] == pytest.approx([float(x) for x in old], abs=1e-9)


def test_the_digits_are_real_ones() -> None:
    import json

    import pellucid as pl

    digits = json.loads((Path(PROGRAMS) / "digits.json").read_text())
    train = pl.datasets.mnist().train
    assert isinstance(train, pl.datasets.Samples)
    rows = {row.tobytes(): int(label) for row, label in zip(train.X, train.y, strict=True)}
    for pixels, label in zip(digits["pixels"], digits["labels"], strict=True):
        assert rows[bytes(pixels)] == label
