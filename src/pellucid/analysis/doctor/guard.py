"""What a process may no longer do once it is guarded: write outside one folder, reach a network, start programs.

Three fences, one behind the other: those of the kernel, where it has them (Linux: Landlock, and a name space without a
network); limits of memory, time and the size of files; and a hook that Python asks before it does such a thing, which
gives the user's code a clear PermissionError. The hook alone holds no attacker who knows Python's insides.
"""

import contextlib
import ctypes
import os
import struct
import sys
import sysconfig
from pathlib import Path
from types import FrameType
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
LARGEST = 200_000_000  # bytes of a file that is written
# What Python tells the hook of: the paths that an event changes, as (place of the path, place of its dir_fd or None).
LAST_PART, TARGET = False, True  # whether a link itself is changed, or what it leads to
CHANGES: dict[str, tuple[bool, tuple[tuple[int, int | None], ...]]] = {
    "os.remove": (LAST_PART, ((0, 1),)),
    "os.rmdir": (LAST_PART, ((0, 1),)),
    "os.mkdir": (LAST_PART, ((0, 2),)),
    "os.rename": (LAST_PART, ((0, 2), (1, 3))),
    "os.link": (TARGET, ((0, 2), (1, 3))),
    "os.symlink": (LAST_PART, ((1, 2),)),
    "os.truncate": (TARGET, ((0, None),)),
    "os.chmod": (TARGET, ((0, 2),)),
    "os.chown": (TARGET, ((0, 3),)),
    "os.chflags": (TARGET, ((0, None),)),
    "os.utime": (TARGET, ((0, 3),)),
    "os.setxattr": (TARGET, ((0, None),)),
    "os.removexattr": (TARGET, ((0, None),)),
    "sqlite3.connect": (TARGET, ((0, None),)),
}
BLOCKED = {
    "socket.": "use the network", "urllib.": "use the network", "http.": "use the network",
    "ftplib.": "use the network", "smtplib.": "use the network", "poplib.": "use the network",
    "imaplib.": "use the network",
    "webbrowser.": "open a browser",
    "subprocess.": "start a program", "os.system": "start a program", "os.exec": "start a program",
    "os.spawn": "start a program", "os.posix_spawn": "start a program", "os.startfile": "start a program",
    "os.fork": "start a process", "pty.": "start a process", "_winapi.CreateProcess": "start a process",
    "os.kill": "send a signal", "signal.pthread_kill": "send a signal",
    "resource.setrlimit": "change a limit", "resource.prlimit": "change a limit",
    "winreg.CreateKey": "change the registry", "winreg.DeleteKey": "change the registry",
    "winreg.SetValue": "change the registry",
}  # fmt: skip
ALLOWED = {"socket.gethostname"}


def guard(folder: str, seconds: float, memory: int) -> None:
    """From here on, write in ``folder`` alone, take that much more memory, and no other program or network."""
    _use_fences_of_the_kernel(folder)
    _set_limits(seconds, memory)
    _forbid_processes_that_no_event_tells_of()
    sys.addaudithook(_Hook(folder).ask)


