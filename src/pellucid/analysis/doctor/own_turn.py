"""One turn of a loop of the user's, which can be run again from other parameters; and what is seen as it runs."""

import ast
import contextlib
import inspect
import io
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from types import CodeType, FrameType
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Path
from pellucid.analysis.doctor.objects import put
from pellucid.analysis.doctor.own_state import Leaves, State, copied, is_data, leaves
from pellucid.analysis.doctor.user_file import UserFile
from pellucid.core.arrays import AnyArray

ONCE = "__once__"  # the counter of the loop that runs a turn once
OPERATOR = re.compile(r"__r?(add|sub|mul|truediv|pow|neg)__")  # of a scalar's own arithmetic
Seen = dict[tuple[Any, ...], AnyArray]  # of each name all that it was, one after another


class TurnError(Exception):
    """The user's code raised an error when a turn was run again."""


@dataclass
class Turn:
    """One turn of a loop: its code, and the variables before it."""

    file: UserFile
    loop: ast.For | ast.While
    function: ast.FunctionDef | None  # in which the loop stands
    owner: str | None  # the class of which that is a method
    names: dict[str, Any]  # the file's global names
    state: State
    left: State | None = None  # the variables as the last run left them

    def __post_init__(self) -> None:
        self.code = compile(ast.fix_missing_locations(self._program()), self.file.path, "exec")

    def _program(self) -> ast.Module:
        """The loop's body, to be run once; within a function, as one that takes the local variables."""
        once = ast.For(ast.Name(ONCE, ast.Store()), ast.Tuple([ast.Constant(0)], ast.Load()), self.loop.body, [])
        program: list[ast.stmt] = [ast.copy_location(once, self.loop)]
        if self.function is not None:
            declared = [n for node in ast.walk(self.function) if isinstance(node, ast.Global) for n in node.names]
            arguments = [ast.arg(name) for name in self.state["locals"] if name not in declared]
            body = [*([ast.Global(declared)] if declared else []), *program]
            program = [ast.FunctionDef("__turn__", ast.arguments([], arguments, None, [], [], None, []), body, [])]
        if self.owner is not None:  # names that begin with two underscores bear the class's
            program = [ast.ClassDef(self.owner, [], [], program, [])]
        return ast.Module(program, [])

    def run(self, changes: dict[Path, AnyArray]) -> tuple[Leaves, Seen]:
        """Run the turn from changed variables: all arrays after it, and all that its functions had as they returned.

        Raises:
            TurnError: the user's code raises an error.
        """
        state, kept = copied(self.state), dict(self.names)
        for path, value in changes.items():
            put(state, path, value)
        seen = _Seen(self.file.path)
        made: dict[str, Any] = {}
        np.random.seed(0)  # noqa: NPY002  (what is drawn by chance is drawn alike in every run)
        random.seed(0)
        try:
            self.names.update(state["globals"])
            if self.function is None:
                with seen.watching():
                    exec(self.code, self.names)
            else:
                exec(self.code, self.names, made)
                holder = made[self.owner] if self.owner is not None else None
                turn = made["__turn__"] if holder is None else vars(holder)["__turn__"]
                taken = turn.__code__.co_varnames[: turn.__code__.co_argcount]
                with seen.watching():
                    turn(**{name: state["locals"][name] for name in taken})
                state["locals"] = {**state["locals"], **seen.turn}
            state["globals"] = {name: value for name, value in self.names.items() if is_data(value)}
        except Exception as error:
            raise TurnError from error
        finally:
            self.names.clear()
            self.names.update(kept)
        self.left = state
        after = leaves(state, lists=True)
        return after, {**{path: np.asarray(value)[np.newaxis] for path, value in after.items()}, **seen.stacked()}

    def next(self, changes: Leaves) -> "Turn":
        """The same turn once more, from where it leaves the variables when it is run from changed ones."""
        self.run(changes)
        return self.following()

    def following(self) -> "Turn":
        """The turn after the last run: of the same sample, with the loop's counter one further, as ``range`` has it."""
        assert self.left is not None
        place = "globals" if self.function is None else "locals"
        targets = ast.walk(self.loop.target) if isinstance(self.loop, ast.For) else ()
        names = [node.id for node in targets if isinstance(node, ast.Name) and node.id in self.state[place]]
        kept = {name: self.state[place][name] for name in names}  # the turn may have changed what the loop sets
        if names and isinstance(kept[names[0]], int):
            kept[names[0]] += 1
        return replace(self, state={**self.left, place: {**self.left[place], **kept}}, left=None)

    @property
    def line(self) -> int:
        """Where the loop begins."""
        return self.loop.lineno


@dataclass
class _Seen:
    """What the user's functions had in their local variables, and returned, each time one of them ended."""

    path: str
    found: dict[tuple[Any, ...], list[AnyArray]] = field(default_factory=dict)
    turn: dict[str, Any] = field(default_factory=dict)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """While this lasts, every function that ends is noted; what is printed was printed before, and goes nowhere."""
        before = sys.getprofile()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            sys.setprofile(self.note)
            try:
                yield
            finally:
                sys.setprofile(before)

    def note(self, frame: FrameType, event: str, value: Any) -> None:
        code: CodeType = frame.f_code
        if event != "return" or code.co_filename != self.path or code.co_name.startswith("<"):
            return
        if code.co_flags & inspect.CO_GENERATOR or OPERATOR.fullmatch(code.co_name):  # which returns at each yield
            return
        if code.co_name == "__turn__":
            self.turn = dict(frame.f_locals)
            return
        own = {"locals": {**frame.f_locals, "()": value}}
        for path, array in leaves(own, objects=False, lists=True).items():
            self.found.setdefault((code.co_name, *path[1:]), []).append(np.array(array))

    def stacked(self) -> Seen:
        """For each name all that it was, one after another; the last alone where the shapes differ."""
        return {
            key: np.stack(arrays) if len({array.shape for array in arrays}) == 1 else arrays[-1][np.newaxis]
            for key, arrays in self.found.items()
        }
