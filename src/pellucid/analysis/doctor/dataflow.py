"""How the functions of a file hand values on, read without running it: undefined names, wrong counts and orders."""

import ast
import builtins
import dis
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import CodeType

from pellucid.analysis.doctor.examination import Examination
from pellucid.analysis.doctor.naming import LAST, data_word, meaning, quantity
from pellucid.analysis.doctor.roles import ROLES
from pellucid.analysis.doctor.signatures import returned_names
from pellucid.analysis.doctor.user_file import UserFile, bound

SHUFFLE = re.compile(r"((?:\w+\.)*)shuffle\((\w+)\)")
NAMED_ROLES = ("init", "forward", "backward", "update", "loss", "train")  # roles whose arguments have names that tell
DISTINCT = {"X", "y", "one hot", "learning rate", "epochs", "parameters", "cache", "gradients"}
NEVER_ARRAYS = {"X", "y", "learning rate", "cache", "gradients"}  # of these, none is a layer's array


def examine_dataflow(exam: Examination) -> None:
    """Find undefined names, wrong counts and orders of values between functions, and values returned twice."""
    file = exam.functions.file
    if file is None:
        return
    before = len(exam.findings)
    called = {_name(node.func) for node in ast.walk(file.tree) if isinstance(node, ast.Call)}
    for function, name, line in undefined(file):
        exam.add(
            name,
            f"{name} is not defined",
            f"line {line}: {function} uses it, and Python raises NameError: name '{name}' is not defined",
            f"def {name}(…): …" if name in called else f"give {name} a value, or hand it to {function}",
        )
    for name, node in file.definitions.items():
        _examine_returned(exam, name, node)
    for call in calls(file):
        _examine_call(exam, file, call)
    _examine_shuffles(exam, file)
    if len(exam.findings) == before:
        in_order = "every name defined, counts and orders as they should be"
        exam.compared.append(f"how the functions hand values on: {in_order}")


def _examine_shuffles(exam: Examination, file: UserFile) -> None:
    """Two shuffles in a row, of X and of y, each of which draws an order of its own."""
    for block in (getattr(node, "body", []) for node in ast.walk(file.tree)):
        texts = [ast.unparse(part) for part in block] if isinstance(block, list) else []
        found = [(k, SHUFFLE.fullmatch(text)) for k, text in enumerate(texts)]
        shuffles = [(k, match[2], match[1]) for k, match in found if match is not None]
        for (first, one, maker), (second, other, again) in pairwise(shuffles):
            between = " ".join(texts[first + 1 : second])
            if (
                {data_word(one), data_word(other)} == {"X", "y"}
                and maker == again
                and not re.search("seed|state", between)
            ):
                fault = "inputs and labels are shuffled apart: each shuffle draws an order of its own"
                evidence = f"line {block[second].lineno}: {texts[first]}; {texts[second]}"
                remedy = f"order = np.random.permutation(len({one})); {one}, {other} = {one}[order], {other}[order]"
                exam.add("y", fault, evidence, remedy)


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
    found = set()
    for name, node in file.definitions.items():
        module = compile(ast.Module([node], []), file.path, "exec")
        for used, line in _globals_of(module):
            if used not in known and used not in found:
                found.add(used)
                yield name, used, line


def _globals_of(code: CodeType) -> Iterator[tuple[str, int]]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            line = instruction.positions.lineno if instruction.positions is not None else None
            yield str(instruction.argval), line or code.co_firstlineno
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


@dataclass(frozen=True)
class Call:
    """A call of one of the file's own functions, and the names that its result is unpacked into."""

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
                unpacked[id(node.value)] = list(map(_name, parts))
    found = [
        Call(node.func.id, node, unpacked.get(id(node)))
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in file.definitions
    ]
    return sorted(found, key=lambda call: call.node.lineno)


def _name(part: ast.expr) -> str | None:
    return part.id if isinstance(part, ast.Name) else None


def _examine_returned(exam: Examination, name: str, node: ast.FunctionDef) -> None:
    """A name returned twice, while another of its kind is left out."""
    returned = returned_names(node)
    names = [n for n in returned if quantity(n) is not None]
    known = {n: q for n in bound(node) | {a.arg for a in node.args.args} if (q := quantity(n)) is not None}
    for twice, count in Counter(names).items():
        kind = known[twice].kind if twice in known else None
        lost = [n for n, q in sorted(known.items()) if n not in names and q.kind == kind]
        if count > 1 and lost:
            line = max(n.lineno for n in ast.walk(node) if isinstance(n, ast.Return))
            exam.add(
                lost[0],
                f"{name} returns {twice} in place of {lost[0]}",
                f"line {line}: return {_listed(returned)}",
                f"return {_listed(_mended(returned, twice, lost[0]))}",
                layer=_layer(lost[0]),
            )


