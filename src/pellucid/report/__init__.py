"""A finished run as one page of HTML that needs nothing else."""

from pellucid.report.page import page, write
from pellucid.report.subject import Subject, subject

__all__ = ["Subject", "page", "subject", "write"]
