"""One examination: the user's functions, their parameters, a small batch, and what has been found so far."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.naming import LAST, Path, Quantity, all_arrays, at, meaning, quantity
from pellucid.analysis.doctor.reference_network import Layout
from pellucid.analysis.doctor.sandbox import CallResult, Failure
from pellucid.analysis.doctor.signatures import AvailableValues, UserFunctions
from pellucid.analysis.finding import Finding
from pellucid.core.activations import Activation
from pellucid.core.arrays import AnyArray, Array
from pellucid.core.network import Network
from pellucid.core.trace import Trace


@dataclass
class Examination:
    """What is known of a user's network; each part of the examination adds to it."""

    functions: UserFunctions
    findings: list[Finding] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    # set by the first part, start.py
    initial: Any = None  # what init returned
    parameters: Any = None  # the same structure with numbers of the doctor's own
    paths: dict[Quantity, Path] = field(default_factory=dict)
    available: AvailableValues = field(default_factory=AvailableValues)
    file_sizes: list[int] = field(default_factory=list)  # the sizes that the file itself asks init for
    layers: int = 0
    unnumbered: int = 0  # the layer of a W without a number
    layout: Layout = field(default_factory=lambda: Layout("columns", True))
    sizes: list[int] = field(default_factory=list)
    layouts: list[tuple[Layout, list[int], Array, CallResult]] = field(
        default_factory=list
    )  # to read the shapes, the first is it
    X: Array = field(default_factory=lambda: np.empty((0, 0)))  # (m, inputs), rows
    user_data: tuple[AnyArray, AnyArray] | None = None  # the user's own X, as rows, and y
    regression: bool = False  # whether the targets are values to regress
    # set by the forward pass
    forward_result: CallResult = field(default_factory=CallResult)
    output: Activation | None = None
    net: Network | None = None  # the user's weights, copied
    trace: Trace | None = None  # the intended z and a
    forward_matches: bool = False  # whether the user's own forward pass makes the same numbers
    user_names: dict[Quantity, str] = field(default_factory=dict)  # what the user calls z and a
    update_sign: int = 1  # −1 where the update adds
    gradients_negated: bool = (
        False  # whether backward gives −gradients, which the update then adds: y − a in place of a − y
    )

    def add(self, layer: int | None, quantity: str, fault: str, evidence: str, remedy: str) -> None:
        """Note a finding, unless it is noted already."""
        finding = Finding(layer, quantity, fault, evidence, remedy)
        if finding not in self.findings:
            self.findings.append(finding)

    def add_failure(self, role: str, failure: Failure, quantity: str, layer: int | None = None) -> None:
        """Note that a function stops with an error: unless a finding has shown that line already."""
        shown = [k for k, f in enumerate(self.findings) if f"line {failure.line}:" in f.evidence]
        if failure.line is not None and shown:
            known = self.findings[shown[0]]
            if failure.error not in known.evidence:
                evidence = f"{known.evidence}; running it raises {failure.error}"
                self.findings[shown[0]] = replace(known, evidence=evidence)
            return
        self.add(
            layer,
            quantity,
            f"{self.functions.name_of(role)} stops with an error",
            failure.text,
            "mend that line; then let the doctor look again for what comes after it",
        )

    @property
    def m(self) -> int:
        """Samples in the batch."""
        return len(self.X)

    def array(self, kind: str, l: int) -> Any:
        """The user's own W or b of a layer, None where there is none."""
        path = self.paths.get(Quantity(kind, l))
        return None if path is None else at(self.parameters, path)

    def arrays(self) -> dict[Quantity, Any]:
        """All parameters by quantity."""
        return {q: at(self.parameters, path) for q, path in self.paths.items()}

    def resolved(self, q: Quantity) -> Quantity:
        """A quantity whose layer is a number."""
        if q.layer != LAST:
            return q
        return Quantity(q.kind, self.unnumbered if q.kind in ("W", "b", "dW", "db") else self.layers)

    def with_parameters(self, parameters: Any) -> AvailableValues:
        """The available with other parameters, and nothing that was computed from them."""
        return self._base(parameters).extended(X=self.layout.own(self.X), samples=self.m)

    def _base(self, parameters: Any) -> AvailableValues:
        arrays = {q: at(parameters, path) for q, path in self.paths.items()}
        available = self.available.extended(arrays=arrays, parameters=parameters)
        if isinstance(parameters, tuple):
            names = self.functions.returns("init", CallResult(parameters)) if "init" in self.functions else []
            if len(names) == len(parameters):
                available.by_name.update({n: p for n, p in zip(names, parameters, strict=True) if n is not None})
                for name, part in zip(names, parameters, strict=True):
                    word = meaning(name) if name is not None else None
                    if word in ("weights", "biases", "parameters"):
                        available.by_meaning[word] = part
        return available

    def forward(self, parameters: Any = None) -> tuple[AvailableValues, CallResult]:
        """Run the user's forward pass: the available then holds also what it made."""
        available = self.with_parameters(self.parameters if parameters is None else parameters)
        result = self.functions.call("forward", available)
        return (available, result) if result.failure is not None else (self._with_results(available, result), result)

    def _with_results(self, available: AvailableValues, result: CallResult) -> AvailableValues:
        names = self.functions.returns("forward", result)
        parts = result.value if isinstance(result.value, tuple) and len(names) > 1 else (result.value,)
        available = available.extended(
            arrays={self.resolved(q): array for q, array in self._kept(result, names, parts)}
        )
        available.by_name.update({n: p for n, p in zip(names, parts, strict=False) if n is not None})
        out = self.output_of(result)
        if out is not None:
            available.by_meaning["output"] = out
        boxes = [part for part in parts if isinstance(part, dict | list | tuple)]
        called = [p for n, p in zip(names, parts, strict=False) if n is not None and meaning(n) == "cache"]
        available.by_meaning["cache"] = (
            (called or boxes or [result.value])[-1] if len(boxes) < 2 or called else tuple(boxes)
        )
        return available

    def _kept(self, result: CallResult, names: list[str | None], parts: Any) -> Iterator[tuple[Quantity, Any]]:
        """What forward returned under the name of a layer's z or a."""
        for name, part in zip(names, parts, strict=False):
            items = part.items() if isinstance(part, dict) else [(name, part)]
            for key, value in items:
                q = quantity(str(key)) if key is not None else None
                if q is not None and q.kind in "za" and isinstance(value, np.ndarray):
                    yield q, value

    def output_of(self, result: CallResult) -> Any:
        """The network's output among what forward returned."""
        m, k = self.m, self.sizes[-1]
        shapes = {(k, m) if self.layout.samples == "columns" else (m, k)} | ({(m,)} if k == 1 else set())
        names = self.functions.returns("forward", result)
        value = result.value
        if isinstance(value, tuple) and len(names) == len(value):
            found = [(label, a) for n, part in zip(names, value, strict=True) for label, a in all_arrays(part, n or "")]
        else:
            found = list(all_arrays(value, (names[0] if names else None) or ""))
        found = [(label, array) for label, array in found if array.shape in shapes]
        last = Quantity("a", self.layers)
        telling = [a for label, a in found if (q := quantity(label)) is not None and self.resolved(q) == last]
        telling = telling or [array for label, array in found if meaning(label) == "output"]
        if telling:
            return telling[0]
        alone = [array for label, array in found if quantity(label) is None]
        return (alone or [a for _, a in found])[-1] if found else None
