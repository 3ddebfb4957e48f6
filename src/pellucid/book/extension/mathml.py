"""Formulas as MathML, which browsers draw themselves: no script, no fonts, nothing to load.

The reader of TeX is docutils' own. What it does not know is an error with the place of the formula, not a blank.
"""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError
from sphinx.writers.html5 import HTML5Translator

# Signs that one types as they are, and that the reader of TeX knows by name alone.
_NAMES = str.maketrans(
    {"·": r"\cdot ", "×": r"\times ", "−": "-", "…": r"\ldots ", "←": r"\leftarrow ", "≈": r"\approx "}
)
_BIG = re.compile(r"\\([Bb]igg?)(?=[()\[\]|])")  # \Big( is written \Bigl( there


def _written(node: nodes.math | nodes.math_block, *, block: bool) -> str:
    try:
        text = _BIG.sub(r"\\\1l", node.astext().translate(_NAMES)).strip()
        text = "{}" + text if text[:1] in ("^", "_") else text  # they stand on nothing
        return str(tex2mathml(text, as_block=block))
    except (MathError, IndexError) as error:  # the second where something is missing
        raise ExtensionError(f"{node.source}:{node.line}: no formula: {node.astext()!r}: {error}") from None


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_written(node, block=False))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    name = "".join(f' id="{identity}"' for identity in node.get("ids", [])[:1])
    self.body.append(f'<div class="math-block"{name}>{_written(node, block=True)}</div>')
    raise nodes.SkipNode


INLINE = (_inline, None)
BLOCK = (_block, None)
