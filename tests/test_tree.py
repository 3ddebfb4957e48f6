"""What is in the repository: what was written for it, and nothing that a command left there."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
AT_THE_TOP = {
    ".ci", ".editorconfig", ".github", ".gitignore", ".pre-commit-config.yaml", "CHANGELOG.md", "CITATION.cff",
    "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "benchmarks", "conftest.py", "docs",
    "examples", "jsconfig.json", "pyproject.toml", "requirements", "scripts", "src", "tests",
}  # fmt: skip
LARGE = 1 << 20  # bytes; of the files that are kept, the digits alone are larger


def test_nothing_lies_about() -> None:
    if not (ROOT / ".git").exists():
        pytest.xfail("of an sdist nothing is known of what was committed")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [Path(name) for name in listed.split("\0") if name and (ROOT / name).is_file()]
    assert {file.parts[0] for file in files} <= AT_THE_TOP
    large = [file.name for file in files if (ROOT / file).stat().st_size > LARGE]
    assert all("images-idx3" in name for name in large), large
