"""Names that several test files use."""

import importlib.util
import json
import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pellucid
from pellucid.datasets import Samples, Stream, WeightedSamples


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]  # pellucid("train", "--epochs", 3) -> Ended


def loaded(part: Samples | WeightedSamples | Stream | None) -> Samples:
    """A part of a data set that is in memory."""
    assert isinstance(part, Samples)
    return part


def sent_to_a_terminal(words: list[str], folder: Path, columns: int, lines: int) -> bytes:
    """What a command sends to a terminal of its own and of a size, on which all three of its streams are."""
    import fcntl
    import pty
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    environment = {**kept, "TERM": "xterm-256color"}
    with subprocess.Popen(words, cwd=folder, stdin=slave, stdout=slave, stderr=slave, env=environment):
        os.close(slave)
        sent = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not part:
                break
            sent += part
        os.close(master)
    return sent


def screen_of(words: list[str], folder: Path, columns: int, lines: int = 200) -> list[str]:
    """What then stands on the screen, line by line."""
    import pyte

    screen = pyte.Screen(columns, lines)
    pyte.ByteStream(screen).feed(sent_to_a_terminal(words, folder, columns, lines))
    return "\n".join(line.rstrip() for line in screen.display).rstrip().split("\n")


def module_at(path: Path) -> Any:
    """A Python file as a module of its own, such as an exported script."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_node(folder: Path, program: str, given: object = None) -> Any:
    """What a program answers in Node, where the pages' modules lie in ``./render``, as in the package.

    It imports what it needs of them, finds what it is given in ``given``, and calls ``answer`` once.
    """
    node = shutil.which("node")
    assert node, "these tests need Node: apt-get install nodejs"
    own = Path(pellucid.__file__).parent / "render"
    for module in own.rglob("*.js"):
        copy = folder / "render" / module.relative_to(own)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module, copy)
    (folder / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    begin = 'import { readFileSync } from "node:fs";\nconst given = JSON.parse(readFileSync(0, "utf8"));\n'
    begin += "const answer = (value) => process.stdout.write(JSON.stringify(value));\n"
    (folder / "program.js").write_text(begin + program, encoding="utf-8")
    done = subprocess.run(
        [node, "program.js"],
        input=json.dumps(given),
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