def _mended(names: list[str | None], twice: str | None, lost: str) -> list[str | None]:
    """The return with one of the doubles replaced: the one that stands where the lost name fits."""
    places = [k for k, name in enumerate(names) if name == twice]

    def neighbours(k: int) -> int:
        around = [quantity(names[j]) for j in (k - 1, k + 1) if 0 <= j < len(names)]
        return sum(other is not None and other.layer == _layer(lost) for other in around)

    best = max(places, key=neighbours)
    return [lost if k == best else name for k, name in enumerate(names)]


def _examine_call(exam: Examination, file: UserFile, call: Call) -> None:
    definition, given, keywords = file.definitions[call.name], call.node.args, call.node.keywords
    parameters = [argument.arg for argument in [*definition.args.posonlyargs, *definition.args.args]]
    starred = any(isinstance(part, ast.Starred) for part in given) or any(k.arg is None for k in keywords)
    required = len(parameters) - len(definition.args.defaults)
    handed = len(given) + len({keyword.arg for keyword in keywords} & set(parameters))
    taken = ", ".join(parameters)
    evidence = f"line {call.node.lineno}: it takes {taken}; it is handed {', '.join(map(ast.unparse, given))}"
    remedy, role = f"{call.name}({taken})", _role_of(exam, call.name)
    if not starred and definition.args.vararg is None and not required <= handed <= len(parameters):
        fault = f"{call.name} takes {len(parameters)} values and is handed {handed}"
        exam.add(role, fault, evidence, remedy)
    elif not starred and role in NAMED_ROLES:  # a helper may call its arguments what it likes
        clash = _first_clash(list(map(_name, given)), parameters)
        if clash is not None:
            fault = f"{call.name} is handed its values in the wrong order: {clash[0]} where it takes {clash[1]}"
            exam.add(clash[1], fault, evidence, remedy, layer=_layer(clash[1]))
    if call.targets is not None:
        _examine_unpacking(exam, call, call.targets, definition)


def _examine_unpacking(exam: Examination, call: Call, targets: list[str | None], definition: ast.FunctionDef) -> None:
    returned, length = returned_names(definition), _length(definition)
    names = [name for name in returned if name is not None]
    evidence = f"line {call.node.lineno}: it returns {_listed(returned)}; they are unpacked as {_listed(targets)}"
    remedy = f"{_listed(returned)} = {call.name}(…)"
    if length is not None and length != len(targets):
        fault = f"{call.name} returns {length} values and {len(targets)} are unpacked"
        exam.add(_role_of(exam, call.name), fault, evidence, remedy)
    elif length is not None and len(set(returned)) >= len(names):  # else a double was reported already
        # what is called x there may be the last layer's output: x = relu(x @ W); a letter that it takes may be anything
        letters = {argument.arg for argument in definition.args.args if len(argument.arg) == 1}
        told = [None if name is None or name in letters or meaning(name) == "X" else name for name in returned]
        clash = _first_clash(targets, told)
        if clash is not None:
            fault = f"what {call.name} returns is unpacked in the wrong order: {clash[0]} gets {clash[1]}"
            exam.add(clash[1], fault, evidence, remedy, layer=_layer(clash[1]))


def _listed(names: list[str | None]) -> str:
    return ", ".join(map(str, names))


def _length(node: ast.FunctionDef) -> int | None:
    """How many values a function returns, where that is the same for every return statement."""
    returns = [n for n in ast.walk(node) if isinstance(n, ast.Return) and n.value is not None]
    lengths = {len(n.value.elts) if isinstance(n.value, ast.Tuple) else 0 for n in returns}
    return lengths.pop() if len(lengths) == 1 and lengths != {0} else None


def _first_clash(given: Sequence[str | None], expected: Sequence[str | None]) -> tuple[str, str] | None:
    """The first name that stands where another one is expected."""
    pairs = ((one, other) for one, other in zip(given, expected, strict=False) if one is not None and other is not None)
    return next(((one, other) for one, other in pairs if _clash(one, other)), None)


def _clash(one: str, other: str) -> bool:
    """Whether two names stand for two different things."""
    first, second = quantity(one), quantity(other)
    if first is not None and second is not None:
        return first.kind != second.kind or (first.layer != second.layer and LAST not in (first.layer, second.layer))
    words = [meaning(one), meaning(other)]
    if set(words) == {"y", "output"}:
        return True
    if DISTINCT.issuperset(words):
        return words[0] != words[1] and set(words) != {"y", "one hot"}
    return (first is not None and words[1] in NEVER_ARRAYS) or (second is not None and words[0] in NEVER_ARRAYS)


def _layer(name: str) -> int | None:
    q = quantity(name)
    return q.layer if q is not None and q.layer > 0 else None


def _role_of(exam: Examination, name: str) -> str:
    roles = exam.functions.by_role
    return next((role for role in ROLES if role in roles and exam.functions.name_of(role) == name), name)
