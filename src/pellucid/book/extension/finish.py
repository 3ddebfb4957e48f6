"""What a page lacks when Sphinx and the theme are done with it: names for who listens to it, and a sheet for paper."""

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from pellucid.render.palette import on_paper

MENDED = {
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="All pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<aside class="toc-drawer no-toc">': '<aside class="toc-drawer no-toc" aria-label="On this page">',
    'class="caption" role="heading">': 'class="caption" role="heading" aria-level="2">',
    '<th class="head"><p></p></th>': "<td></td>",
}


def mended(text: str) -> str:
    """A page whose parts have names, and in which a corner of a table is no heading.

    >>> mended('<aside class="toc-drawer">')
    '<aside class="toc-drawer" aria-label="On this page">'
    """
    for before, after in MENDED.items():
        text = text.replace(before, after)
    return text


def mend(app: Sphinx, fault: Exception | None) -> None:
    """Do that with all pages, at the end."""
    for file in [] if fault else Path(app.outdir).rglob("*.html"):
        file.write_text(mended(file.read_text(encoding="utf-8")), encoding="utf-8")


def add_paper(app: Sphinx, config: Config) -> None:
    """A style sheet that gives paper the light colours, made from tokens.css."""
    sheet = Path(app.doctreedir) / "paper.css"
    sheet.parent.mkdir(parents=True, exist_ok=True)
    sheet.write_text(on_paper(), encoding="utf-8")
    config.html_static_path.append(str(sheet))
    config.html_css_files.append("paper.css")
