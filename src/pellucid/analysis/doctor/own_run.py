"""The file run as its author runs it, up to the first turn of a loop that trains.

Everything else in this folder calls the user's functions with numbers of its own. Here they get what the user gives
them: nothing has to be guessed, no name has to tell anything. A loop's turn is kept as a ``Turn``: the variables as
they stood before it, and its code.
"""

import ast
import copy
import functools
import random
import re
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import data_word
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.own_state import ARITHMETIC, State, copied, differ, is_data, leaves
from pellucid.analysis.doctor.own_turn import Turn, TurnError
from pellucid.analysis.doctor.sandbox import run
from pellucid.analysis.doctor.stand_ins import NAME, asking_stand_ins
from pellucid.analysis.doctor.unrolled import Unrolling
from pellucid.analysis.doctor.user_file import SECONDS, UserFile, at_once, needed, statements, used

HOOK = "__turn_begins__"
SAW = "__saw__"
TRIES, MORE = 2, 8  # turns of one loop that are looked at, and of one whose first turns left a doubt
SHOWS = re.compile(r"print\b|plt\.|display\b")  # calls that only show something

Examine = Callable[[Turn, list[State]], bool | None]


class _FoundError(BaseException):
    """Ends the user's program once its step is known."""


class _Hooks(ast.NodeTransformer):
    """Puts a call of the hook at the beginning of every loop's body, and behind every loop."""

    def __init__(self) -> None:
        self.loops: list[tuple[ast.For | ast.While, ast.FunctionDef | None, str | None]] = []  # as they were
        self.function: ast.FunctionDef | None = None
        self.owner: str | None = None

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        if {part.name for part in node.body if isinstance(part, ast.FunctionDef)} >= set(ARITHMETIC):
            return node  # of numbers: nothing trains in there
        before, self.owner = self.owner, node.name
        self.generic_visit(node)
        self.owner = before
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        before, self.function = self.function, copy.deepcopy(node)
        self.generic_visit(node)
        self.function = before
        return node

    def visit_For(self, node: ast.For) -> Any:
        return self._with_hooks(node)

    def visit_While(self, node: ast.While) -> Any:
        return self._with_hooks(node)

    def _with_hooks(self, node: ast.For | ast.While) -> Any:
        if any(isinstance(part, ast.Yield | ast.YieldFrom) for part in ast.walk(node)):
            return node
        self.loops.append((copy.deepcopy(node), self.function, self.owner))
        number = len(self.loops)
        self.generic_visit(node)
        node.body.insert(0, _call(number, node))
        return [node, _call(-number, node)]


class _Watching(ast.NodeTransformer):
    """Lets the labels of one sample be seen that bear no name: ``y[i]`` becomes ``__saw__(y[i])``."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or data_word(name_of(node.value) or "") != "y":
            return node
        return ast.copy_location(ast.Call(ast.Name(SAW, ast.Load()), [node], []), node)


class _Run:
    """A run of the user's file in which every loop tells when a turn of it begins."""

    def __init__(self, file: UserFile, examine: Examine) -> None:
        self.file, self.examine = file, examine
        self.names: dict[str, Any] = {"__name__": "user", "__file__": file.path, NAME: file.stand_ins}
        exec(compile(f"def {SAW}(y): return y", file.path, "exec"), self.names)
        self.names |= {HOOK: self._begins, **file.driver_names}
        self.hooks = _Hooks()
        self.open: list[tuple[int, FrameType, State]] = []  # the loops in whose first turn the program is
        self.tried: dict[int, int] = {}
        self.in_doubt: set[int] = set()
        self.known: dict[int, dict[str, set[str]]] = {}  # the names before each loop's first turn
        self.is_over = False

    def run(self) -> None:
        """Run the file's statements, until ``examine`` has what it wants."""
        with self.file.importing():
            seconds = 2 * SECONDS if self.file.driver else 4 * SECONDS
            defined = [node for node in ast.walk(self.file.tree) if isinstance(node, ast.FunctionDef)]
            unrolling = Unrolling({node.name for node in defined if any(map(moves, reached(self.file, node)))})
            for statement in _to_be_run(self.file):
                program = unrolling.visit(asking_stand_ins(statement))
                watched = ast.fix_missing_locations(self.hooks.visit(_Watching().visit(program)))
                execute = functools.partial(self._execute, compile(watched, self.file.path, "exec"))
                try:
                    run(execute, self.file.path, seconds=seconds)
                except _FoundError:
                    return

    def _execute(self, code: CodeType) -> None:
        """Run a statement; where it ends in the first turn of a loop, by an error say, that is looked at, too."""
        try:
            exec(code, self.names)
        finally:
            if not self.is_over:
                self._close(0)

    def _begins(self, number: int) -> None:
        """The hook: a loop's turn begins, or the loop is over."""
        if self.is_over:  # the program has caught what ends it
            raise _FoundError
        frame = sys._getframe(1)
        places = [k for k, (other, its, _) in enumerate(self.open) if other == abs(number) and its is frame]
        if places:
            self._close(places[-1])
        if number > 0 and self.tried.get(number, 0) < (MORE if number in self.in_doubt else TRIES):
            self.tried[number] = self.tried.get(number, 0) + 1
            state = self._state(frame)
            known = self.known.setdefault(number, {kind: set(names) for kind, names in state.items()})
            state = {kind: {n: v for n, v in names.items() if n in known[kind]} for kind, names in state.items()}
            self.open.append((number, frame, copied(state)))

    def _state(self, frame: FrameType) -> State:
        """The variables as they stand."""
        own = frame.f_locals if frame.f_locals is not frame.f_globals else {}
        data = {name: value for name, value in self.names.items() if is_data(value)}
        return {"globals": data, "locals": {name: value for name, value in own.items() if name.isidentifier()}}

    def _close(self, place: int) -> None:
        """The first turns of the loops from this place of ``open`` on are over: look at them, the innermost first."""
        while len(self.open) > place:
            number, frame, state = self.open.pop()
            if not differ(leaves(state), leaves(self._state(frame))):
                continue
            loop, function, owner = self.hooks.loops[number - 1]
            turn = Turn(self.file, loop, function, owner, self.names, state)
            hook, self.names[HOOK] = self._begins, _nothing
            try:
                verdict = self.examine(turn, [outer for _, _, outer in self.open])
            except TurnError:
                continue
            finally:
                self.names[HOOK] = hook
            self.is_over = verdict is True
            self.in_doubt |= {number} if verdict is None else set()
            if self.is_over:
                raise _FoundError


