"""Lists that are made by training, written as loops: ``losses = [step(x, y) for x, y in batches]``."""

import ast

from pellucid.analysis.doctor.own_calls import name_of


class Unrolling(ast.NodeTransformer):
    """Writes such a list as a loop that appends, so that a turn of it can be looked at.

    ``trains`` are the functions and methods that may train. A name that the function has for something else is left.
    """

    def __init__(self, trains: set[str]) -> None:
        self.trains = trains
        self.taken: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        before, self.taken = self.taken, _set_by_statements(node)
        self.generic_visit(node)
        self.taken = before
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | list[ast.stmt]:
        value, target = node.value, node.targets[0]
        if not isinstance(value, ast.ListComp) or not isinstance(target, ast.Name) or len(value.generators) > 1:
            return node
        (each,) = value.generators
        calls = {name_of(part.func) for part in ast.walk(value.elt) if isinstance(part, ast.Call)}
        own = {part.id for part in ast.walk(each.target) if isinstance(part, ast.Name)}
        if each.ifs or not calls & self.trains or own & self.taken:
            return node
        append = ast.Attribute(ast.Name(target.id, ast.Load()), "append", ast.Load())
        body: list[ast.stmt] = [ast.Expr(ast.Call(append, [value.elt], []))]
        loop = ast.For(each.target, each.iter, body, [])
        made = [ast.Assign([target], ast.List([], ast.Load())), loop]
        return [ast.fix_missing_locations(ast.copy_location(statement, node)) for statement in made]


def _set_by_statements(function: ast.FunctionDef) -> set[str]:
    """The names that a function takes, or sets outside of lists."""
    inner = [node.target for node in ast.walk(function) if isinstance(node, ast.comprehension)]
    own = {id(part) for target in inner for part in ast.walk(target)}
    names = {part.id for part in ast.walk(function)
             if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) and id(part) not in own}  # fmt: skip
    return names | {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)}
