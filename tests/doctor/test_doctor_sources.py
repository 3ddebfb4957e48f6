"""Files as learners have them: notebooks, Python 2, old encodings; and what is told of those that are none."""

import json
from pathlib import Path

import pytest

from doctor.networks import Style, write
from pellucid.analysis.doctor.doctor import doctor_file
from pellucid.analysis.doctor.source import read_source
from pellucid.core.errors import InputError

GOOD = write(Style("columns", "tuple", "relu", "softmax-ce", (5, 4, 3), True, False, True))
WRONG = GOOD.replace("    dW1 = ", "    dW1 = 2 * ", 1)
LINE = next(k for k, line in enumerate(WRONG.splitlines(), start=1) if "dW1 = 2 * " in line)


def notebook(path: Path, *cells: str, **metadata: object) -> str:
    """A notebook with a cell of text before each cell of code."""
    parts = []
    for code in cells:
        parts.append({"cell_type": "markdown", "metadata": {}, "source": ["# line 1\n"]})
        parts.append({"cell_type": "code", "metadata": {}, "outputs": [], "source": code.splitlines(keepends=True)})
    path.write_text(json.dumps({"cells": parts, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
    return str(path)


def test_a_finding_in_a_notebook_names_cell_and_line(tmp_path: Path) -> None:
    magics = "%matplotlib inline\nimport numpy as np\n!pip install numpy\nnp.dot?\nhere = !ls\nif True:\n    %time 3\n"
    cells = ("%%bash\nls -l | wc", magics, "x = (", WRONG, "%%time\nfor k in range(10**12):\n    pass\n")
    diagnosis = doctor_file(notebook(tmp_path / "net.ipynb", *cells))
    (finding,) = diagnosis.findings
    assert f"cell 4, line {LINE}: " in finding.evidence
    assert any(note.startswith("cell 3 is left out: Python cannot read it") for note in diagnosis.notes)


def test_an_error_in_a_notebook_names_cell_and_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"PELLUCID cannot be had .cell 2, line 3: "):
        doctor_file(notebook(tmp_path / "net.ipynb", GOOD, "\n\nPELLUCID = dict(X=gone)\n"))
    source = read_source(notebook(tmp_path / "two.ipynb", "a = 1\nb = 2", "c = 3"))
    assert source.located("line 1: x; line 2; line 3") == "cell 1, line 1: x; cell 1, line 2; cell 2, line 1"


def test_notebooks_of_the_old_format_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.ipynb"
    cells = [{"cell_type": "code", "input": GOOD, "outputs": []}]
    path.write_text(json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}], "metadata": {}}))
    assert doctor_file(str(path)).healthy


PYTHON2 = """
import sys

pytestmark = pytest.mark.slow  # a second or more each
def report(k, loss):
\tprint "epoch", k, \\
        "loss", loss,  # all of it
        print
        print >>sys.stderr, "done"; print("a call"), ("and a tuple")
        if k <> 0777: print `loss`, 10L
        try:
            raise ValueError, "no"
        except (ValueError, KeyError), error:
            print "%s" % error
        return [k for k in xrange(3)] + {"a": 1}.has_key("a") * {}.iteritems()
"""


def test_python_2_is_read_as_python_3_with_the_same_lines(tmp_path: Path) -> None:
    path = tmp_path / "old.py"
    path.write_text(WRONG.replace(" range(", " xrange(") + PYTHON2)
    diagnosis = doctor_file(str(path))
    (finding,) = diagnosis.findings
    assert f"line {LINE}: " in finding.evidence
    assert any("is Python 2" in note for note in diagnosis.notes)
    read = read_source(str(path)).text.splitlines()
    assert len(read) == len(path.read_text().splitlines())
    assert any('print( "epoch", k' in line for line in read)


def test_python_3_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "new.py"
    text = GOOD + '\nxrange = range\nfor k in xrange(2): print("a", "b")\nname = "xrange <> `raw_input`"\n'
    path.write_text(text)
    source = read_source(str(path))
    assert (source.text, source.notes) == (text, [])


def test_latin_1_is_read_and_told(tmp_path: Path) -> None:
    path = tmp_path / "red.py"
    path.write_bytes(f"# propagación\n{GOOD}".encode("latin-1"))
    diagnosis = doctor_file(str(path))
    assert diagnosis.healthy
    assert any("Latin-1" in note for note in diagnosis.notes)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.ipynb", "{", "is no notebook"),
        ("a.ipynb", '{"cells": 3}', "is no notebook"),
        ("a.ipynb", '{"cells": [], "metadata": {}}', "no cell of code"),
        ("a.ipynb", json.dumps({"cells": [], "metadata": {"kernelspec": {"language": "R"}}}), "a notebook in R"),
        ("a.txt", "My network does not learn.", "if it is no Python, give"),
        ("a.py", "def f(:", "mend that first"),
        ("a.py", "\n \n", "is empty"),
        ("a.py", "\0\1", "is not text"),
    ],
)
def test_what_is_no_program_is_told_with_a_remedy(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError, match=said):
        doctor_file(str(path))
    with pytest.raises(InputError, match="is a folder"):
        doctor_file(str(tmp_path))
