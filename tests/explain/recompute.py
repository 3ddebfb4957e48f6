"""A step computed again from its formula and operands, as a reader would, and how far off it may be."""

import ast
from typing import Any

import numpy as np

from pellucid.analysis.explain import Step
from pellucid.core.arrays import AnyArray

TOLERANCE = 1e-12  # of the sum of the sizes of what a formula adds up


def recompute(step: Step) -> Any:
    """The formula over the operands, and nothing else within reach."""
    return evaluate(step.formula, {name: np.asarray(value) for name, value in step.operands.items()})


def evaluate(formula: str, operands: dict[str, Any]) -> Any:
    return eval(formula, {"np": np, "__builtins__": {}}, operands)


def wrong(step: Step) -> bool:
    """Whether the value is not what the formula gives, or not of its shape."""
    again, value = np.asarray(recompute(step), np.float64), np.asarray(step.value)
    if again.shape != value.shape or not np.isfinite(value).all():
        return True
    operands = {name: np.asarray(operand) for name, operand in step.operands.items()}
    sizes = np.broadcast_to(size(ast.parse(step.formula, mode="eval").body, operands), value.shape)
    return bool((np.abs(again - value) > TOLERANCE * np.maximum(sizes, np.abs(value))).any())


def size(node: ast.expr, operands: dict[str, AnyArray]) -> Any:
    """The sum of the sizes of the terms in an expression: |a| + |b| for a - b, |a| |b| for a * b."""
    if isinstance(node, ast.BinOp):
        left, right = size(node.left, operands), size(node.right, operands)
        if isinstance(node.op, ast.Add | ast.Sub):
            return left + right
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.MatMult):
            return left @ right
        if isinstance(node.op, ast.Pow):
            return left**right
        return left / np.abs(evaluate(ast.unparse(node.right), operands))
    if isinstance(node, ast.UnaryOp):
        return size(node.operand, operands)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return np.transpose(size(node.value, operands))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in ("sum", "mean"):
            return getattr(np, node.func.attr)(size(node.args[0], operands))
        if node.func.attr == "outer":
            return np.outer(*(size(arg, operands) for arg in node.args))
    return np.abs(np.asarray(evaluate(ast.unparse(node), operands), np.float64))
