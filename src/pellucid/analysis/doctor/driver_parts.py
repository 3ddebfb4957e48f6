"""Parts of the learner's file that a network is made of: activations, and starting weights."""

import ast
import re
from dataclasses import dataclass

from pellucid.analysis.doctor.driver_arguments import ACTIVATION, DERIVED, Argument, Sizes, arguments_of, text_of
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.user_file import THING, UserFile

SETTERS = re.compile(r"create\w*data\w*|make\w*data\w*|init\w*(param|weight)\w*|set_?lr|set_?learning_?rate", re.I)


@dataclass(frozen=True)
class Choice:
    """What is chosen where the learner's code leaves a choice: the activations of the layers."""

    hidden: str
    output: str


BENDS = (("tanh", "sigmoid"), ("sigmoid", "softmax"), ("sigmoid", "sigmoid"), ("tanh", "tanh"), ("sigmoid", "linear"))
CHOICES = tuple(Choice(*bends) for bends in (*BENDS, ("relu", "softmax")))


class Parts:
    """What a file has to make networks of, for one of its classes, or its functions."""

    def __init__(self, file: UserFile, owner: ast.ClassDef | None) -> None:
        self.file, self.owner = file, owner
        self.functions = {node.name: node for node in file.tree.body if isinstance(node, ast.FunctionDef)}
        for node in file.tree.body:  # sigmoid = lambda x: …
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.functions.setdefault(node.targets[0].id, None)  # type: ignore[arg-type]
        self.started: list[str] = []

    def added(self, sizes: Sizes, choice: Choice) -> list[str]:
        """What is called on the object before it trains: its data and its rate are set."""
        if self.owner is None:
            return []
        own = {node.name: node for node in self.owner.body if isinstance(node, ast.FunctionDef)}
        calls = []
        for name, node in own.items():
            taken = arguments_of(node, self.owner)
            if SETTERS.fullmatch(name) and (taken or "data" in name.lower()):
                texts = [
                    (one, "14" if one.plain in ("size", "m") else text_of(one, taken, sizes, self, choice))
                    for one in taken
                ]
                if all(text is not None or one.default is not None for one, text in texts):
                    calls.append(
                        f"{name}({', '.join(f'{one.name}={text}' for one, text in texts if text is not None)})"
                    )
        return [f"{THING}.{call}" for call in calls]

    def object_for(self, one: Argument, sizes: Sizes, choice: Choice) -> str | None:
        """An object of the file's that an argument asks for: an activation, or parameters."""
        if ACTIVATION.fullmatch(one.plain):
            text = self._activation(one, choice.hidden, choice.output)
            return f"[{text}, {text}, {text}]" if one.is_walked and text is not None else text
        if meaning(one.name) in ("parameters", "weights") or one.plain in ("nn", "net", "neural_net"):
            return self._start(sizes)
        return self._array(one.name, sizes)

    def _activation(self, one: Argument, hidden: str, output: str) -> str | None:
        """The activation as an object, a function or a word, or the derivative of it."""
        called = output if "out" in one.plain else hidden
        derived = bool(DERIVED.search(one.plain))
        for name in self.functions:
            if called in name.lower() and bool(DERIVED.search(name)) == derived:
                return name
        found = re.search(rf"\b{called}\b", ast.unparse(self.owner or self.file.tree), re.IGNORECASE)
        return repr(found[0]) if found is not None else "None" if derived else None

    def _start(self, sizes: Sizes) -> str | None:
        """Parameters as the file's own function makes them of sizes."""
        for name, node in self.functions.items():
            if node is not None and re.search(r"init|create|make|build|random", name, re.IGNORECASE):
                taken = arguments_of(node, None)
                if len(taken) == 1 and taken[0].is_walked:
                    self.started = [f"weights_of_the_doctor = {name}({[sizes.inputs, sizes.hidden, sizes.outputs]})"]
                    return "weights_of_the_doctor"
        return None

    def _array(self, name: str, sizes: Sizes) -> str | None:
        """Starting weights or biases as nested lists, W1 of inputs by hidden."""
        q = quantity(name)
        if q is None or q.kind not in ("W", "b", "dW", "db") or q.layer not in (1, 2):
            return None
        rows, columns = (sizes.inputs, sizes.hidden) if q.layer == 1 else (sizes.hidden, sizes.outputs)
        shape = f"({rows}, {columns})" if q.kind.endswith("W") else f"({columns},)"
        variable = f"{name}_of_the_doctor"
        text = f"{variable} = __import__('numpy').random.RandomState({q.layer}).normal(size={shape}).tolist()"
        if text not in self.started:
            self.started.append(text)
        return variable
