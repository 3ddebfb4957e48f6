"""The wiring of a user's file, read without running it: undefined names, values handed on in a wrong order."""

import ast
import builtins
import dis
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import Quantity, meaning, quantity
from pellucid.analysis.doctor.probe import counted
from pellucid.analysis.doctor.roles import ROLES
from pellucid.analysis.doctor.signatures import returned_names
from pellucid.analysis.doctor.user_file import UserFile, bound


def examine_dataflow(exam: Examination) -> None:
    """Find undefined names, wrong counts and orders of values between functions, and values returned twice."""
    file = exam.functions.file
    if file is None:
        return
    before = len(exam.findings)
    for function, name, line in undefined(file):
        exam.add(
            None,
            name,
            f"{name} is not defined",
            f"line {line}: {function} uses it, and Python raises NameError: name '{name}' is not defined",
            f"def {name}(…): …" if _is_called(file, name) else f"give {name} a value, or hand it to {function}",
        )
    for name, node in file.definitions.items():
        _examine_returned(exam, name, node)
    for call in calls(file):
        _examine_call(exam, file, call)
    if len(exam.findings) == before:
        exam.checked.append("how the functions hand values on: every name defined, counts and orders as they should be")


def undefined(file: UserFile) -> Iterator[tuple[str, str, int]]:
    """The names that functions use and nothing defines: (function, name, line), each once."""
    known = set(file.namespace) | set(vars(builtins)) | {"__file__", "__name__"}
    for statement in ast.walk(file.tree):
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            return
        if isinstance(statement, ast.Global):
            known |= set(statement.names)
    for statement in file.tree.body:
        known |= bound(statement) if not isinstance(statement, ast.FunctionDef | ast.ClassDef) else {statement.name}
    told = set()
    for name, node in file.definitions.items():
        module = compile(ast.Module([node], []), file.path, "exec")
        for used, line in _globals_of(module):
            if used not in known and used not in told:
                told.add(used)
                yield name, used, line


def _globals_of(code: CodeType) -> Iterator[tuple[str, int]]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            line = instruction.positions.lineno if instruction.positions is not None else None
            yield str(instruction.argval), line or code.co_firstlineno
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


def _is_called(file: UserFile, name: str) -> bool:
    return any(
        isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == name for n in ast.walk(file.tree)
    )


@dataclass(frozen=True)
class Call:
    """A call of one of the file's own functions, and the names that its result is unpacked into."""

    line: int
    name: str
    node: ast.Call
    targets: list[str | None] | None


def calls(file: UserFile) -> list[Call]:
    """Every call of the file's own functions."""
    unpacked: dict[int, list[str | None]] = {}
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Tuple):
            parts = node.targets[0].elts
            if not any(isinstance(part, ast.Starred) for part in parts):
                unpacked[id(node.value)] = [part.id if isinstance(part, ast.Name) else None for part in parts]
    found = [
        Call(node.lineno, node.func.id, node, unpacked.get(id(node)))
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in file.definitions
    ]
    return sorted(found, key=lambda call: call.line)


def _examine_returned(exam: Examination, name: str, node: ast.FunctionDef) -> None:
    """A name returned twice, while another of its kind is left out."""
    names = [n for n in returned_names(node) if n is not None and quantity(n) is not None]
    known = {n: q for n in bound(node) | {a.arg for a in node.args.args} if (q := quantity(n)) is not None}
    for twice in counted(names):
        kind = known[twice].kind if twice in known else None
        lost = [n for n, q in sorted(known.items()) if n not in names and q.kind == kind]
        if lost:
            line = max(n.lineno for n in ast.walk(node) if isinstance(n, ast.Return))
            wanted = quantity(lost[0])
            exam.add(
                wanted.layer if wanted is not None else None,
                lost[0],
                f"{name} returns {twice} in place of {lost[0]}",
                f"line {line}: return {', '.join(map(str, returned_names(node)))}",
                f"return {', '.join(_mended(returned_names(node), twice, lost[0]))}",
            )


def _mended(names: list[str | None], twice: str, lost: str) -> list[str]:
    """The return with one of the doubles replaced: the one that stands where the lost name fits."""
    places = [k for k, name in enumerate(names) if name == twice]
    q = quantity(lost)

    def near(k: int) -> int:
        around = [quantity(names[j]) for j in (k - 1, k + 1) if 0 <= j < len(names)]
        return sum(other is not None and q is not None and other.layer == q.layer for other in around)

    best = max(places, key=near)
    return [lost if k == best else str(name) for k, name in enumerate(names)]


