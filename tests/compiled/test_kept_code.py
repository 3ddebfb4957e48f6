"""Compiled code is kept in a folder of the user's own; whatever is wrong with it costs time, and nothing else."""

import functools
import hashlib
import math
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pl
from pellucid.compiled import calls, jit, kept, native
from pellucid.compiled.calls import Call
from pellucid.compiled.layout import Sparse
from pellucid.compiled.native import Code
from pellucid.core import threads

HOUSE = Path(pl.__file__).parents[1]

# A function that compiles in no time, in a process of its own; it prints whether it was compiled, and what it gives.
PROGRAM = """
    import sys
    import numpy as np
    from pellucid.compiled import calls

    made = []
    compiled = calls._compiled

    def compile_it(name, kinds):
        from pellucid.compiled import jit

        @jit.entry
        def doubled(numbers):
            for i in range(len(numbers)):
                numbers[i] *= 2

        made.append(name)
        return compiled(name, kinds)

    calls._compiled = compile_it
    numbers = np.arange(3.0)
    calls.Call("doubled")(numbers)
    print("compiled" if made else "kept", numbers.tolist())
    assert ("numba" in sys.modules) == bool(made)
"""
COMPILED, KEPT = "compiled [0.0, 2.0, 4.0]\n", "kept [0.0, 2.0, 4.0]\n"


def started(program: str, **environment: str) -> "subprocess.Popen[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "NUMBA_"))}
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**kept, "PYTHONPATH": str(HOUSE), **environment},
    )  # fmt: skip


def run(folder: object, program: str = PROGRAM) -> str:
    """What the program prints, with that folder for what is kept; not a word beside it."""
    process = started(program, XDG_CACHE_HOME=str(folder))
    out, error = process.communicate()
    assert (process.returncode, error) == (0, "")
    return out


def file_in(folder: Path) -> Path:
    (file,) = (folder / "pellucid" / "compiled").iterdir()
    return file


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the folder of other platforms is not set here")


@linux
def test_the_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    assert run(tmp_path) == COMPILED
    assert run(tmp_path) == KEPT
    assert file_in(tmp_path).name.startswith("doubled-")
    assert (tmp_path / "pellucid" / "compiled").stat().st_mode & 0o777 == 0o700
    shutil.rmtree(tmp_path / "pellucid")
    assert run(tmp_path) == COMPILED


def flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


