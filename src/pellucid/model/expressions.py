"""An activation's formula, a NumPy expression of one score, in other languages: so no exporter need know its name.

What a formula may hold: numbers, ``{z}``, settings and constants by name, ``+ - * / **``, one comparison, and the
functions of ``FUNCTIONS``.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from pellucid.core.activations import Activation
from pellucid.core.errors import InputError
from pellucid.core.registry import describe

Z = "z"  # the score, in every language


class Spelling(NamedTuple):
    """How one function of NumPy is written in other languages; ``{0}``, ``{1}``, … are its arguments."""

    javascript: str
    pytorch: str


FUNCTIONS = {
    "abs": Spelling("Math.abs({0})", "torch.abs({0})"),
    "exp": Spelling("Math.exp({0})", "torch.exp({0})"),
    "log": Spelling("Math.log({0})", "torch.log({0})"),
    "log1p": Spelling("Math.log1p({0})", "torch.log1p({0})"),
    "logaddexp": Spelling(
        "(Math.max({0}, {1}) + Math.log1p(Math.exp(-Math.abs({0} - ({1})))))",
        "torch.logaddexp(torch.as_tensor({0}, dtype=z.dtype), torch.as_tensor({1}, dtype=z.dtype))",
    ),
    "maximum": Spelling(
        "Math.max({0}, {1})", "torch.maximum(torch.as_tensor({0}, dtype=z.dtype), torch.as_tensor({1}, dtype=z.dtype))"
    ),
    "minimum": Spelling(
        "Math.min({0}, {1})", "torch.minimum(torch.as_tensor({0}, dtype=z.dtype), torch.as_tensor({1}, dtype=z.dtype))"
    ),
    "sqrt": Spelling("Math.sqrt({0})", "torch.sqrt({0})"),
    "tanh": Spelling("Math.tanh({0})", "torch.tanh({0})"),
    "where": Spelling("({0} ? {1} : {2})", "torch.where({0}, {1}, {2})"),
    "sign": Spelling("Math.sign({0})", "torch.sign({0})"),
    "clip": Spelling("Math.min(Math.max({0}, {1}), {2})", "torch.clamp({0}, {1}, {2})"),
}
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.USub: "-",
    ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<=",
}  # fmt: skip


def numpy_text(activation: Activation) -> str:
    """f(z) in NumPy, its settings and constants written as numbers.

    >>> from pellucid import LeakyReLU
    >>> numpy_text(LeakyReLU(0.1))
    'np.where(z > 0, z, 0.1 * z)'
    """
    return ast.unparse(parsed(activation))


def javascript(activation: Activation) -> str:
    """f(z) in JavaScript, for one number z.

    >>> from pellucid import ReLU
    >>> javascript(ReLU())
    'Math.max(z, 0)'
    """
    return _written(parsed(activation), "javascript")


def pytorch(activation: Activation) -> str:
    """f(z) in PyTorch, for a tensor z.

    >>> from pellucid import SiLU
    >>> pytorch(SiLU())
    '(z / (1 + torch.exp((-z))))'
    """
    return _written(parsed(activation), "pytorch")


def javascript_slope(activation: Activation) -> str:
    """The factor f'(z) in JavaScript, for one number z and its activation a; 1 where it is 1.

    >>> from pellucid import ReLU, Tanh
    >>> javascript_slope(ReLU()), javascript_slope(Tanh())
    ('(z > 0)', '(1 - (a ** 2))')
    """
    formula = activation.formula
    known = {**formula.constants, **describe(activation)}
    return javascript_of(formula.slope or "1", known, activation.name, {Z: Z, "a": "a"})


def javascript_of(
    formula: str, known: Mapping[str, Any], whose: str, texts: Mapping[str, str], names: Iterable[str] = ()
) -> str:
    """Another formula in JavaScript: ``texts`` stand in its braces, and their names and some more in it as they are.

    >>> javascript_of("{a} - rate * {y}", {"rate": 0.5}, "it", {"a": "a", "y": "y"})
    '(a - (0.5 * y))'
    """
    return _written(tree_of(formula, known, whose, texts, names), "javascript")


def parsed(activation: Activation) -> ast.expr:
    """The formula as a tree, its settings and constants written as numbers.

    Raises:
        InputError: there is no formula of one score, or it cannot be read.
    """
    formula = activation.formula
    if formula.of_layer or not formula.value:
        raise InputError(f"{activation.name}: has no formula of one score, which an export could write")
    return tree_of(formula.value, {**formula.constants, **describe(activation)}, activation.name, {Z: Z})


def tree_of(
    formula: str, known: Mapping[str, Any], whose: str, texts: Mapping[str, str], names: Iterable[str] = ()
) -> ast.expr:
    """A formula as a tree, what is ``known`` written as numbers; raises InputError where it cannot be read."""
    try:
        tree = ast.parse(formula.format(**texts), mode="eval").body
    except (SyntaxError, KeyError, IndexError, ValueError):
        raise InputError(f"{whose}: its formula {formula!r} is no expression of {', '.join(texts)}") from None
    written: ast.expr = _Numbers(known, whose, {"np", *texts, *names}).visit(tree)
    return written


class _Numbers(ast.NodeTransformer):
    """Writes the value of each setting and constant in place of its name, and refuses what no language has."""

    def __init__(self, known: Mapping[str, Any], whose: str, letters: set[str]) -> None:
        self.known, self.whose, self.letters = known, whose, letters

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.letters:
            return node
        if node.id not in self.known:
            raise InputError(f"{self.whose}: its formula speaks of {node.id}, which is no setting of it")
        return ast.Constant(float(self.known[node.id]))


def function_name(node: ast.Call) -> str:
    """The name of the NumPy function that is called; raises InputError where there is none of it elsewhere."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
    if name not in FUNCTIONS:
        raise InputError(f"np.{name}: no export can write it; write the formula with {', '.join(FUNCTIONS)}")
    return name


def _written(tree: ast.expr, language: str) -> str:
    def call(node: ast.Call, arguments: list[str]) -> str:
        spelling: str = getattr(FUNCTIONS[function_name(node)], language)
        return spelling.format(*arguments)

    return walked(
        tree,
        number=repr,
        call=call,
        operation=lambda sign, parts: f"({parts[0]} {sign} {parts[1]})" if len(parts) == 2 else f"({sign}{parts[0]})",
    )


def walked(
    node: ast.AST,
    *,
    score: str = Z,
    number: Callable[[float], str],
    call: Callable[[ast.Call, list[str]], str],
    operation: Callable[[str, list[str]], str],
) -> str:
    """Write a formula part by part, the inner ones first: its ``score``, and three ways to write all else."""

    def inner(part: ast.AST) -> str:
        return walked(part, score=score, number=number, call=call, operation=operation)

    match node:
        case ast.Name(id=name):
            return score if name == Z else name
        case ast.Constant(value=int() | float() as value):
            return number(value)
        case ast.Call():
            return call(node, [inner(argument) for argument in node.args])
        case ast.BinOp() if type(node.op) in OPERATORS:
            return operation(OPERATORS[type(node.op)], [inner(node.left), inner(node.right)])
        case ast.UnaryOp() if type(node.op) in OPERATORS:
            return operation(OPERATORS[type(node.op)], [inner(node.operand)])
        case ast.Compare(ops=[one]) if type(one) in OPERATORS:
            return operation(OPERATORS[type(one)], [inner(node.left), inner(node.comparators[0])])
    raise InputError(f"{ast.unparse(node)}: no export can write it; use numbers, z, + - * / **, > < and functions")
