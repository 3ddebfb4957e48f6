"""A solution changed at one place: an operator, a constant, an argument, a statement left out."""

import ast
import copy
from collections.abc import Iterator

OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub, ast.Mult), ast.Sub: (ast.Add, ast.Mult), ast.Mult: (ast.Add, ast.Div),
    ast.Div: (ast.Mult, ast.Sub),
    ast.MatMult: (ast.Mult,), ast.Pow: (ast.Mult, ast.Add),
    ast.Gt: (ast.GtE, ast.Lt, ast.Eq), ast.GtE: (ast.Gt, ast.Lt, ast.Eq), ast.Eq: (ast.NotEq,), ast.In: (ast.NotIn,),
}  # fmt: skip


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Each changed source, and what was changed in it: the line as it is now."""
    tree = ast.parse(source)
    plain = ast.unparse(tree)
    count = sum(1 for _ in ast.walk(tree))
    seen = {plain}
    for place in range(count):
        for kind in range(24):
            changed = copy.deepcopy(tree)
            if not _change(changed, list(ast.walk(changed))[place], kind):
                continue
            text = ast.unparse(ast.fix_missing_locations(changed))
            if text not in seen:
                seen.add(text)
                yield text, _difference(plain, text)


def _difference(before: str, after: str) -> str:
    old, new = before.splitlines(), after.splitlines()
    if len(new) < len(old):
        gone = next((line for line, other in zip(old, [*new, ""], strict=False) if line != other), old[-1])
        return f"without {gone.strip()}"
    return next(line.strip() for line, other in zip(new, old, strict=False) if line != other)


def _change(tree: ast.AST, node: ast.AST, kind: int) -> bool:
    """Change a node in its own way number ``kind``, if it has so many."""
    if isinstance(node, ast.BinOp | ast.AugAssign):
        ways = OPERATORS.get(type(node.op), ())
        if kind < len(ways):
            node.op = ways[kind]()  # type: ignore[assignment]
            return True
        return (
            isinstance(node, ast.BinOp) and kind in (4, 5) and _replace(tree, node, (node.left, node.right)[kind - 4])
        )
    if isinstance(node, ast.Compare):
        ways = OPERATORS.get(type(node.ops[0]), ())
        if kind < len(ways):
            node.ops[0] = ways[kind]()  # type: ignore[call-overload]
        return kind < len(ways)
    if isinstance(node, ast.UnaryOp):
        return kind == 0 and _replace(tree, node, node.operand)
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        values = [node.value + 1, 2 * node.value + 3, -node.value - 1, 10 * node.value]
        if kind < len(values):
            node.value = values[kind]
        return kind < len(values)
    if isinstance(node, ast.Constant) and node.value is True:
        node.value = False
        return kind == 0
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return kind == 0 and _replace(tree, node, node.value)
    if isinstance(node, ast.Call):
        return _change_call(tree, node, kind)
    if isinstance(node, ast.Slice):
        return _change_slice(node, kind)
    return _change_statements(node, kind)


def _change_call(tree: ast.AST, node: ast.Call, kind: int) -> bool:
    """Leave out a keyword, exchange two arguments, or take what is called on in place of the call."""
    if kind < 2:
        if kind < len(node.keywords):
            del node.keywords[kind]
            return True
        return False
    if kind == 2 and len(node.args) > 1:
        node.args[0], node.args[1] = node.args[1], node.args[0]
        return True
    if kind == 3 and node.args:
        return _replace(tree, node, node.args[0])
    if kind == 4 and isinstance(node.func, ast.Attribute) and not node.args:
        return _replace(tree, node, node.func.value)
    return False


def _change_slice(node: ast.Slice, kind: int) -> bool:
    for number, name in enumerate(("lower", "upper")):
        if kind == number and getattr(node, name) is not None:
            setattr(node, name, None)
            return True
    return False


def _change_statements(node: ast.AST, kind: int) -> bool:
    """Leave out a statement, or exchange the parts of a tuple."""
    body = getattr(node, "body", None)
    if (
        isinstance(node, ast.FunctionDef | ast.For | ast.If)
        and isinstance(body, list)
        and len(body) > 1
        and kind < len(body)
    ):
        if isinstance(body[kind], ast.Return) or _is_text(body[kind]):
            return False
        del body[kind]
        return True
    if isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load) and kind == 0 and len(node.elts) > 1:
        node.elts[0], node.elts[1] = node.elts[1], node.elts[0]
        return True
    return False


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _replace(tree: ast.AST, node: ast.AST, other: ast.expr) -> bool:
    """Put another expression in a node's place."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is node:
                setattr(parent, name, other)
                return True
            if isinstance(value, list) and any(each is node for each in value):
                value[[each is node for each in value].index(True)] = other
                return True
    return False
