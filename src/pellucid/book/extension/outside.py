"""Links from a guide to what is no page of the site: source, data, examples, which GitHub shows in place.

Where the repository has an address, they lead there. Otherwise a file comes along as a download, and of what is not at
hand, as in an installed package, the words alone remain.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import download_reference, pending_xref
from sphinx.application import Sphinx


def resolve(app: Sphinx, tree: nodes.document) -> None:
    """Give every such link of a page its target."""
    root = Path(app.srcdir).parent
    for link in list(_links(tree, app.env.found_docs)):
        target = str(link["reftarget"])
        if link["refdomain"] == "doc":  # a text that is no page: its whole path, without .md
            path = f"{Path(target).relative_to(root).as_posix()}.md"
        else:
            path = place(app.env.docname, target)
        if isinstance(link, download_reference) and path.startswith("docs/images/"):
            continue
        if app.config.repository:
            kind = "blob" if posixpath.splitext(path)[1] else "tree"
            to = f"{app.config.repository}/{kind}/main/{path}"
            link.replace_self(nodes.reference("", "", *link.children, refuri=to, internal=False))
        elif isinstance(link, pending_xref) or not (root / path).is_file():
            link.replace_self(nodes.inline("", "", *link.children))


def _links(tree: nodes.document, pages: set[str]) -> Iterator[nodes.Element]:
    """Those that lead to no page of the site."""
    yield from tree.findall(download_reference)
    for link in tree.findall(pending_xref):
        target = str(link.get("reftarget", ""))
        is_path = link.get("refdomain") == "doc" or ("/" in target and not target.startswith("#"))
        if link.get("reftype") == "myst" and is_path and target not in pages:
            yield link


def place(page: str, target: str) -> str:
    """Where a link of a page leads to, from the folder that holds docs.

    >>> place("tables", "../examples/penguins.csv"), place("decisions/README", "../../src/pellucid/core")
    ('examples/penguins.csv', 'src/pellucid/core')
    """
    return posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), target.partition("#")[0]))
