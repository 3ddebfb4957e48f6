"""A finished run as one page of HTML that needs nothing else.

``write("runs/digits")`` writes ``report.html`` into the folder of a run; ``page`` gives the text.

>>> from pathlib import Path
>>> is_report(Path("no such file"))
False
"""

from pellucid.render.report.page import is_report, page, write
from pellucid.render.report.subject import Subject, subject

__all__ = ["Subject", "is_report", "page", "subject", "write"]
