"""Docstrings as Sphinx takes them: types without a page, such as NumPy's, stay words; a bar is a bar."""

import re

from docutils import nodes
from sphinx.addnodes import desc_signature, pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

_CODE = re.compile(r"(``.*?``)")


def resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, inner: nodes.Node) -> nodes.Node | None:
    """The words of a reference to a type of another project, or in a signature. All others must lead somewhere."""
    if node.get("refdomain") != "py" or node.get("reftype") not in ("class", "exc", "obj", "data"):
        return None
    above: nodes.Node | None = node
    while above is not None and not isinstance(above, desc_signature | nodes.field):
        above = above.parent
    return inner if above is not None or not str(node["reftarget"]).startswith("pellucid.") else None


def plain_bars(app: Sphinx, what: str, name: str, value: object, options: object, lines: list[str]) -> None:
    """Let |W| be what it says; for Sphinx it would be a text to put in."""
    for number, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...")):
            parts = _CODE.split(line)
            lines[number] = "".join(part if part.startswith("``") else part.replace("|", r"\|") for part in parts)
