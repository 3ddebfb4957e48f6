"""The text of a user's file as Python: of a script, of a notebook's cells, or of Python 2."""

import ast
import contextlib
import json
import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from importlib.util import decode_source
from typing import Any

from pellucid._files.reading import opened
from pellucid.analysis.doctor.python2 import NOTE, from_python2, uses_names_of_python2
from pellucid.core.errors import InputError

MOST = 20_000_000  # bytes; a notebook holds its pictures, too
WANTED = "the Python file (.py) or the notebook (.ipynb) that your network is in"
CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=]")
LINE = re.compile(r"\bline (\d+)\b")
SHELL = re.compile(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2}\s*$|[\w, ]+=\s*[%!].*)", re.MULTILINE)  # IPython's own lines
OTHER_LANGUAGE = re.compile(r"\s*%%(?!(time|timeit|capture|prun|doctor|grade)\b)")  # a cell for a shell, HTML, …


@dataclass
class Source:
    """A user's code as one text; ``places`` are the first line of each part of it, and what that part is called.

    ``cells`` are those parts as the user wrote them.
    """

    text: str
    tree: ast.Module
    places: list[tuple[int, str]] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def located(self, text: str) -> str:
        """A message with the places that the user knows: "cell 7, line 3" for "line 93"."""
        return LINE.sub(lambda found: self._place(int(found[1])), text) if self.places else text

    @contextlib.contextmanager
    def errors_located(self) -> Iterator[None]:
        """While this lasts, errors about the file name such places."""
        try:
            yield
        except InputError as error:
            raise InputError(self.located(str(error))) from None

    def _place(self, line: int) -> str:
        start, name = max((place for place in self.places if place[0] <= line), default=(1, ""))
        return f"{name}, line {line - start + 1}"


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A dataclass, and the lists and dataclasses in it, with every text changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [with_texts(each, change) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: with_texts(getattr(value, each.name), change) for each in fields(value)})
    return value


def read_source(path: str) -> Source:
    """Read a user's file.

    Raises:
        InputError: there is no such file, or it is neither Python nor a notebook of Python.
    """
    with opened(path, WANTED) as stream:
        content = stream.read(MOST + 1)
    if len(content) > MOST:
        raise InputError(f"{path}: has more than {MOST // 1_000_000} MB, which no program has; give {WANTED}")
    if not content.strip():
        raise InputError(f"{path}: is empty; save the file first, or give {WANTED}")
    text, notes = _decoded(path, content)
    if path.endswith(".ipynb"):
        return joined([(f"cell {k}", code) for k, code in enumerate(_cells(path, text), start=1)], path, notes)
    try:
        text, tree, note = _readable(text)
    except SyntaxError as error:
        line = "" if error.lineno is None else f"line {error.lineno}: "
        remedy = "mend that first" if path.endswith(".py") else f"if it is no Python, give {WANTED}"
        raise InputError(f"{path}: {line}{error.msg}; Python cannot read it: {remedy}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        why = error or type(error).__name__
        raise InputError(f"{path}: Python cannot read it ({why}); give the file that your network is in") from None
    return Source(text, tree, notes=[*notes, *note])


def joined(parts: list[tuple[str, str]], path: str, notes: list[str]) -> Source:
    """One source of several parts, each with its name; those that Python cannot read are left out, and told.

    Raises:
        InputError: Python can read none of them.
    """
    texts, places, line, said = [], [], 1, list(notes)
    for name, code in parts:
        try:
            text, _, note = _readable("pass" if OTHER_LANGUAGE.match(code) else code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            text, note = "", [f"{name} is left out: Python cannot read it ({getattr(error, 'msg', error)})"]
        texts.append(text.rstrip("\n") + "\n")
        places.append((line, name))
        line += texts[-1].count("\n")
        said += [each for each in note if each not in said]
    if not any(text.strip() for text in texts):
        raise InputError(f"{path}: has no cell of code that Python can read; give {WANTED}")
    text = "".join(texts)
    return Source(text, ast.parse(text), places, [code for _, code in parts], said)


def _decoded(path: str, content: bytes) -> tuple[str, list[str]]:
    """The text of a file; where it is not what Python reads, Latin-1 is tried, which old editors write."""
    if b"\0" not in content:
        try:
            return decode_source(content), []
        except (UnicodeError, SyntaxError, LookupError):  # the last one of an encoding that is none of text
            if not any(CODING.match(line) for line in content.split(b"\n")[:2]):
                note = "the file is not in UTF-8: it was read as Latin-1; save it in UTF-8"
                return content.decode("latin-1"), [note]
    raise InputError(f"{path}: is not text; give {WANTED}")


def _cells(path: str, text: str) -> list[str]:
    """The cells of code of a notebook; each is counted, as in In [1], In [2], … when all are run once."""
    try:
        notebook = json.loads(text)
        sheets = notebook.get("worksheets", [notebook])
        cells = [cell for sheet in sheets for cell in sheet["cells"] if cell["cell_type"] == "code"]
        codes = ["".join(cell.get("source", cell.get("input", ""))) for cell in cells]
        language = notebook.get("metadata", {}).get("kernelspec", {}).get("language", "python")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path}: is no notebook that can be read; save it once more in Jupyter") from None
    if not str(language).lower().startswith("python"):
        raise InputError(f"{path}: is a notebook in {language}; the doctor reads Python")
    return codes


def _readable(text: str) -> tuple[str, ast.Module, list[str]]:
    """A text that Python 3 reads, its tree, and a note where it was Python 2.

    Raises:
        SyntaxError: it can be read in no way; the error is that of the text as Python 3.
    """
    plain = SHELL.sub(r"\1pass", text)
    tries: list[tuple[str, list[str]]] = [(text, []), (plain, []), (from_python2(plain), [NOTE])]
    said: SyntaxError | None = None
    for code, note in tries:
        try:
            tree = _parsed(code)
        except SyntaxError as error:
            said = said if note else error
            continue
        if not note and uses_names_of_python2(tree):
            code, note = from_python2(code), [NOTE]
            tree = _parsed(code)
        return code, tree, note
    assert said is not None
    raise said


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)
