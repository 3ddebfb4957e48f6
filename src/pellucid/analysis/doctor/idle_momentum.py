"""A momentum that starts anew at every step: what it keeps is set to 0 just before it is used."""

import ast
from collections.abc import Iterator

from pellucid.analysis.finding import Finding

ZEROS = ("zeros", "zeros_like")


def idle_momenta(tree: ast.Module) -> list[Finding]:
    """One finding for each loop or function that sets averages to 0, and then lets them decay and move a parameter."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.While | ast.FunctionDef):
            names = dict(_idle(node.body))
            if names:
                found.append(_finding(names))
    return found


def _finding(lines: dict[str, int]) -> Finding:
    names, first = ", ".join(lines), next(iter(lines))
    fault = f"{names}: the momentum starts anew at every step: it is set to 0 just before it is used, and keeps nothing"
    remedy = f"set {first} to 0 once, before the loop: {first} = np.zeros_like(…)"
    return Finding(None, "update", fault, f"line {lines[first]}: {first} is 0 where it is multiplied", remedy)


def _idle(body: list[ast.stmt]) -> Iterator[tuple[str, int]]:
    """Names that are set to 0 in this body, next used as ``v = β * v + …``, and then move something."""
    zero: set[str] = set()
    decayed: dict[str, int] = {}
    for statement in body:
        used = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        name = _only_target(statement)
        if name in zero and isinstance(statement, ast.Assign) and _decays(statement.value, name):
            decayed[name] = statement.lineno
        yield from ((kept, line) for kept, line in decayed.items() if kept in used and _moves(statement, kept))
        zero -= used
        zero |= set(_set_to_zero(statement))


def _only_target(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None


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
    if isinstance(value, ast.Constant):
        return value.value == 0 and not isinstance(value.value, bool)
    called = value.func if isinstance(value, ast.Call) else None
    return (isinstance(called, ast.Attribute) and called.attr in ZEROS) or (
        isinstance(called, ast.Name) and called.id in ZEROS
    )


def _decays(value: ast.expr, name: str) -> bool:
    """Whether it is β * v + … or … − β * v."""
    if not isinstance(value, ast.BinOp) or not isinstance(value.op, ast.Add | ast.Sub):
        return False
    products = [one for one in (value.left, value.right) if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult)]
    factors = [factor for product in products for factor in (product.left, product.right)]
    return any(isinstance(one, ast.Name) and one.id == name for one in factors)


def _moves(statement: ast.stmt, name: str) -> bool:
    """Whether another name is moved by it: W += v, W = W - rate * v."""
    target: ast.expr | None = statement.target if isinstance(statement, ast.AugAssign) else None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        same = ast.unparse(statement.targets[0])
        target = statement.targets[0] if same in {ast.unparse(node) for node in ast.walk(statement.value)} else None
    return target is not None and ast.unparse(target) != name
