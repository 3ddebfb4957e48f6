"""The pages of the site as texts: their links, their anchors, their pictures."""

import html.parser
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class Page(html.parser.HTMLParser):
    """What a test asks of a page. Figures stand in ``srcdoc``, and are pages of their own."""

    file: Path
    links: list[str] = field(default_factory=list)  # where one can go
    in_text: list[str] = field(default_factory=list)  # those of the text itself, without those around it
    is_text: bool = False
    loads: list[str] = field(default_factory=list)  # what the page itself asks for
    anchors: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    without_words: list[str] = field(default_factory=list)  # pictures that say nothing to who cannot see them
    figures: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self.is_text |= tag == "article"
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            self.in_text += [given["href"]] * self.is_text
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preload", "shortcut icon"):
            self.loads.append(given["href"])
        if tag in ("script", "img", "iframe", "source", "video") and given.get("src"):
            self.loads.append(given["src"])
        if tag == "img" and not given.get("alt", "").strip():
            self.without_words.append(given.get("src", "")[:80])
        if tag == "iframe":
            self.figures.append(given)

    def handle_endtag(self, tag: str) -> None:
        self.is_text &= tag != "article"


def pages(site: Path) -> dict[Path, Page]:
    """All pages of the site."""
    return {file.resolve(): Page(file) for file in sorted(site.rglob("*.html"))}


def dead(page: Page, link: str, known: dict[Path, Page]) -> bool:
    """Whether a link leads nowhere: to no file, or to no such place in a page. Outside addresses are read by form."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return (
            not (parts.scheme in ("https", "mailto") and (parts.scheme == "mailto" or "." in parts.netloc))
            or " " in link
        )
    target = (page.file.parent / unquote(parts.path)).resolve() if parts.path else page.file.resolve()
    if target not in known:
        return not target.is_file()
    return bool(parts.fragment) and unquote(parts.fragment) not in known[target].anchors
