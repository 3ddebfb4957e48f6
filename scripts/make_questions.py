"""Make docs/questions.md: run the command that answers each question, and write down what it says.

python scripts/make_questions.py            # all of them, into docs/questions.md
python scripts/make_questions.py 4 17       # only these, on the terminal

The commands run one after another in a folder of their own, in which the first of them trains the run that later ones
look at. The engine is NumPy's, which every installation has.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from questions import QUESTIONS, Question

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "questions.md"
WIDTH = 110
MAKE = """\
pellucid data mnist --to png --out digits --split test --limit 30
pellucid data mnist --to npz --out few.npz --split train --limit 300"""
HEAD = """# Questions that learners ask

{count} questions, and the one command that answers each. Below it stands what it printed on {date}, on two cores
of an AMD EPYC (Zen 3); `python scripts/make_questions.py` asks them all again. The digit model that comes with pellucid
answers where no run is named; `runs/digits` is the run of the first question. `[…]` stands for lines left out here.
`examples` is the folder of that name in the sources; the pictures in `digits` and the 300 digits of `few.npz` come from

```
{make}
```

"""


def answer(question: Question, folder: Path) -> str:
    """What the command prints, both streams as a terminal shows them, with a dollar and the command above."""
    words = [sys.executable, "-m", *shlex.split(question.command)]
    environment = {**os.environ, "COLUMNS": str(WIDTH), "PYTHONPATH": str(ROOT / "src"), "PELLUCID_ENGINE": "numpy"}
    done = subprocess.run(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != question.code:
        raise SystemExit(f"{question.command}: exit {done.returncode}, {question.code} expected\n{done.stdout}")
    return done.stdout.replace(str(folder) + "/", "").rstrip()


def shortened(text: str, question: Question) -> str:
    """The lines that answer the question: from the first that holds ``begin``, at most ``lines`` of them."""
    lines = [line.rstrip() for line in text.splitlines()]
    first = next((k for k, line in enumerate(lines) if question.begin in line), None)
    if first is None:
        raise SystemExit(f"{question.command}: no line holds {question.begin!r}\n{text}")
    shown = lines[first : first + question.lines]
    return "\n".join(["[…]"] * (first > 0) + shown + ["[…]"] * (first + len(shown) < len(lines)))


def entry(number: int, question: Question, folder: Path) -> str:
    """A question as it stands on the page."""
    text = shortened(answer(question, folder), question)
    picture = f"\n![{question.shows}](images/{question.picture})\n" if question.picture else ""
    said = f"\n{question.said}\n" if question.said else ""
    return f"## {number}. {question.text}\n\n```\n{question.command}\n```\n\n```text\n{text}\n```\n{picture}{said}"


def prepared(folder: Path) -> None:
    """What the commands find in their folder: pictures, 300 digits, networks that learners wrote."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    for line in MAKE.splitlines():
        subprocess.run([sys.executable, "-m", *line.split()], cwd=folder, check=True, capture_output=True)


def main() -> None:
    """Ask all questions, or those whose numbers are given (and the first, which trains)."""
    wanted = {int(word) for word in sys.argv[1:]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(folder)
        entries = [
            entry(number, question, folder)
            for number, question in enumerate(QUESTIONS, start=1)
            if not wanted or number in wanted | {1}
        ]
    if wanted:
        print("\n".join(entries))
        return
    date = subprocess.run(["date", "+%Y-%m-%d"], capture_output=True, text=True, check=True).stdout.strip()
    contents = "".join(
        f"{k}. [{question.text}](#{anchor(k, question.text)})\n" for k, question in enumerate(QUESTIONS, start=1)
    )
    PAGE.write_text(
        HEAD.format(count=len(QUESTIONS), date=date, make=MAKE) + contents + "\n" + "\n".join(entries), "utf8"
    )


def anchor(number: int, text: str) -> str:
    """The link that GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", f"{number}. {text}".lower()).replace(" ", "-")


if __name__ == "__main__":
    main()
