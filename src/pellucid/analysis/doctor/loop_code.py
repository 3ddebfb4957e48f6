"""A training loop's statements, read without running them: what they need, move, and do before the targets come in."""

import ast
import copy
from collections.abc import Iterator

from pellucid.analysis.doctor.naming import data_word, quantity
from pellucid.analysis.doctor.own_calls import name_of
from pellucid.analysis.doctor.role_names import is_called_as
from pellucid.analysis.doctor.user_file import bound, used

Loop = ast.For | ast.While
SHOWS = ("print", "plt.", "tqdm.write", "logging.", "sys.stdout")


def find_loop(body: list[ast.stmt]) -> Loop | None:
    """The first loop in a piece of code that moves something from turn to turn, as training does."""
    return next((node for node in _statements(body) if isinstance(node, Loop) and carried(node)), None)


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements, those within if and with too, but not within loops and functions."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.With):
            yield from _statements([*node.body, *(node.orelse if isinstance(node, ast.If) else [])])


def carried(loop: Loop) -> set[str]:
    """The names that a loop hands on from turn to turn and moves: parameters, or objects that hold them.

    >>> sorted(carried(ast.parse("for i in range(9): out = X @ W; W -= rate * X.T @ (out - y)").body[0]))
    ['W']
    """
    found = set()
    for node in ast.walk(loop):
        if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
            found.add(root_of(node.target))
        elif isinstance(node, ast.Assign) and _moves(node):
            found.add(root_of(node.targets[0]))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _learns(node.func.attr):
            found.add(root_of(node.func.value))
    for node in ast.walk(loop):  # for layer in layers: layer.backward(…)
        if isinstance(node, ast.For) and bound(node.target) & found:
            found |= used(node.iter)
    return {name for name in found if name is not None} & inputs_of(loop.body)


def trains(statement: ast.stmt) -> bool:
    """Whether a statement is a loop that moves something else than data."""
    loops = [node for node in ast.walk(statement) if isinstance(node, Loop)]
    return any(quantity(name) is not None for loop in loops for name in carried(loop))


def _learns(method: str) -> bool:
    return any(is_called_as(role, method) for role in ("backward", "update"))


def _moves(node: ast.Assign) -> bool:
    """``W = W - rate * dW``."""
    value: ast.expr = node.value
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub):
        return False
    while isinstance(value, ast.BinOp):
        value = value.left
    return ast.unparse(value) == ast.unparse(node.targets[0])


