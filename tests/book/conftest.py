"""The site, built once for all tests: from the sources here, every cell of the book run, warnings being errors."""

import os
from pathlib import Path

import pytest

from pellucid.book.site import build


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site. ``python scripts/tasks.py book`` has built it already, and says where."""
    if (there := os.environ.get("PELLUCID_SITE")) is not None:
        return Path(there)
    work = tmp_path_factory.mktemp("book")
    build(work / "site", work / "trees", "--fail-on-warning", "--jobs", "auto")
    return work / "site"


@pytest.fixture(scope="session")
def executed(site: Path) -> Path:
    """The folder of the chapters as notebooks, with what their cells put out when the site was built."""
    return site.parent / "jupyter_execute" / "book"
