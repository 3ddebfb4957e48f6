"""Tests run in random order; a run says by which seed, so that the order can be had again."""

from __future__ import annotations  # the oldest pytest has no name for all of these types

from importlib.util import find_spec

import pytest

# What Sphinx loads cannot be loaded without it; the task "cover" runs its examples where it is.
collect_ignore_glob = [] if find_spec("sphinx") else ["src/pellucid/book/extension/*"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say the seed: with -q, pytest leaves out the line in which pytest-randomly says it."""
    if seed := config.getoption("randomly_seed", None):
        terminalreporter.write_line(f"random order: --randomly-seed={seed}")
