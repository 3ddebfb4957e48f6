"""From ES modules to the one script of a page: those that it needs, in the order in which they need each other."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import [^;]* from "(\.[^"]+)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async |const |function |let |class ))", re.MULTILINE)
_CAST = re.compile(r"/\*\* @type .*? \*/ ")
_REMARK = re.compile(r"^\s*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
_STYLE_REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)
_STYLE_AIR = re.compile(r"(?<=[{};:,]) +| +(?={)")
_INDENT = re.compile(r"^\s+", re.MULTILINE)


def together(entry: Path) -> str:
    """A module and all that it imports as one script, without remarks and indents: these stay in the modules.

    Imports and exports are whole lines (``import {a} from "./b.js";``), a remark begins its line or is the type
    of what follows, and no two modules give a name twice: a test reads this from the modules.
    """
    return "\n".join(plain(file.read_text(encoding="utf-8")) for file in in_order(entry))


def in_order(entry: Path) -> list[Path]:
    """The files of a module and of all that it imports, each once and behind those that it imports."""
    found: list[Path] = []

    def visit(file: Path) -> None:
        for name in _IMPORT.findall(file.read_text(encoding="utf-8")):
            visit((file.parent / name).resolve())
        if file not in found:
            found.append(file)

    visit(entry.resolve())
    return found


def plain(text: str) -> str:
    """A module without imports, exports, remarks and indents."""
    text = _CAST.sub("", _REMARK.sub("", text))
    return _INDENT.sub("", _EXPORT.sub("", _IMPORT.sub("", text))).strip()


def without_remarks(style: str) -> str:
    r"""A style sheet as a page carries it.

    >>> without_remarks("/* blue */\n a :focus { color: blue; }")
    'a :focus{color:blue;}'
    """
    return _STYLE_AIR.sub("", _INDENT.sub("", _STYLE_REMARK.sub("", style))).strip()
