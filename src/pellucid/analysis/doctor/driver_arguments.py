"""What an argument of the learner's constructor or training method would be given, told by its name and its use."""

import ast
import functools
import re
from dataclasses import dataclass
from typing import Any

from pellucid.analysis.doctor.naming import data_word, meaning, quantity

WALKED = {"len", "zip", "enumerate", "list", "map", "tuple", "sum", "reversed", "iter"}  # what is called with sequences


@dataclass(frozen=True)
class Sizes:
    """Those of the network that is made."""

    inputs: int
    hidden: int
    outputs: int


# an argument's plain name to what it is given; the first that fits
NUMBERS: tuple[tuple[str, str], ...] = (
    ("beta_?1|b1st", "0.9"), ("beta_?2", "0.999"), ("epsilon|eps|tol\\w*|threshold|\\w*limit", "1e-5"),
    ("\\w*moment\\w*|mu|\\w*drop\\w*|beta", "0.0"), ("keep\\w*", "1.0"), ("\\w*seed\\w*|random_?state", "1"),
    ("\\w*(reg|lambd|l2|l1|penalty|weight_?decay)\\w*|lam|wd", "0.01"), ("\\w*decay\\w*", "0.0"),
    ("\\w*(verbose|show|print|plot|debug|display|figure|save|delete|shuffle|log)\\w*", "False"),
    ("\\w*(factor|fraction|ratio|split|percent)\\w*", "0.25"), ("\\w*batch\\w*", "7"),
    ("lr|\\w*(learn\\w*rate|rate|alpha|\\beta\\b|step_?size|pace|speed)\\w*|eta|gamma|l_?r", "0.1"),
    ("bias|use_?bias|has_?bias", "True"),
)  # fmt: skip
HIDDEN = re.compile(r"\w*(hid|middle)\w*|n_?h|h_?dim|\w*_h|units|neurons|nodes|n_?neurons|num_?neurons|h\w*nodes")
INPUTS = re.compile(
    r"\w*(input|feature|fan_?in|n_?in|in_?nodes|in_?dim|entrada|eingabe)\w*|n_?x|\w*_i|i|inodes|in_\w+|in"
)
OUTPUTS = re.compile(
    r"\w*(output|class|fan_?out|n_?out|out_?nodes|out_?dim|salida|ausgabe)\w*|n_?y|k|\w*_o|o|onodes|out_\w+|out"
)
LAYERS = re.compile(r"\w*(layers?|topology|sizes|dims|units|neurons|structure|shape|nodes|architecture|network)\w*")
COUNT = re.compile(r"(n|num|nb|number|count)(_?of)?_?(hidden_?)?layers?|h\w*_?layers?|depth")
ACTIVATION = re.compile(r"\w*(activ|act_f|transfer|non_?lin|squash)\w*|act|phi|sigma")
LOSS = re.compile(r"\w*(loss|cost|criterion|objective)\w*")
DERIVED = re.compile(r"prime|deriv|grad|(^|_)d(_|$)|backward", re.IGNORECASE)


