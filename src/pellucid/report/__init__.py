"""A finished run as one page of HTML that needs nothing else."""

from pellucid.report.page import page, write

__all__ = ["page", "write"]
