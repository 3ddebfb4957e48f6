"""How files are written: whole or not at all, under a name of chance, with the mode of what was there."""

import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest

import pellucid as pl
from pellucid._files import writing as writing_module
from pellucid._files.writing import TEMPORARY, check_replaceable, folder_beside, marked, sweep, write_whole, writing
from pellucid.render.pictures import style
from support import Command

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes, pipes and locks are POSIX's")
NEVER = marked()


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_reader_sees_the_old_content_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with writing(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("fault", [OSError(28, "full"), KeyboardInterrupt(), ValueError("x")])
def test_a_fault_leaves_what_was_there_and_nothing_else(fault: BaseException, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(type(fault)), writing(path) as stream:  # noqa: PT012
        stream.write(b"new")
        raise fault
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("length", [1, 231, 250, 255])
def test_a_name_may_be_as_long_as_the_system_allows(length: int, tmp_path: Path) -> None:
    write_whole(tmp_path / ("n" * length), b"x")
    assert (tmp_path / ("n" * length)).read_bytes() == b"x"


@POSIX
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_the_mode_of_a_file_is_kept(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_whole(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@POSIX
def test_a_new_file_has_the_mode_that_the_mask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@POSIX
def test_a_link_is_followed_and_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a").write_bytes(b"old")
    (tmp_path / "link").symlink_to("folder/a")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "a").read_bytes() == b"new"


@POSIX
def test_no_two_temporary_names_are_alike_and_links_under_them_are_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    for number in range(20):
        with writing(tmp_path / str(number)):
            seen |= {name for name in names(tmp_path) if TEMPORARY.fullmatch(name)}
    assert len(seen) == 20
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / ".pellucid-0123456789abcdef").symlink_to(victim)
    monkeypatch.setattr(writing_module, "_name_of_chance", lambda: ".pellucid-0123456789abcdef")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "a", b"attack")
    assert victim.read_bytes() == b"mine"


@POSIX
def test_a_pipe_and_a_device_are_written_to_and_stay(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    came: list[bytes] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"x" * 100_000)
    reader.join()
    assert came == [b"x" * 100_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    write_whole("/dev/null", b"x")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@POSIX
def test_a_pipe_that_nobody_reads_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing_module, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(pl.InputError, match="nobody reads this pipe"):
        write_whole(tmp_path / "pipe", b"x")


@POSIX
def test_sweeping_takes_what_the_dead_left_and_spares_the_living_and_the_rest(tmp_path: Path) -> None:
    (tmp_path / ".pellucid-00000000000000aa").write_bytes(b"left")
    (tmp_path / ".pellucid-00000000000000ab").mkdir()
    (tmp_path / ".pellucid-00000000000000ab" / "inside").write_bytes(b"left")
    for name in (".pellucid-mine", ".hidden", "a"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".pellucid-00000000000000ac").symlink_to("a")
    with writing(tmp_path / "b") as stream, folder_beside(tmp_path / "c") as beside:
        stream.write(b"living")
        (beside / "c").write_bytes(b"living")
        sweep(tmp_path)
        (beside / "c").rename(tmp_path / "c")
    left = {".pellucid-mine", ".hidden", "a", "b", "c", ".pellucid-00000000000000ac"}
    assert set(names(tmp_path)) == left
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c").read_bytes() == b"living"


def test_only_what_pellucid_wrote_is_replaced_and_the_rest_by_force(tmp_path: Path) -> None:
    path, own = tmp_path / "page.html", marked(b"by pellucid")
    check_replaceable(path, own)
    path.write_bytes(b"")  # holds nothing that could be lost
    check_replaceable(path, NEVER)
    path.write_bytes(b"mine")
    with pytest.raises(pl.InputError, match=r"would be lost; .*force=True"):
        check_replaceable(path, own)
    check_replaceable(path, own, force=True)
    for content in (b"by pellucid" + bytes(10**6), bytes(10**6) + b"by pellucid"):
        path.write_bytes(content)
        check_replaceable(path, own)


FORMS = (  # a command, and the file that it writes
    ("export --to onnx", "n.onnx"),
    ("export --to numpy", "n.py"),
    ("export --to pytorch", "n.safetensors"),
    ("export --to html", "n.html"),
    ("landscape --points 3 --samples 10", "n.html"),
    ("landscape --points 3 --samples 10", "n.csv"),
    ("landscape --points 3 --samples 10", "n.json"),
    ("landscape --points 3 --samples 10", "n.npz"),
    ("predict rows.npy", "n.csv"),
    ("import weights.safetensors", "n.safetensors"),
)


@pytest.mark.parametrize("name", ["n.png", "n.svg", "n.pdf"])
def test_a_picture_replaces_a_picture_of_pellucid_and_nobody_elses(name: str, tmp_path: Path) -> None:
    pl.pictures.save(style.figure(1, 1), tmp_path / name)
    pl.pictures.save(style.figure(2, 1), tmp_path / name)
    (tmp_path / name).write_bytes(b"somebody's own")
    with pytest.raises(pl.InputError, match="would be lost"):
        pl.pictures.save(style.figure(1, 1), tmp_path / name)
    assert (tmp_path / name).read_bytes() == b"somebody's own"
    pl.pictures.save(style.figure(1, 1), tmp_path / name, force=True)


@pytest.mark.slow
@pytest.mark.parametrize(("command", "name"), FORMS, ids=[f"{name} of {command.split()[0]}" for command, name in FORMS])
def test_every_command_replaces_its_own_file_and_nobody_elses(
    command: str, name: str, pellucid: Command, tmp_path: Path
) -> None:
    assert pellucid("export", "--to", "pytorch", "--out", "weights.safetensors").code == 0
    np.save(tmp_path / "rows.npy", np.zeros((2, 784), np.uint8))
    for _ in range(2):  # the second time over its own
        ended = pellucid(*command.split(), "--out", name)
        assert ended.code == 0, ended.err
    other = tmp_path / "other" / name
    other.parent.mkdir()
    other.write_bytes(b"somebody's own, import pellucid")
    before = other.stat()
    ended = pellucid(*command.split(), "--out", other)
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 1)
    assert "would be lost; choose another name, or replace it with --force" in ended.err
    assert other.read_bytes() == b"somebody's own, import pellucid"
    assert (other.stat().st_ino, other.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert names(other.parent) == [name]
    assert pellucid(*command.split(), "--out", other, "--force").code == 0
    assert other.read_bytes() != b"somebody's own, import pellucid"
