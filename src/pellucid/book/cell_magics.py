"""``%load_ext pellucid``: the magics ``%%doctor`` and ``%%grade``."""

from typing import Any

from pellucid.analysis.doctor import cell_magic as doctor
from pellucid.book.grading import cell_magic as grade


def load_ipython_extension(shell: Any) -> None:
    """Give IPython, and so Jupyter, the magics."""
    doctor.register(shell)
    grade.register(shell)
