"""What mends a gradient: the right formula, in the names of the user's own backward function.

A line is given as a line of code only if it gives the right numbers where it stands: it is evaluated among the
function's local variables. Else it is said how the line should look.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import all_arrays
from pellucid.analysis.doctor.candidates import LOSSES
from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.loss import KnownLoss
from pellucid.analysis.doctor.match_mistakes import Explanation, same_factor
from pellucid.analysis.doctor.naming import Quantity, meaning
from pellucid.analysis.doctor.reference_network import close, factor
from pellucid.analysis.doctor.sandbox import run
from pellucid.analysis.doctor.user_file import bound
from pellucid.analysis.doctor.user_gradients import OwnDelta, UserGradients
from pellucid.core.arrays import Array

SLOPES = re.compile(r"deriv|prime|grad|slope|back|^d_", re.IGNORECASE)


@dataclass
class Remedies:
    """Lines of code for what is wrong in a backward pass."""

    exam: Examination
    gradients: UserGradients
    explanation: Explanation
    loss: KnownLoss
    deltas: dict[int, OwnDelta]  # the user's own δ
    y: Array

    def weight_gradient(self, l: int) -> str:
        """The line that makes dW from δ and the layer's input."""
        net, W = self.exam.net, self._code(self.exam.array("W", l), f"W{l}")
        given = None if net is None else self.exam.layout.from_rows(net.a[l - 1])
        code = self.exam.layout.product_code(self._delta(l), self._code(given, self.exam.name("a", l - 1)))
        part = self.explanation.parts[Quantity("dW", l)]
        decay = self.loss.decay
        plain = (
            None
            if part.right is None
            else part.right - decay * self.exam.layout.to_outputs_first(self.exam.array("W", l))
        )
        tail = f" + {self._number(decay)} * {W}" if decay else ""
        return self._line(Quantity("dW", l), code, plain, tail)

    def bias_gradient(self, l: int) -> str:
        """The line that sums δ over the samples."""
        code = self.exam.layout.sum_code(self._delta(l), self.exam.array("b", l))
        return self._line(Quantity("db", l), code, self.explanation.parts[Quantity("db", l)].right)

    def delta(self, l: int) -> str:
        """The line that makes δ: of the output from the loss, of a hidden layer from the layer above."""
        net, name = self.exam.net, self._delta(l)
        if net is None or not self.loss.known:
            return f"derive {name} anew, and compare it line by line"
        Z, A = (self._code(self.exam.layout.from_rows(of), self.exam.name(kind, l)) for kind, of in
                (("z", net.z[l - 1]), ("a", net.a[l])))  # fmt: skip
        slope = self._slope(l, Z, A)
        if l == self.exam.layers:
            code = self._output(Z, A, slope)
        else:
            W = self._code(self.exam.array("W", l + 1), f"W{l + 1}")
            code = f"({self.exam.layout.back_code(W, self._delta(l + 1))}) * {slope}"
        right = next((e.right for e in self.explanation.layers if e.layer == l), None)
        return self._line(Quantity("dz", l), code, None if right is None else right / self._convention(l), name=name)

    def _output(self, Z: str, A: str, slope: str) -> str:
        f, Y = self.exam.output, self._code(self.exam.layout.from_rows(self.y), "Y")
        assert f is not None
        if "one_hot" in self.exam.functions and Y == "Y":
            Y = f"{self.exam.functions.name_of('one_hot')}(Y)"
        if f.slope_cancels == self.loss.name:
            return f"({A} - {Y})" if f.inner is None else f"({A} - {Y}) * {f.inner.slope_code.format(Z=Z, A='A')}"
        dA = LOSSES[self.loss.name].slope_code.format(A=A, Y=Y)
        if f.jacobian is not None:
            axis = 0 if self.exam.layout.columns else 1
            return f"{A} * ({dA} - ({dA} * {A}).sum(axis={axis}, keepdims=True))"
        return dA if f.plain else f"({dA}) * {slope}"

    def _slope(self, l: int, Z: str, A: str) -> str:
        """The slope of a layer's activation, by the user's own function where there is one that gives it."""
        net = self.exam.reference
        f = net.layers[l - 1].activation if l < self.exam.layers else self.exam.output
        assert f is not None
        code = f.slope_code.format(Z=Z, A=A)
        if f.jacobian is None and self._value(code) is None:
            wanted = self.exam.layout.from_rows(f.slope(net.z[l - 1]))
            names = [name for name in self.exam.functions.namespace if SLOPES.search(name)]
            own = (f"{name}({of})" for name in names for of in (Z, A))
            code = next((text for text in own if close(self._value(text), wanted)), code)
        mask = net.layers[l - 1].mask
        masked = not np.all(mask == 1.0)
        return f"{code} * {self._code(self.exam.layout.from_rows(np.asarray(mask)), 'mask')}" if masked else code

    def _delta(self, l: int) -> str:
        return self.deltas[l].name if l in self.deltas else f"dZ{l}"

    def _convention(self, l: int) -> float:
        """What the user's own δ lack against dLoss/dz: 1/m, where it comes in later."""
        for layer in sorted(self.deltas, key=lambda other: (other <= l, other)):
            explained = next((e.delta for e in self.explanation.layers if e.layer == layer), None)
            c = None if explained is None else factor(explained, self.deltas[layer].rows)
            if c is not None and np.any(explained):
                return c
        return 1.0

    def _line(self, q: Quantity, code: str, right: Array | None, tail: str = "", name: str | None = None) -> str:
        """``q = code`` with the factor that makes it right, and whether it is only how it should look."""
        name, value = name or self._name(q), self._value(code)
        if value is not None and right is not None:
            rows = self.exam.layout.to_rows if q.kind == "dz" else self.exam.layout.to_outputs_first
            got = rows(value) if q.kind != "db" else np.ravel(value)
            c = factor(got, np.reshape(right, got.shape) if np.size(right) == np.size(got) else right)
            if c is not None and not self._in_loop(name):
                return f"{name} = {self._times(code, 1 / c)}{tail}"
        over = "" if q.kind == "dz" or same_factor(self._convention(q.layer), 1.0) else f" / {self._count}"
        return f"as in: {name} = {code}{over}{tail}"

    def _in_loop(self, name: str) -> bool:
        """Whether a name is set in a loop over layers, where a line for one layer does not do."""
        node = self.exam.functions.definition("backward")
        loops = [part for part in ast.walk(node) if isinstance(part, ast.For | ast.While)] if node is not None else []
        return any(name in bound(loop) for loop in loops)

    def _times(self, code: str, c: float) -> str:
        m, k = self.exam.m, self.exam.sizes[-1]
        over = [(1.0, ""), (m, f" / {self._count}"), (k, f" / {k}"), (m * k, f" / {self._count} / {k}")]
        before_it = [(1.0, ""), (2.0, "2 * "), (0.5, "0.5 * ")]
        factors = [(first / n, before, after) for n, after in over for first, before in before_it]
        for value, before, after in factors:
            if same_factor(c, value):
                return f"{before}{code}{after}"
            if same_factor(c, -value):
                return f"-{before or '1 * '}{code}{after}"
        return f"{c:.6g} * {code}"

    @cached_property
    def _count(self) -> str:
        """The code that counts samples: the user's own name for it, where there is one."""
        local = self.gradients.result.last_locals
        own = [name for name, value in local.items() if isinstance(value, int) and value == self.exam.m]
        return own[0] if own else self.exam.layout.count_code

    def counts_something_else(self, c: float) -> str | None:
        """The name in backward that should count samples and does not, which gives every gradient a factor."""
        wrong = self.exam.m / c
        local = self.gradients.result.last_locals.items()
        return next((name for name, v in local if meaning(name) == "samples" and same_factor(v, wrong)), None)

    def _number(self, value: float) -> str:
        names = {**self.exam.functions.namespace, **self.gradients.result.last_locals}
        own = [n for n, v in names.items() if isinstance(v, int | float) and same_factor(v, value)]
        over = [n for n, v in names.items() if isinstance(v, int | float) and same_factor(v / self.exam.m, value)]
        return own[0] if own else f"{over[0]} / {self._count}" if over else f"{value:.6g}"

    def _name(self, q: Quantity) -> str:
        """What the user calls a gradient."""
        value = self.gradients.as_returned.get(q)
        own = [n for n, v in self.gradients.result.last_locals.items() if v is value and v is not None]
        return own[0] if own else str(q)

    def _code(self, array: Any, otherwise: str) -> str:
        """The user's own name for an array, by its numbers."""
        if array is None:
            return otherwise
        arrays = all_arrays(self.gradients.result.last_locals)
        return next((label for label, own in arrays if own.dtype.kind in "fiub" and close(own, array)), otherwise)

    def _value(self, code: str) -> Any:
        """What an expression is worth at the end of backward; None where it has no value."""
        try:
            compiled = compile(ast.parse(code, mode="eval"), "remedy", "eval")
        except SyntaxError:
            return None
        names = {**self.exam.functions.namespace, "np": np, **self.gradients.result.last_locals}
        value = run(lambda: eval(compiled, names)).value
        return value if isinstance(value, np.ndarray | np.number) else None