def root_of(node: ast.expr) -> str | None:
    """The variable that an expression is a part of: params for ``params["W1"]``, self for ``self.W1``."""
    while isinstance(node, ast.Subscript | ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def inputs_of(body: list[ast.stmt], known: frozenset[str] = frozenset()) -> set[str]:
    """The names that statements read before they set them."""
    found: set[str] = set()
    have = set(known)
    for node in body:
        if isinstance(node, ast.For | ast.While | ast.If | ast.With):
            head = [getattr(node, name) for name in ("iter", "test") if hasattr(node, name)]
            targets = bound(node.target) if isinstance(node, ast.For) else set()
            found |= {name for part in head for name in used(part)} - have
            found |= inputs_of([*node.body, *getattr(node, "orelse", [])], frozenset(have | targets))
        else:
            changed = used(node.target) | bound(node.target) if isinstance(node, ast.AugAssign) else set()
            inner = [bound(part.target) for part in ast.walk(node) if isinstance(part, ast.comprehension)]
            found |= (used(node) | changed) - have - set().union(*inner)
        have |= bound(node)
    return found


def data_of(loop: Loop, inputs: set[str]) -> dict[str, str]:
    """What a loop calls X and y, of the names that it needs."""
    called = {name_of(node.func) for node in ast.walk(loop) if isinstance(node, ast.Call)}
    found = {word: name for name in sorted(inputs - called) if (word := data_word(name)) is not None}
    for node in ast.walk(loop):  # for x, y in zip(X, Y): these are the data then
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and name_of(node.iter.func) == "zip":
            names = [root_of(part) for part in node.iter.args]
            pairs = zip(names, ("X", "y"), strict=False)
            found.update({word: name for name, word in pairs if name in inputs and word not in found and name})
    return found


class ForwardPart:
    """The statements that do not depend on the targets, and the output: what the first that does reads of them."""

    def __init__(self, body: list[ast.stmt], target: str) -> None:
        self.output: ast.expr | None = None
        self._late = {target}  # names that depend on the targets
        self._early: list[str] = []  # those that do not, in the order in which they are set
        self._variables = inputs_of(body) | {name for node in body for name in bound(node)}
        self.statements = self._kept(body)

    def _kept(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for node in body:
            if isinstance(node, ast.For | ast.With | ast.While | ast.If) and not self._is_late_test(node):
                if isinstance(node, ast.For) and used(node.iter) & self._late:  # of zip(X, Y), what comes from Y
                    names = [part.id for part in ast.walk(node.target) if isinstance(part, ast.Name)]
                    self._late.update(names[-1:])
                if inner := self._kept(node.body):
                    part = copy.copy(node)
                    part.body = inner
                    if not isinstance(part, ast.With):
                        part.orelse = self._kept(part.orelse)
                    found.append(part)
            elif used(node) & self._late or (isinstance(node, ast.AugAssign) and root_of(node.target) in self._late):
                self.output = self.output or self._read(node)
                targets = [node.target] if isinstance(node, ast.AugAssign) else getattr(node, "targets", [])
                roots = {root_of(target) for target in targets} | _called_on(node)
                self._late |= bound(node) | {name for name in roots if name in self._variables and name is not None}
            else:
                found.append(node)
                self._early.extend(sorted(bound(node)))
        return found

    def _is_late_test(self, node: ast.stmt) -> bool:
        return isinstance(node, ast.If) and bool(used(node.test) & self._late)

    def _read(self, node: ast.stmt) -> ast.expr | None:
        """What a statement reads of the forward pass: the variable set last, else an attribute, dense2.output."""
        read = [name for name in self._early if name in used(node)]
        if read:
            return ast.copy_location(ast.Name(read[-1], ast.Load()), node)
        methods = [id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)]
        attributes = [part for part in ast.walk(node) if isinstance(part, ast.Attribute) and id(part) not in methods]
        return next((a for a in attributes if root_of(a) not in self._late and isinstance(a.ctx, ast.Load)), None)


def _called_on(node: ast.stmt) -> set[str | None]:
    """The objects whose methods a statement calls."""
    calls = [part.func for part in ast.walk(node) if isinstance(part, ast.Call)]
    return {root_of(function) for function in calls if isinstance(function, ast.Attribute)}


def loss_in(body: list[ast.stmt], target: str) -> ast.Assign | None:
    """The statement that computes the loss from the targets."""
    sets = [node for node in ast.walk(ast.Module(body, [])) if isinstance(node, ast.Assign) and target in used(node)]
    named = [node for node in sets if is_called_as("loss", ast.unparse(node.targets[0]))]
    return next((node for node in named if not _is_difference(node.value)), None)


def _is_difference(value: ast.expr) -> bool:
    """Whether it is ``y - output``: called an error, but no loss."""
    calls = any(isinstance(part, ast.Call) for part in ast.walk(value))
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub) and not calls


def without_output(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements without those that only print, plot or end the loop; ``x, y = X[i], Y[i]`` as two."""
    kept: list[ast.stmt] = []
    for node in (part for statement in body for part in _parts(statement)):
        if isinstance(node, ast.Break | ast.Continue) or ast.unparse(node).startswith(SHOWS):
            continue
        if isinstance(node, ast.If | ast.For | ast.With | ast.While):
            inner = without_output(node.body)
            if not inner:
                continue
            part = copy.copy(node)
            part.body = inner
            kept.append(part)
        else:
            kept.append(node)
    return kept


def _parts(node: ast.stmt) -> list[ast.stmt]:
    if not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return [node]
    target, value = node.targets[0], node.value
    if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple) or len(target.elts) != len(value.elts):
        return [node]
    if used(value) & bound(target):
        return [node]
    pairs = zip(target.elts, value.elts, strict=True)
    return [ast.copy_location(ast.Assign([one], part), node) for one, part in pairs]