DAMAGES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("empty", lambda content: b""),
    ("cut in the digest", lambda content: content[:20]),
    ("cut after the digest", lambda content: content[:32]),
    ("cut by a byte", lambda content: content[:-1]),
    ("longer", lambda content: content + b"\0"),
    ("a bit of the digest", lambda content: flipped(content, 3)),
    ("a bit in the middle", lambda content: flipped(content, len(content) // 2)),
    ("the last bit", lambda content: flipped(content, len(content) - 1)),
    ("zeros", lambda content: bytes(len(content))),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(calls, "folder", lambda: tmp_path / "kept")
    monkeypatch.setattr(calls, "_ready", {})
    return tmp_path / "kept"


@jit.entry
def doubled(numbers: Any) -> None:
    for i in range(len(numbers)):
        numbers[i] *= 2


def called() -> str:
    """Call a function as a new process would; says "compiled" or "kept"."""
    numbers, names = np.arange(3.0), []
    real = calls._compiled

    def compile_it(name: str, kinds: Any) -> Code:
        names.append(name)
        return real(name, kinds)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "_compiled", compile_it)
        patch.setattr(calls, "_ready", {})
        Call("doubled")(numbers)
    assert numbers.tolist() == [0, 2, 4]
    return "compiled" if names else "kept"


@pytest.mark.parametrize("damage", [damage for _, damage in DAMAGES], ids=[name for name, _ in DAMAGES])
def test_a_damaged_file_is_compiled_anew(damage: Callable[[bytes], bytes], folder: Path) -> None:
    assert [called(), called()] == ["compiled", "kept"]
    (file,) = folder.iterdir()
    file.write_bytes(damage(file.read_bytes()))
    assert [called(), called()] == ["compiled", "kept"]


def test_a_file_of_something_else_is_compiled_anew(folder: Path) -> None:
    called()
    (file,) = folder.iterdir()
    Call("doubled")(np.arange(3, dtype=np.int32))
    (other,) = set(folder.iterdir()) - {file}
    for content in (other.read_bytes(), hashlib.sha256(b"x").digest() + b"x", hashlib.sha256(b"").digest()):
        file.write_bytes(content)
        assert [called(), called()] == ["compiled", "kept"]


def test_a_folder_in_place_of_the_file_is_no_obstacle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called()
    (file,) = folder.iterdir()
    file.unlink()
    file.mkdir()
    assert called() == "compiled"
    assert [path.name for path in folder.iterdir()] == [file.name]  # nothing half-written is left


def test_a_file_in_place_of_the_folder_is_no_obstacle(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_text("a file")
    assert [called(), called()] == ["compiled", "compiled"]
    assert folder.read_text() == "a file"


@pytest.mark.parametrize("method", ["read_bytes", "write_bytes", "mkdir", "replace"])
def test_what_cannot_be_read_or_written_is_no_obstacle(
    method: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, refuse)
        assert called() == "compiled"
    assert not folder.exists() or not [path for path in folder.iterdir() if "." in path.name]


@pytest.mark.slow
@linux
@pytest.mark.parametrize("place", ["/proc/nowhere", "/dev/null"])
def test_a_place_that_takes_nothing_is_no_obstacle(place: str) -> None:
    assert run(place) == COMPILED


@pytest.mark.slow
@linux
def test_no_place_is_set_by_an_empty_or_relative_name(tmp_path: Path) -> None:
    """The specification of these folders says that such a name is to be ignored; the code of others may lie there."""
    for name in ("", "here"):
        process = started(f"import os; os.chdir({str(tmp_path)!r})\n" + textwrap.dedent(PROGRAM),
                          XDG_CACHE_HOME=name, HOME=str(tmp_path / "home"))  # fmt: skip
        assert process.communicate()[1] == ""
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_other_types_are_compiled_for_themselves(folder: Path) -> None:
    for dtype in (np.float32, np.float64, np.int64):
        numbers = np.arange(3).astype(dtype)
        Call("doubled")(numbers)
        assert numbers.tolist() == [0, 2, 4]
    assert len(list(folder.iterdir())) == 3


def test_a_changed_source_is_not_served_old_code(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    called()
    for change in ("a space", "another version"):
        with monkeypatch.context() as patch:
            if change == "a space":
                patch.setattr(calls, "room", lambda: "another text")
            else:
                patch.setattr(np, "__version__", "0.0")
            assert called() == "compiled"
    assert called() == "kept"

    room = tmp_path / "room"
    shutil.copytree(Path(jit.__file__).parent, room, ignore=shutil.ignore_patterns("__pycache__"))
    with monkeypatch.context() as patch:
        patch.setattr(kept, "__file__", str(room / "kept.py"))
        texts = []
        for file in (None, *sorted(room.glob("*.py"))):
            if file is not None:
                file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")
            texts.append(kept.room.__wrapped__())
    assert texts[0] == kept.room()
    assert len(set(texts)) == len(texts) > 10  # each file of the room counts


@pytest.mark.slow
@linux
def test_two_processes_that_compile_at_the_same_time(tmp_path: Path) -> None:
    processes = [started(PROGRAM, XDG_CACHE_HOME=str(tmp_path)) for _ in range(3)]
    assert {process.communicate() for process in processes} <= {(COMPILED, ""), (KEPT, "")}
    assert run(tmp_path) == KEPT
    file_in(tmp_path)  # and nothing beside it


def test_threads_that_compile_at_the_same_time_compile_once(folder: Path) -> None:
    call, before, arrays = Call("doubled"), len(native._loaded), [np.arange(3, dtype=np.int16) for _ in range(4)]
    threads.side_by_side([functools.partial(call, array) for array in arrays])
    assert [array.tolist() for array in arrays] == [[0, 2, 4]] * 4
    assert len(native._loaded) == before + 1
    assert len(list(folder.iterdir())) == 1


def test_an_argument_of_another_kind_is_refused(folder: Path) -> None:
    """Compiled code would read beside it."""
    call = Call("doubled").ready(np.arange(3.0))
    for other in (np.arange(3), np.zeros((3, 1)), np.zeros(6)[::2], np.arange(3, dtype=np.float32)):
        with pytest.raises(TypeError, match="compiled code for '<f8 1' got"):
            call(other)


@jit.entry
def outside(numbers: Any) -> None:
    numbers[0] = math.erf(numbers[0])


def test_code_that_calls_what_only_numba_brings_is_not_kept(folder: Path) -> None:
    numbers = np.array([0.5])
    Call("outside")(numbers)
    assert numbers[0] == pytest.approx(math.erf(0.5))
    assert not folder.exists()


def test_numbers_and_arrays_arrive_as_they_are(folder: Path) -> None:
    net = Sparse(np.arange(3), np.arange(4, dtype=np.uint16), np.arange(5, dtype=np.float32))
    out = np.zeros(8)
    Call("arrived", net, 7, (0.25, np.arange(12, dtype=np.float32).reshape(2, 6)))(np.float64(1.5), out)
    assert out.tolist() == [3, 4, 5, 7, 0.25, 12 * 11 / 2 - 1, 1.5, 6]


@jit.entry
def arrived(net: Any, whole: int, rest: Any, number: float, out: Any) -> None:
    part, table = rest
    out[0], out[1], out[2], out[3] = len(net.starts), len(net.places), len(net.values), whole
    out[4], out[6], out[7] = part, number, table.shape[1]
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            out[5] += table[i, j]
    out[5] -= table[0, 1]