def _examine_call(exam: Examination, file: UserFile, call: Call) -> None:
    node = file.definitions[call.name]
    parameters = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    given = call.node.args
    starred = any(isinstance(part, ast.Starred) for part in given) or any(k.arg is None for k in call.node.keywords)
    required = len(parameters) - len(node.args.defaults)
    named = {keyword.arg for keyword in call.node.keywords}
    handed = len(given) + len(named & set(parameters))
    if not starred and node.args.vararg is None and not required <= handed <= len(parameters):
        exam.add(
            None,
            _role_of(exam, call.name),
            f"{call.name} takes {len(parameters)} values and is handed {handed}",
            f"line {call.line}: it takes {', '.join(parameters)}; it is handed {_unparsed(given)}",
            f"{call.name}({', '.join(parameters)})",
        )
    elif not starred and _role_of(exam, call.name) in ROLES[:6]:  # a helper may call its arguments what it likes
        names = [part.id if isinstance(part, ast.Name) else None for part in given]
        wrong = [(n, p) for n, p in zip(names, parameters, strict=False) if n is not None and _clash(n, p)]
        if wrong:
            exam.add(
                _layer(wrong[0][1]),
                wrong[0][1],
                f"{call.name} is handed its values in the wrong order: {wrong[0][0]} where it takes {wrong[0][1]}",
                f"line {call.line}: it takes {', '.join(parameters)}; it is handed {_unparsed(given)}",
                f"{call.name}({', '.join(parameters)})",
            )
    if call.targets is not None:
        _examine_unpacking(exam, call, returned_names(node), _length(node))


def _unparsed(parts: list[ast.expr]) -> str:
    return ", ".join(map(ast.unparse, parts))


def _examine_unpacking(exam: Examination, call: Call, returned: list[str | None], length: int | None) -> None:
    targets = call.targets or []
    given, taken = ", ".join(map(str, returned)), ", ".join(map(str, targets))
    line = f"line {call.line}: it returns {given}; they are unpacked as {taken}"
    remedy = f"{', '.join(map(str, returned))} = {call.name}(…)"
    if length is not None and length != len(targets):
        fault = f"{call.name} returns {length} values and {len(targets)} are unpacked"
        exam.add(None, _role_of(exam, call.name), fault, line, remedy)
        return
    if length is None or len(set(returned)) < len([r for r in returned if r is not None]):
        return  # a double was told already
    wrong = [
        (t, r) for t, r in zip(targets, returned, strict=False) if t is not None and r is not None and _clash(t, r)
    ]
    if wrong:
        fault = f"what {call.name} returns is unpacked in the wrong order: {wrong[0][0]} gets {wrong[0][1]}"
        exam.add(_layer(wrong[0][1]), wrong[0][1], fault, line, remedy)


def _length(node: ast.FunctionDef) -> int | None:
    returns = [n for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    lengths = {len(n.value.elts) if isinstance(n.value, ast.Tuple) else 0 for n in returns}
    return lengths.pop() if len(lengths) == 1 and lengths != {0} else None


def _clash(one: str, other: str) -> bool:
    """Whether two names stand for two different things."""
    first, second = quantity(one), quantity(other)
    if first is not None and second is not None:
        return first.kind != second.kind or (first.layer != second.layer and -1 not in (first.layer, second.layer))
    words = [meaning(one), meaning(other)]
    if set(words) == {"y", "output"}:
        return True
    clear = {"X", "y", "one hot", "learning rate", "epochs", "parameters", "cache", "gradients"}
    if words[0] in clear and words[1] in clear:
        return words[0] != words[1] and set(words) != {"y", "one hot"}
    grave = {"X", "y", "learning rate", "cache", "gradients"}
    return (first is not None and words[1] in grave) or (second is not None and words[0] in grave)


def _layer(name: str) -> int | None:
    q: Quantity | None = quantity(name)
    return q.layer if q is not None and q.layer > 0 else None


def _role_of(exam: Examination, name: str) -> str:
    return next((role for role in ROLES if role in exam.functions and exam.functions.name_of(role) == name), name)
