"""What the site takes from Sphinx in its own way: formulas without a script, links to files that are no pages."""

from typing import Any

from sphinx.application import Sphinx

from pellucid.book.extension import docstrings, finish, mathml, outside


def setup(app: Sphinx) -> dict[str, Any]:
    """Register all of it, as Sphinx asks for."""
    app.add_config_value("repository", "", "env", str)
    app.add_html_math_renderer("mathml", mathml.INLINE, mathml.BLOCK)
    app.config["html_math_renderer"] = "mathml"
    app.connect("config-inited", finish.add_paper)
    app.connect("build-finished", finish.mend)
    app.connect("doctree-read", outside.resolve, priority=400)  # before Sphinx collects what is to be downloaded
    app.connect("missing-reference", docstrings.resolve)
    app.connect("autodoc-process-docstring", docstrings.plain_bars)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
