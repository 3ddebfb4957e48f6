"""What a figure is: one page of HTML within another, and words for who cannot see it."""

import html
import json
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from pellucid._pages import policy
from pellucid.render import web
from pellucid.render.palette import on_paper
from pellucid.render.web.modules import together, without_remarks

HERE = Path(__file__).parent / "browser"


@dataclass(frozen=True)
class Figure:
    """A figure. A notebook shows it as an inner page, which can reach nothing outside itself.

    Attributes:
        name: by which ``figure`` knows it.
        words: what it shows, for who cannot see it; they stand below it.
        page: the inner page, as HTML. It is whole without its script: a picture, and the words.
        height: in pixels, until the page has measured itself.
    """

    name: str
    words: str
    page: str = field(repr=False)
    height: int = 480

    def __repr__(self) -> str:
        return f"<Figure {self.name}: {self.words}>"

    def _repr_html_(self) -> str:
        inner, words = html.escape(self.page), html.escape(self.words)
        return (
            f'<figure class="pellucid-figure" data-figure="{self.name}" style="margin:1rem 0">'
            f'<iframe title="{words}" srcdoc="{inner}" height="{self.height}" width="100%" style="border:0"></iframe>'
            f"<figcaption>{words}</figcaption></figure>"
        )


def inner_page(name: str, title: str, still: str, data: dict[str, Any], *, entry: str, functions: str = "") -> str:
    """The page of a figure: a picture that is there at once, and the script ``entry`` that makes it answer."""
    style = without_remarks("\n".join([web.look(), web.read("parts.css"), _read("figure.css"), on_paper()]))
    script = f'"use strict";\n{{\n{functions}\n{together(HERE / entry)}\n}}'
    return Template(_read("figure.html")).substitute(
        name=name,
        title=html.escape(title),
        style=style,
        policy=policy([style], script),
        still=still,
        data=json.dumps(data, allow_nan=False).replace("<", "\\u003c"),
        script=script,
    )


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").strip()
