"""The lock on a run's folder: one process at a time writes there, and another is told which one it is.

The system takes the lock away from a process that dies, so none has to be broken.
"""

from pathlib import Path

from pellucid._writing import LOCKS

if LOCKS:
    pass
else:
    pass

NAME = "lock"
BEYOND = 1 << 30  # the byte that Windows locks: no reader of the text comes so far


class Lock:
    """The lock on a folder, taken when it is made; `release` gives it back.

    Within a process it may be taken again: whoever takes it last has it.

    Raises:
        InputError: another process has it; the message names that.
        OSError: the folder cannot be written to.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> lock = Lock(folder)
    >>> lock.release()
    >>> list(folder.iterdir())
    []
    """

    _held: dict[tuple[int, int], "Lock"] = {}  # of this process, by device and number of the folder

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME
