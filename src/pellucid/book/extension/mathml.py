"""Formulas as MathML, which browsers draw themselves: no script, no fonts, nothing to load.

The reader of TeX is docutils' own. What it does not know is an error with the place of the formula, not a blank.
"""

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import ExtensionError
from sphinx.writers.html5 import HTML5Translator


def _written(node: nodes.math | nodes.math_block, *, block: bool) -> str:
    try:
        return str(tex2mathml(node.astext(), as_block=block))
    except MathError as error:
        raise ExtensionError(f"{node.source}:{node.line}: no formula: {node.astext()!r}: {error}") from None


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_written(node, block=False))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    name = "".join(f' id="{identity}"' for identity in node.get("ids", [])[:1])
    self.body.append(f'<div class="math-block"{name} tabindex="0">{_written(node, block=True)}</div>')
    raise nodes.SkipNode


INLINE = (_inline, None)
BLOCK = (_block, None)
