"""A momentum that starts anew at every step: what it keeps is set to 0 just before it is used."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from pellucid.analysis.finding import Finding

ZEROS = ("zeros", "zeros_like")


def idle_momenta(tree: ast.Module) -> list[Finding]:
    """One finding for each loop or function that sets averages to 0, and then lets them decay and move a parameter."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While | ast.FunctionDef):
            body = _Body()
            body.read(node.body, ())
            if body.idle:
                found.append(_finding(body.idle))
    return found


def _finding(lines: dict[str, int]) -> Finding:
    names, first = ", ".join(lines), next(iter(lines))
    fault = f"{names}: the momentum starts anew at every step: it is set to 0 just before it is used, and keeps nothing"
    remedy = f"set {first} to 0 once, before the loop: {first} = np.zeros_like(…)"
    return Finding(None, "update", fault, f"line {lines[first]}: {first} is 0 where it is multiplied", remedy)


@dataclass
class _Body:
    """What is known of a body's names, statement after statement."""

    zero: set[str] = field(default_factory=set)  # names of what is 0 so far, or of parts of it
    decayed: dict[str, int] = field(default_factory=dict)  # what was next used as v = β * v + …, and where
    idle: dict[str, int] = field(default_factory=dict)  # and then moved something

    def read(self, body: list[ast.stmt], loops: tuple[set[str], ...]) -> None:
        """Read statements within loops, each told by the names that it sets."""
        for statement in body:
            if isinstance(statement, ast.For):
                self.zero |= _parts(statement, self.zero)
                self.read(statement.body, (*loops, _names(statement.target)))
                continue
            kept = _only_target(statement)
            root = _root(kept)
            if kept is not None and root in self.zero and isinstance(statement, ast.Assign):
                of_each = all(_names(kept) & targets for targets in loops)  # no turn comes back to the same one
                if of_each and _decays(statement.value, ast.unparse(kept)):
                    self.decayed[ast.unparse(kept)] = statement.lineno
            moved = {text: line for text, line in self.decayed.items() if _moves(statement, text)}
            self.idle |= {text.partition("[")[0]: line for text, line in moved.items()}
            self.zero -= _names(statement)
            self.zero |= set(_set_to_zero(statement))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _root(node: ast.expr | None) -> str | None:
    """The name of v, and of v["W"]."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _only_target(statement: ast.stmt) -> ast.expr | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return statement.targets[0]
    return None


def _parts(loop: ast.For, zero: set[str]) -> set[str]:
    """The names that a loop gives to parts of what is 0: v in ``for W, v in zip(weights, velocities)``."""
    targets = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
    zipped = isinstance(loop.iter, ast.Call) and ast.unparse(loop.iter.func) == "zip"
    values = loop.iter.args if isinstance(loop.iter, ast.Call) and zipped else [loop.iter]
    return set().union(*(_names(one) for one, value in zip(targets, values, strict=False) if _root(value) in zero))


def _set_to_zero(statement: ast.stmt) -> Iterator[str]:
    """``v = np.zeros_like(W)``, also of several names at once."""
    if not isinstance(statement, ast.Assign):
        return
    for target in statement.targets:
        several = isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple)
        targets = target.elts if isinstance(target, ast.Tuple) and several else [target]
        values = statement.value.elts if isinstance(statement.value, ast.Tuple) and several else [statement.value]
        for one, value in zip(targets, values, strict=False):
            if isinstance(one, ast.Name) and _is_zero(value):
                yield one.id


def _is_zero(value: ast.expr) -> bool:
    """Whether it is 0, an array of zeros, or a list or dict of these."""
    if isinstance(value, ast.Constant):
        return value.value == 0 and not isinstance(value.value, bool)
    if isinstance(value, ast.ListComp):
        return _is_zero(value.elt)
    if isinstance(value, ast.DictComp):
        return _is_zero(value.value)
    if isinstance(value, ast.List | ast.Dict):
        parts = value.elts if isinstance(value, ast.List) else value.values
        return bool(parts) and all(map(_is_zero, parts))
    return isinstance(value, ast.Call) and ast.unparse(value.func).rpartition(".")[2] in ZEROS


def _decays(value: ast.expr, text: str) -> bool:
    """Whether it is β * v + … or … − β * v."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub):
        return False
    products = [one for one in (value.left, value.right) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult)]
    return any(ast.unparse(factor) == text for product in products for factor in (product.left, product.right))


def _moves(statement: ast.stmt, text: str) -> bool:
    """Whether something else is moved by it: W += v, W = W - rate * v."""
    if not isinstance(statement, ast.Assign | ast.AugAssign):
        return False
    parts = {ast.unparse(node) for node in ast.walk(statement.value)}
    target = statement.target if isinstance(statement, ast.AugAssign) else _only_target(statement)
    moved = target is not None and (isinstance(statement, ast.AugAssign) or ast.unparse(target) in parts)
    return moved and target is not None and ast.unparse(target) != text and text in parts