class _Hook:
    """Asked by Python before each thing that it tells of."""

    def __init__(self, folder: str) -> None:
        self.folder = f"{os.path.realpath(folder)}{os.sep}"
        places = {*sysconfig.get_paths().values(), str(Path(__file__).parents[2]), *sys.path}
        self.libraries = tuple(f"{os.path.realpath(place)}{os.sep}" for place in places if place)

    def ask(self, event: str, values: tuple[Any, ...]) -> None:
        """Raise PermissionError for what may not be done."""
        if event == "open":
            path, _, flags = values
            if isinstance(flags, int) and flags & WRITING and not isinstance(path, int):
                self._replace_link(Path(os.fsdecode(path)), flags)
                self._check(path, None, TARGET, "write")
        elif event in CHANGES:
            target, places = CHANGES[event]
            for place, folder in places:
                path = f"/proc/self/fd/{values[place]}" if isinstance(values[place], int) else values[place]
                if path != ":memory:":  # a database that is no file
                    self._check(path, values[folder] if folder is not None else None, target, "change")
        elif event.startswith("ctypes.") and self._asked_by_the_user():
            raise _refused("call C functions")
        elif event not in ALLOWED:
            for start, what in BLOCKED.items():
                if event.startswith(start):
                    raise _refused(what)

    def _check(self, path: Any, folder: int | None, target: bool, what: str) -> None:
        name = os.fsdecode(path)
        if folder is not None and folder >= 0:
            name = f"{os.path.realpath(f'/proc/self/fd/{folder}')}/{name}"
        outside = not self._place(Path(name), target).startswith(self.folder) or name.startswith("file:")
        if outside and name != os.devnull:
            raise _refused(f"{what} {os.fsdecode(path)}: it may only write in the copy of its folder")

    def _place(self, path: Path, target: bool) -> str:
        """Where a path leads; without ``target``, where the link itself is, if it is one."""
        return os.path.realpath(path) if target else str(Path(os.path.realpath(path.parent)) / path.name)

    def _replace_link(self, path: Path, flags: int) -> None:
        """A large file is only linked into the copy: one that is written anew takes the place of the link."""
        if flags & os.O_TRUNC and path.is_symlink() and self._place(path, LAST_PART).startswith(self.folder):
            path.unlink()

    def _asked_by_the_user(self) -> bool:
        """Whether the nearest caller, beside ctypes itself, is no installed library."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and f"{os.sep}ctypes{os.sep}" in frame.f_code.co_filename:
            frame = frame.f_back
        file = "" if frame is None else frame.f_code.co_filename
        return not file.startswith("<frozen") and not os.path.realpath(file).startswith(self.libraries)


def _refused(what: str) -> PermissionError:
    return PermissionError(f"pellucid does not let the code that it examines {what}")


def _set_limits(seconds: float, memory: int) -> None:
    """Limits of the operating system; Windows has none of them, and macOS does not hold a process to that of memory."""
    if sys.platform == "win32":
        return
    import resource

    taken = 0
    with contextlib.suppress(OSError):
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    wanted = {"AS": taken + memory, "CPU": int(seconds) + 5, "FSIZE": LARGEST, "CORE": 0}
    for name, most in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def _forbid_processes_that_no_event_tells_of() -> None:
    """What multiprocessing starts its processes with."""
    if sys.platform == "win32":
        return
    import _posixsubprocess

    def refuse(*_: Any) -> Any:
        raise _refused("start a process")

    _posixsubprocess.fork_exec = refuse


CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
NO_NEW_PRIVILEGES = 38
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # Landlock's system calls, on every processor alike
EXECUTE, WRITE_FILE, REFER, TRUNCATE = 1 << 0, 1 << 1, 1 << 13, 1 << 14
REMOVE_AND_MAKE = sum(1 << k for k in range(4, 13))
TCP = 0b11  # bind and connect
SCOPES = 0b11  # abstract sockets and signals


def _use_fences_of_the_kernel(folder: str) -> None:
    """Linux's own fences, each where this kernel has it and lets us."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    version = libc.syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    if version < 1:
        return
    files = WRITE_FILE | REMOVE_AND_MAKE | (REFER if version >= 2 else 0) | (TRUNCATE if version >= 3 else 0)
    wanted = struct.pack("QQQ", files | EXECUTE, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = libc.syscall(CREATE_RULESET, wanted, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if rules < 0:
        return
    for path, rights in ((folder, files), (os.devnull, WRITE_FILE)):
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", rights, place)
        libc.syscall(ADD_RULE, ctypes.c_int(rules), ctypes.c_int(1), rule, ctypes.c_uint32(0))
        os.close(place)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.syscall(RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    os.close(rules)
