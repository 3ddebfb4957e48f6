"""Tests run in random order; a run says by which seed, so that the order can be had again."""

from __future__ import annotations  # the oldest pytest has no name for all of these types

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say the seed: with -q, pytest leaves out the line in which pytest-randomly says it."""
    if seed := config.getoption("randomly_seed", None):
        terminalreporter.write_line(f"random order: --randomly-seed={seed}")
