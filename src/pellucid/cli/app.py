"""The command group, and what becomes of errors: one message, an exit code, and never a traceback for bad input."""

import errno
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click
import numpy as np

import pellucid
from pellucid._text import did_you_mean
from pellucid.cli.flags import in_flags
from pellucid.cli.help_pages import HelpContext
from pellucid.cli.interrupts import Ended, handled, leave
from pellucid.cli.printing import mute, note
from pellucid.core.errors import InputError
from pellucid.runs.mpi import started_as

REMEDIES = {  # for what the operating system refuses
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room within what you may use of the disk",
    errno.EFBIG: "choose another disk, or allow larger files",
    errno.EROFS: "choose another disk, or mount it for writing",
    errno.ENOENT: "make the folder again, or choose another place",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "choose a place that the links lead to",
    errno.EMFILE: "close other files, or allow more of them (ulimit -n)",
    errno.EIO: "check the disk",
}
COMMANDS = (
    "train", "sweep", "evaluate", "predict", "importance", "explain", "plot", "landscape",
    "studio", "report", "lr-find", "doctor", "check", "grade", "book", "export", "import", "benchmark", "data",
)  # fmt: skip


class Commands(click.Group):
    """The commands, each imported when it is asked for."""

    context_class = HelpContext

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with handled(leave):
            own = "import_" if name == "import" else name.replace("-", "_")
            command: click.Command = getattr(import_module(f"pellucid.cli.{own}"), own)
        command.context_class = HelpContext
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-") and (near := did_you_mean(name, COMMANDS)):
            raise InputError(f"{name}: there is no such command; {near}")
        return super().resolve_command(ctx, args)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(pellucid.__version__, prog_name="pellucid")
def group() -> None:
    """The neural network that one can see through.

    \b
    pellucid train                train the digit recogniser
    pellucid train t.csv          your own table
    pellucid sweep t.csv          many trainings, to find settings
    pellucid predict digit.png    read a digit from a picture
    pellucid evaluate             how good it is, by class
    pellucid evaluate latest      how good your last run is
    pellucid explain              every number of one digit
    pellucid doctor my_net.py     what is wrong in your code
    pellucid check                is back propagation right?
    """  # noqa: D301  (click reads \b as: leave these lines as they are)


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code."""
    started = started_as()
    mute(bool(started and started[0] and next(iter(arguments), "") == "train"))  # its rank 0 speaks for all
    try:
        with np.errstate(all="ignore"):  # what is infinite or no number is told by pellucid, where it matters
            result: Any = group.main(list(arguments) or ["--help"], prog_name="pellucid", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except BaseException as error:
        return answer(error, next(iter(arguments), ""))


def answer(error: BaseException, command: str, who: str = "") -> int:
    """Say in a line what has ended a command, and return the exit code; what is a fault of pellucid is raised again.

    ``who`` stands before the message.
    """
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        where = f" (see {context.command_path} --help)" if context is not None else ""
        return _fail(who + " ".join(error.format_message().split()).rstrip(".") + where)
    if isinstance(error, click.Abort | KeyboardInterrupt):
        note("interrupted")
        cause = error.__context__ or error  # click makes a KeyboardInterrupt an Abort
        return cause.code if isinstance(cause, Ended) else 130
    if isinstance(error, InputError):
        return _fail(who + in_flags(str(error), group.get_command(click.Context(group), command)))
    if isinstance(error, BrokenPipeError | SystemExit):  # click and rich end like this where nobody reads any more
        raise BrokenPipeError from None
    if isinstance(error, MemoryError):
        remedy = "take a smaller network, a smaller --batch-size, or fewer samples"
        return _fail(f"{who}not enough memory ({error}): {remedy}")
    if isinstance(error, OSError):
        return _fail(who + os_message(error))
    raise error


def os_message(error: OSError) -> str:
    """What the operating system refused, where, and what to do."""
    place = f"{error.filename}: " if error.filename else ""
    remedy = REMEDIES.get(error.errno or 0, "choose a place that you may read and write")
    return f"{place}{error.strerror or error}; {remedy}"


def _fail(message: str) -> int:
    note(f"error: {message}")
    return 2