@dataclass(frozen=True)
class Argument:
    """An argument of a function: what its own code tells of it."""

    name: str
    default: ast.expr | None
    is_walked: bool  # whether it is a sequence, by its use
    keys: tuple[str, ...]  # with which it is asked, where it is a dict
    least: int  # what it is compared with

    @property
    def plain(self) -> str:
        """The name in small letters with underscores: num_layers of numLayers."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower().strip("_")

    @property
    def data(self) -> str | None:
        """X or y, where it is data by its name; also where they are to test with."""
        if re.match("(n|num|nb|number|size|dim)_", self.plain):
            return None
        found = data_word(self.name) or data_word(self.plain)
        if found is None and self.plain in ("dataset", "datasets", "training_data", "samples", "pairs"):
            return "X"
        return None if any(p.fullmatch(self.plain) for p in (COUNT, ACTIVATION, LOSS)) else found

    @property
    def is_unknown(self) -> bool:
        """Whether its name tells nothing."""
        known = any(re.fullmatch(pattern, self.plain) for pattern, _ in NUMBERS)
        known = (
            known or any(p.fullmatch(self.plain) for p in (ACTIVATION, LOSS, LAYERS)) or quantity(self.name) is not None
        )
        return not known and meaning(self.name) not in ("epochs", "sizes", "learning rate", "parameters", "weights")


@functools.cache
def arguments_of(function: ast.FunctionDef | None, owner: ast.ClassDef | None, *, bound: bool = True) -> list[Argument]:
    """The arguments of a function, without self."""
    if function is None:
        return []
    listed = [*function.args.posonlyargs, *function.args.args]
    defaults = [None] * (len(listed) - len(function.args.defaults)) + list(function.args.defaults)
    pairs = list(zip(listed, defaults, strict=True))[1 if owner is not None and bound else 0 :]
    pairs += zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return [_argument(one, default, function, owner) for one, default in pairs]


def _argument(
    one: ast.arg, default: ast.expr | None, function: ast.FunctionDef, owner: ast.ClassDef | None
) -> Argument:
    """What the code of its function, and that of the class that keeps it as an attribute, does with an argument."""
    kept = [
        f"self.{target.attr}"
        for node in ast.walk(function)
        if isinstance(node, ast.Assign)
        and any(isinstance(n, ast.Name) and n.id == one.arg for n in ast.walk(node.value))
        for target in node.targets
        if isinstance(target, ast.Attribute) and ast.unparse(node.value) in (one.arg, f"list(map(int, {one.arg}))")
    ]
    names, keys, walked, least = {one.arg, *kept}, [], False, 0
    for node in [*ast.walk(function), *(ast.walk(owner) if owner is not None and kept else ())]:
        if isinstance(node, ast.Subscript) and _text(node.value) in names:
            text = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
            keys += [node.slice.value] if text else []  # type: ignore[attr-defined]
            walked = walked or not text
        elif isinstance(node, ast.For | ast.comprehension):
            walked = walked or _text(node.iter) in names
        elif isinstance(node, ast.Call) and _text(node.func) in WALKED:
            walked = walked or any(_text(part) in names for part in node.args)
        elif isinstance(node, ast.Compare) and _text(node.left) in names:
            numbers = [n.value for n in node.comparators if isinstance(n, ast.Constant) and isinstance(n.value, int)]
            least = max([least, *numbers])
    annotation = ast.unparse(one.annotation) if one.annotation is not None else ""
    walked = walked or bool(re.search(r"list|tuple|sequence|array", annotation, re.IGNORECASE))
    return Argument(one.arg, default, walked, tuple(dict.fromkeys(keys)), least)


def _text(node: ast.expr) -> str:
    """The text of a short name, f or self.f."""
    if isinstance(node, ast.Name):
        return node.id
    return f"self.{node.attr}" if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


def text_of(one: Argument, taken: list[Argument], sizes: Sizes, parts: Any, choice: Any) -> str | None:
    """What an argument is given, as text; None where its default will do, or nothing tells."""
    if meaning(one.name) == "epochs":
        return str(max(3, one.least + 1))
    if one.default is not None:
        return None
    if one.keys:
        inner = [Argument(key, None, False, (), 0) for key in one.keys]
        texts = {key.name: text_of(key, inner, sizes, parts, choice) for key in inner}
        if None in texts.values():
            return None
        return "{" + ", ".join(f"{name!r}: {text}" for name, text in texts.items()) + "}"
    made: str | None = parts.object_for(one, sizes, choice)
    if made is not None:
        return made
    number = next((text for pattern, text in NUMBERS if re.fullmatch(pattern, one.plain)), None)
    if number is not None and not one.is_walked:
        return number
    if COUNT.fullmatch(one.plain) and not one.is_walked:
        return "1" if one.plain.startswith("h") else "3"
    if one.is_walked and LAYERS.fullmatch(one.plain):
        return _sizes_text(one, taken, sizes)
    for pattern, size in ((HIDDEN, sizes.hidden), (INPUTS, sizes.inputs), (OUTPUTS, sizes.outputs)):
        if pattern.fullmatch(one.plain):
            return str(size)
    return _sizes_text(one, taken, sizes) if LAYERS.fullmatch(one.plain) else None


def _sizes_text(one: Argument, taken: list[Argument], sizes: Sizes) -> str:
    """A list of sizes: without those that have an argument of their own."""
    alone = [other.plain for other in taken if other is not one and not other.is_walked]
    if "hid" in one.plain:
        return str([sizes.hidden])
    if any(COUNT.fullmatch(name) for name in alone):
        return str([sizes.hidden, sizes.hidden - 1])
    has_inputs = any(INPUTS.fullmatch(name) for name in alone)
    has_outputs = any(OUTPUTS.fullmatch(name) for name in alone)
    return str([sizes.inputs, sizes.hidden, sizes.outputs][has_inputs : 2 if has_outputs else 3])
