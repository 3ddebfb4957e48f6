"""Reads a page or a piece of HTML strictly: what a browser would silently mend is an error here."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from importlib.resources import files

from pellucid.render.web.modules import plain

VOID = {"meta", "link", "img", "br", "hr", "input"}
ADDRESSES = {"href", "src", "srcset", "action", "data", "poster", "xlink:href", "background"}

OWN_SCRIPT = plain(files("pellucid.render.report").joinpath("contents.js").read_text(encoding="utf-8"))


@dataclass
class Element:
    """A tag with its attributes, what stands in it, and the text in it and below."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list["Element"]:
        """Every element of a kind below this one, in the order of the page."""
        found = []
        for child in self.children:
            found += ([child] if child.tag == tag else []) + child.all(tag)
        return found

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def rows(self) -> list[list[str]]:
        """The texts of a table, row by row, its head first."""
        return [[cell.text for cell in row.children] for row in self.all("tr")]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> says an attribute twice: {names}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> within <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data


def read(markup: str) -> Element:
    """The elements of a page that is well formed, loads nothing, runs nothing, and can be heard as well as seen."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    assert reader.open == [reader.root], f"<{reader.open[-1].tag}> is never closed"
    everything = list(_below(reader.root))
    ids = [element["id"] for element in everything if "id" in element.attributes]
    assert len(set(ids)) == len(ids), "an id stands twice"
    for element in everything:
        _check(element, set(ids))
    return reader.root


def table(root: Element, caption: str) -> list[list[str]]:
    """The rows of the one table whose caption begins so."""
    found = [one for one in root.all("table") if one.all("caption") and one.all("caption")[0].text.startswith(caption)]
    assert len(found) == 1, f"{len(found)} tables are called {caption!r}"
    return found[0].rows()


def section(root: Element, anchor: str) -> Element:
    """The section of the page with this address."""
    (found,) = [one for one in root.all("section") if one["id"] == anchor]
    return found


def _below(element: Element) -> list[Element]:
    return [one for child in element.children for one in (child, *_below(child))]


def _check(element: Element, ids: set[str]) -> None:
    tag, attributes = element.tag, element.attributes
    assert tag not in {"iframe", "object", "embed", "base"}, f"<{tag}> has no place here"
    assert tag != "script" or (element.text == OWN_SCRIPT and not attributes), "no script runs but the page's own"
    for name, value in attributes.items():
        assert not name.startswith("on"), f"{name} would run something"
        if name in ADDRESSES:
            assert value.startswith(("data:", "#")), f"{value} is not in the page"
            assert not value.startswith("#") or value[1:] in ids, f"{value} leads nowhere"
        for place in re.findall(r"url\(([^)]*)\)", value):
            assert place[0] == "#", f"{place} is not in the page"
            assert place[1:] in ids, f"{place} leads nowhere"
    for name in ("aria-labelledby", "aria-describedby"):
        assert set(attributes.get(name, "").split()) <= ids, f"{attributes[name]} is not there"
    if tag == "svg":
        assert attributes["role"] == "img"
        title, description = element.children[:2]
        assert (title.tag, description.tag) == ("title", "desc")
        assert attributes["aria-labelledby"] == f"{title['id']} {description['id']}"
        assert title.text
        assert description.text
        for shape in _below(element):
            assert "nan" not in " ".join(shape.attributes.values()).replace("nano", ""), shape.attributes
    if tag == "img":
        assert attributes["alt"]
    if tag == "table":
        widths = {len(row) for row in element.rows()}
        assert len(widths) == 1, f"rows of different lengths: {widths}"
        assert all(head["scope"] in ("col", "row") for head in element.all("th"))
