"""A finished run as one page of HTML that needs nothing else."""

from pellucid.report.document import NAME, page, write
from pellucid.report.subject import Subject, subject

__all__ = ["NAME", "Subject", "page", "subject", "write"]
