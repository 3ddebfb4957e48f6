"""How Sphinx makes the site of this folder: the book, the guides, the reference. ``python scripts/tasks.py book``."""

import os
import sys
from types import ModuleType

import pellucid
from pellucid.render import web

# Modules that are public by a shorter name than their own, as pellucid.explain is.
for name in pellucid.__all__:
    if isinstance(getattr(pellucid, name), ModuleType):
        sys.modules[f"pellucid.{name}"] = getattr(pellucid, name)

project = "pellucid"
author = "The pellucid authors"
version = release = pellucid.__version__
html_title = "pellucid"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "pellucid.book.extension"]
exclude_patterns = ["images"]
nitpicky = True
highlight_language = "none"  # blocks without a language hold commands and what they print

# The chapters: every cell is run, each chapter by a kernel and in a folder of its own.
# One thread each, since several chapters run side by side.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 300  # seconds of one cell, on a machine that has other things to do
nb_render_markdown_format = "myst"
nb_merge_streams = True

myst_enable_extensions = ["dollarmath"]
myst_dmath_allow_space = False
myst_dmath_allow_digits = False
myst_heading_anchors = 4

autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
napoleon_use_rtype = False
napoleon_use_ivar = True

# Where this code can be read by others, such as https://example.org/pellucid: what is not on the site is linked there.
repository = os.environ.get("PELLUCID_REPOSITORY", "")

html_theme = "furo"
html_static_path = ["_static", str(web.HERE / "tokens.css")]
html_css_files = ["tokens.css", "site.css"]
html_js_files = ["site.js"]
html_copy_source = html_show_sourcelink = False
html_show_sphinx = html_show_copyright = False
html_theme_options = {"navigation_with_keys": False}
