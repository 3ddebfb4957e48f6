"""The state of one examination: the user's functions, their parameters, a small batch, and what was found so far."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pellucid.analysis.doctor.arrays import Arrays, Path, all_arrays, at
from pellucid.analysis.doctor.available_values import AvailableValues
from pellucid.analysis.doctor.candidates import Candidate
from pellucid.analysis.doctor.naming import LAST, Quantity, meaning, quantity
from pellucid.analysis.doctor.objects import opened
from pellucid.analysis.doctor.reference_network import Layout, Reference
from pellucid.analysis.doctor.sandbox import CallResult, Failure, TooLongError
from pellucid.analysis.doctor.signatures import UserFunctions
from pellucid.analysis.finding import Finding
from pellucid.core.arrays import AnyArray, Array

# one way to read the weights' shapes: layout, sizes, a batch, the result of its forward pass
Reading = tuple[Layout, list[int], Array, CallResult]


@dataclass
class Examination:
    """What is known of a user's network; each part of the examination adds to it."""

    functions: UserFunctions
    findings: list[Finding] = field(default_factory=list)
    compared: list[str] = field(default_factory=list)  # what was compared, and is in order
    not_compared: list[str] = field(default_factory=list)  # what was not, why, and what would make it possible
    gradients_compared: bool = False  # whether every gradient was
    notes: list[str] = field(default_factory=list)
    # how the file is read
    one_sample: bool = False  # with one sample, as the file trains
    # set by probe.py
    initial: Any = None  # what init returned
    parameters: Any = None  # the same structure with numbers of the doctor's own
    paths: dict[Quantity, Path] = field(default_factory=dict)
    available: AvailableValues = field(default_factory=AvailableValues)
    file_sizes: list[int] = field(default_factory=list)  # the sizes that the file itself asks init for
    layers: int = 0
    unnumbered: int = 0  # the layer of a W without a number
    layout: Layout = field(default_factory=lambda: Layout(columns=True, outputs_first=True))
    sizes: list[int] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)  # in which forward runs: the first is taken
    X: Array = field(default_factory=lambda: np.empty((0, 0)))  # (m, inputs), rows
    user_data: tuple[AnyArray, AnyArray] | None = None  # the user's own X, as rows, and y
    regression: bool = False  # whether the targets are values to regress
    # set by the forward pass
    forward_result: CallResult = field(default_factory=CallResult)
    output: Candidate | None = None
    net: Reference | None = None  # the reference network, with the user's weights, and the intended z and a
    forward_matches: bool = False  # whether the user's own forward pass makes the same numbers
    user_names: dict[Quantity, str] = field(default_factory=dict)  # what the user calls z and a
    flat: list[Quantity] = field(default_factory=list)  # parameters with which no loss changes at all
    gradients_negated: bool = False  # whether backward gives −gradients, from y − a, which the update then adds

    def add(self, about: str | Quantity, fault: str, evidence: str, remedy: str, *, layer: int | None = None) -> None:
        """Note a finding about a quantity of a layer, or of none, unless it is noted already."""
        if isinstance(about, Quantity):
            layer, about = about.layer, about.kind
        finding = Finding(layer, about, fault, evidence, remedy)
        if finding not in self.findings:
            self.findings.append(finding)

    def not_examined(self, what: str, why: str, remedy: str) -> None:
        """Note that something could not be compared, why, and what would make it possible."""
        line = f"{what}: because {why}; {remedy}"
        if line not in self.not_compared:
            self.not_compared.append(line)

    def add_failure(self, role: str, failure: Failure) -> None:
        """Note that a function stops with an error: with the finding that has shown that line, else as not examined.

        The doctor made the call, with sizes and data of its own, so that the error is no fault of the user's yet.
        """
        shown = [k for k, f in enumerate(self.findings) if f"line {failure.line}:" in f.evidence]
        if failure.line is not None and shown:
            known = self.findings[shown[0]]
            if failure.error not in known.evidence:
                evidence = f"{known.evidence}; running it raises {failure.error}"
                self.findings[shown[0]] = replace(known, evidence=evidence)
            return
        why = f"it stops with an error when the doctor calls it with numbers of its own ({failure.text})"
        self.not_examined(self.functions.name_of(role), why, _remedy(failure))

    def without_findings(self, **changes: Any) -> "Examination":
        """A copy to try something with: what is found there is not reported."""
        return replace(self, findings=[], compared=[], not_compared=[], notes=[], **changes)

    @property
    def chose_sizes(self) -> bool:
        """Whether the sizes of the network are the doctor's own choice: init takes them, and nothing tells them."""
        told = "sizes" in self.functions.options or self.user_data is not None or bool(self.file_sizes)
        takes = "init" in self.functions and bool(self.functions.required("init"))
        return bool(self.sizes) and takes and not told

    @property
    def hides_slopes(self) -> bool:
        """Whether a hidden layer's slopes are all alike, as those of open ReLUs: one that is left out does not show."""
        hidden = zip(self.net.layers[:-1], self.net.z, strict=False) if self.net is not None else ()
        return any(not layer.activation.plain and np.ptp(layer.activation.slope(z)) == 0 for layer, z in hidden)

    @property
    def m(self) -> int:
        """Samples in the batch."""
        return len(self.X)

    def array(self, kind: str, l: int) -> Any:
        """The user's own W or b of a layer, None where there is none."""
        path = self.paths.get(Quantity(kind, l))
        return None if path is None else at(self.parameters, path)

    def arrays(self, parameters: Any = None) -> Arrays:
        """All parameters by quantity."""
        return {q: at(self.parameters if parameters is None else parameters, path) for q, path in self.paths.items()}

    def name(self, kind: str, l: int) -> str:
        """What the user calls a layer's z or a; A0 is X."""
        return self.user_names.get(Quantity(kind, l), f"{kind.upper()}{l}" if l else "X")

    @property
    def reference(self) -> Reference:
        """The reference network and its pass, for the parts that run only where they are known."""
        assert self.net is not None
        return self.net

    def resolved(self, q: Quantity) -> Quantity:
        """A quantity whose layer is a number."""
        if q.layer != LAST:
            return q
        return Quantity(q.kind, self.unnumbered if q.kind in ("W", "b", "dW", "db") else self.layers)

    def with_parameters(self, parameters: Any) -> AvailableValues:
        """What can be handed to a function with these parameters, and nothing that was computed from them."""
        values = self.available.extended(
            arrays=self.arrays(parameters), parameters=parameters, X=self.layout.given(self.X), samples=self.m
        )
        if "init" not in self.functions and isinstance(parameters, dict):  # global names
            values.by_name.update(parameters)
        elif isinstance(parameters, dict | list):
            values.by_name.update(self.functions.by_callers_names("init", parameters))
        if isinstance(parameters, tuple) and "init" in self.functions:
            for name, part in self.functions.parts("init", CallResult(parameters)):
                if name is not None:
                    values.by_name[name] = part
                    if (word := meaning(name)) in ("weights", "biases", "parameters"):
                        values.by_meaning[word] = part
        return values

    def with_targets(self, available: AvailableValues, form: Any, y: Array) -> AvailableValues:
        """The same values and the targets, in a form that the user's functions may want."""
        return available.extended(y=form, one_hot=self.layout.given(y))

    def forward(self, parameters: Any = None) -> tuple[AvailableValues, CallResult]:
        """Run the user's forward pass: the available values then hold also what it made."""
        available = self.with_parameters(self.parameters if parameters is None else parameters)
        result = self.functions.call("forward", available)
        if result.failure is None:
            self._add_results(available, result)
        return available, result

    def _add_results(self, available: AvailableValues, result: CallResult) -> None:
        parts = self.functions.parts("forward", result)
        for name, part in parts:
            if name is not None:
                available.by_name[name] = part
            named = opened(part)
            for key, array in named.items() if isinstance(named, dict) else [(name, part)]:
                q = quantity(None if key is None else str(key))
                if q is not None and q.kind in "za" and isinstance(array, np.ndarray):
                    available.arrays[self.resolved(q)] = array
        out = self.output_of(result)
        if out is not None:
            available.by_meaning["output"] = out
            available.arrays.setdefault(Quantity("a", self.layers), out)
        own = [part for _, part in parts if not hasattr(part, "root")]
        for _, part in parts:
            if hasattr(part, "root"):  # the object whose method forward is
                available.by_name["held"] = part
        value = result.value if len(own) == len(parts) else own[0] if len(own) == 1 else tuple(own)
        for name, part in self.functions.by_callers_names("forward", value).items():
            if meaning(name) != "X":  # x = layer.forward(x)
                available.by_name.setdefault(name, part)
        boxes = [part for _, part in parts if isinstance(part, dict | list | tuple) and not hasattr(part, "root")]
        caches = [part for name, part in parts if name is not None and meaning(name) == "cache"]
        if len(boxes) > 1 and not caches:
            available.by_meaning["cache"] = tuple(boxes)
        else:
            available.by_meaning["cache"] = (caches or boxes or [result.value])[-1]

    def output_of(self, result: CallResult) -> Any:
        """The network's output among what forward returned."""
        m, k = self.m, self.sizes[-1]
        shapes: set[tuple[int, ...]] = {(k, m) if self.layout.columns else (m, k)} | ({(m,)} if k == 1 else set())
        if self.layout.flat:
            shapes = {(k,), ()} if k == 1 else {(k,)}
        parts = self.functions.parts("forward", result)
        if parts[0][0] == "output" and _shape(parts[0][1]) in shapes:
            return parts[0][1]
        made = [(label, a) for name, part in parts for label, a in all_arrays(opened(part), name or "")]
        found = [(label, a) for label, a in made if a.shape in shapes]
        last = Quantity("a", self.layers)
        named = [a for label, a in found if (q := quantity(label)) is not None and self.resolved(q) == last]
        named = named or [a for label, a in found if meaning(label) == "output"]
        if named:
            return named[0]
        others = [a for label, a in found if quantity(label) is None]
        return (others or [a for _, a in found] or [None])[-1]


def _shape(value: Any) -> tuple[int, ...] | None:
    """The shape of an array or of nested lists; None where their lengths differ."""
    try:
        shape: tuple[int, ...] = np.shape(value)
    except ValueError:
        return None
    return shape


def _remedy(failure: Failure) -> str:
    """What to do about a call that stops: by the kind of its error."""
    if issubclass(failure.kind, OSError):
        return "put that file beside the code"
    if issubclass(failure.kind, NameError | ImportError):
        return "see in the notes what was not run, and make it run: install the module, put the data there"
    if failure.kind is TooLongError:
        return "let it end sooner, for small data at least"
    return "if it gets through where you call it, give the doctor the same: PELLUCID = dict(sizes=…, X=…, y=…)"
