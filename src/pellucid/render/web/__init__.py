"""What the pages share: one look (``tokens.css``, ``base.css``), and parts that run in a browser."""

from pathlib import Path

HERE = Path(__file__).parent


def read(name: str) -> str:
    """A file of this folder: a style sheet, or an ES module."""
    return (HERE / name).read_text(encoding="utf-8").strip()


def look() -> str:
    """The style that every page begins with: colours, sizes and spaces as custom properties, and what they dress.

    >>> "--accent" in look(), ".button" in look()
    (True, True)
    """
    return f"{read('tokens.css')}\n{read('base.css')}"