def _nothing(_: int) -> None:
    """No turn is noted."""


def _call(number: int, node: ast.stmt) -> ast.stmt:
    return ast.copy_location(ast.Expr(ast.Call(ast.Name(HOOK, ast.Load()), [ast.Constant(number)], [])), node)


def _to_be_run(file: UserFile) -> list[ast.stmt]:
    """The statements at the top level that train, and those that they need: nothing that prints, plots or saves."""
    every = [*statements(file.tree), *file.driver]
    plain = [s for s in every if at_once(s) and not isinstance(s, ast.Assign | ast.AnnAssign | ast.AugAssign)]
    rest = [s for s in every if s not in plain]
    chosen: list[ast.stmt] = []
    for place, statement in enumerate(rest):
        parts = reached(file, statement)
        loops = any(isinstance(part, ast.For | ast.While) for part in parts) and any(map(moves, parts))
        if not (statement in file.driver if file.driver else loops):
            continue
        wanted = {name for part in parts for name in used(part)} | {name for part in parts for name in _added_to(part)}
        before = [s for s in rest[:place] if s not in chosen]
        chosen += needed(before, wanted)  # and wanted grows by what these need: random.seed(4) is called for random
        calls = [s for s in before if isinstance(s, ast.Expr) and used(s) & wanted and not SHOWS.match(ast.unparse(s))]
        chosen += [*calls, statement]
    return [statement for statement in every if statement in chosen or statement in plain]


def reached(file: UserFile, statement: ast.stmt) -> list[ast.AST]:
    """A statement's parts, and those of the file's functions and methods that it calls, directly or not."""
    if statement in file.reached:
        return file.reached[statement]
    if not file.named:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                file.named.setdefault(node.name, []).append(node)
    parts, open_nodes, seen = list[ast.AST](), list[ast.AST]([statement]), set[int]()
    while open_nodes:
        for part in ast.walk(open_nodes.pop()):
            parts.append(part)
            name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
            for other in file.named.get(name, ()):
                if id(other) not in seen:
                    seen.add(id(other))
                    open_nodes.append(other)
    file.reached[statement] = parts
    return parts


def _added_to(part: ast.AST) -> set[str]:
    """The names that ``steps += 1`` reads, too."""
    return {part.target.id} if isinstance(part, ast.AugAssign) and isinstance(part.target, ast.Name) else set()


def moves(part: ast.AST) -> bool:
    """Whether a part of the code takes something away from what is there, or adds to it: W -= …, W = W - …."""
    if isinstance(part, ast.AugAssign):
        return isinstance(part.op, ast.Add | ast.Sub)
    if isinstance(part, ast.Call):
        return ast.unparse(part.func).rpartition(".")[2] in ("add", "subtract") and len(part.args) > 1
    return isinstance(part, ast.Assign) and any(
        isinstance(inner, ast.BinOp) and isinstance(inner.op, ast.Add | ast.Sub) for inner in ast.walk(part.value)
    )


def run_to_first_step(file: UserFile, examine: Examine) -> None:
    """Run a file until ``examine`` says that a loop's first turn is the one that it wants.

    It is asked about each loop in which numbers change, the innermost first; beside the turn it gets the variables that
    stood before the first turns of the loops around. None says that it may be, and that further turns may tell.
    """
    state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002  (the user's code draws from them)
    np.random.seed(0)  # noqa: NPY002  (so that the same file gets the same verdict)
    random.seed(0)
    try:
        _Run(file, examine).run()
    finally:
        np.random.set_state(state)  # noqa: NPY002
        random.setstate(python_state)
