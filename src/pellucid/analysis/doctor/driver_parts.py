"""Parts of the learner's file that a network is made of: layer objects, activations, losses, starting weights."""

import ast
import re
from dataclasses import dataclass

from pellucid.analysis.doctor.driver_arguments import (
    ACTIVATION,
    DERIVED,
    HIDDEN,
    INPUTS,
    LOSS,
    OUTPUTS,
    Argument,
    Sizes,
    arguments_of,
    text_of,
)
from pellucid.analysis.doctor.naming import meaning, quantity
from pellucid.analysis.doctor.user_file import UserFile

SETTERS = re.compile(
    r"create\w*data\w*|make\w*data\w*|init\w*(param|weight)\w*|build|compile|set_?lr|set_?learning_?rate", re.I
)


@dataclass(frozen=True)
class Choice:
    """What is chosen where the learner's code leaves a choice: the activations of the layers, and the loss."""

    hidden: str
    output: str
    loss: int  # the first, second, … that the file has


BENDS = (("tanh", "sigmoid"), ("sigmoid", "softmax"), ("sigmoid", "sigmoid"), ("tanh", "tanh"), ("sigmoid", "linear"))
CHOICES = tuple(Choice(*bends, loss) for bends in (*BENDS, ("relu", "softmax")) for loss in (0, 1))


class Parts:
    """What a file has to make networks of, for one of its classes, or its functions."""

    def __init__(self, file: UserFile, owner: ast.ClassDef | None) -> None:
        self.file, self.owner = file, owner
        self.classes = {node.name: node for node in file.tree.body if isinstance(node, ast.ClassDef)}
        self.functions = {node.name: node for node in file.tree.body if isinstance(node, ast.FunctionDef)}
        for node in file.tree.body:  # sigmoid = lambda x: …
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.functions.setdefault(node.targets[0].id, None)  # type: ignore[arg-type]
        self.layers = [name for name, node in self.classes.items() if node is not owner and self._is_layer(name)]
        self.started: list[str] = []

    def _init(self, name: str) -> list[Argument]:
        node = self.classes[name]
        for base in [
            node,
            *(self.classes[b.id] for b in node.bases if isinstance(b, ast.Name) and b.id in self.classes),
        ]:
            for one in base.body:
                if isinstance(one, ast.FunctionDef) and one.name == "__init__":
                    return arguments_of(one, base)
        return []

    def _is_layer(self, name: str) -> bool:
        plain = [one.plain for one in self._init(name) if one.default is None][:2]
        sized = [p for p in plain if INPUTS.fullmatch(p) or OUTPUTS.fullmatch(p) or HIDDEN.fullmatch(p)]
        return len(plain) == len(sized) == 2

    def layer(self, name: str, inputs: int, outputs: int, choice: Choice) -> str | None:
        """A layer object as text."""
        taken = self._init(name)
        texts = [str(inputs), str(outputs)]
        for one in taken[2:]:
            text = text_of(one, taken, Sizes(inputs, outputs, outputs), self, choice)
            if text is None and one.default is None:
                return None
            if text is not None:
                texts.append(f"{one.name}={text}")
        return f"{name}({', '.join(texts)})"

    def stack(self, sizes: Sizes, choice: Choice) -> list[str] | None:
        """Layer objects, with those of activations between them where the file has them."""
        if not self.layers:
            return None
        name = self.layers[0]
        first = self.layer(name, sizes.inputs, sizes.hidden, Choice(choice.hidden, choice.hidden, choice.loss))
        last = self.layer(name, sizes.hidden, sizes.outputs, Choice(choice.output, choice.output, choice.loss))
        if first is None or last is None:
            return None
        if any(ACTIVATION.fullmatch(one.plain) for one in self._init(name)):
            return [first, last]
        between, end = self._activation_layer(choice.hidden), self._activation_layer(choice.output)
        return [text for text in (first, between, last, end) if text is not None]

    def _activation_layer(self, called: str) -> str | None:
        for name in self.classes:
            taken = self._init(name)
            if name.lower().removeprefix("activation_").removesuffix("layer") == called and not taken:
                return f"{name}()"
            if taken and all(ACTIVATION.match(one.plain) for one in taken) and name not in self.layers:
                texts = [self._activation(one, called, called) for one in taken]
                if texts[0] is not None:
                    return f"{name}({', '.join(str(text) for text in texts)})"
        return None

    def added(self, sizes: Sizes, choice: Choice) -> list[str]:
        """What is called on the object before it trains: add, compile, …"""
        if self.owner is None:
            return []
        own = {node.name: node for node in self.owner.body if isinstance(node, ast.FunctionDef)}
        calls = []
        add = next((name for name in own if name.lower() in ("add", "add_layer", "addlayer")), None)
        if add is not None:
            calls += [f"{add}({text})" for text in self.stack(sizes, choice) or []]
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
        return [f"thing_of_the_doctor.{call}" for call in calls]

    def object_for(self, one: Argument, sizes: Sizes, choice: Choice) -> str | None:
        """An object of the file's that an argument asks for: layers, an activation, a loss, parameters."""
        if ACTIVATION.fullmatch(one.plain):
            text = self._activation(one, choice.hidden, choice.output)
            return f"[{text}, {text}, {text}]" if one.is_walked and text is not None else text
        if LOSS.fullmatch(one.plain):
            return self._loss(one, choice)
        named = one.plain.rstrip("s") == "layer" or any(name in one.annotation for name in self.layers)
        if named and self.layers and "int" not in one.annotation:
            stack = self.stack(sizes, choice)
            return f"[{', '.join(stack)}]" if stack else None
        if meaning(one.name) in ("parameters", "weights") or one.plain in ("nn", "net", "neural_net"):
            return self._start(sizes)
        return None

    def _activation(self, one: Argument, hidden: str, output: str) -> str | None:
        """The activation as an object, a function or a word, or the derivative of it."""
        called = output if "out" in one.plain else hidden
        derived = bool(DERIVED.search(one.plain))
        for name in self.classes:
            if name.lower().removesuffix("activation") == called and not derived and not self._init(name):
                return f"{name}()"
        for name in self.functions:
            if called in name.lower() and bool(DERIVED.search(name)) == derived:
                return name
        words = [
            n.value
            for n in ast.walk(self.owner or self.file.tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        words += [n.name for n in ast.walk(self.owner or self.file.tree) if isinstance(n, ast.FunctionDef)]
        found = next((word for word in words if word.lower() == called), None)
        return repr(found) if found is not None else "None" if derived or called in ("linear",) else None

    def _loss(self, one: Argument, choice: Choice) -> str | None:
        derived = bool(DERIVED.search(one.plain))
        name = re.compile(r"loss|cost|cross_?entropy|mse|squared|error", re.IGNORECASE)
        classes = [f"{n}()" for n in self.classes if name.search(n) and not self._init(n) and "Function" not in n]
        functions = [n for n in self.functions if name.search(n) and bool(DERIVED.search(n)) == derived]
        found = classes if classes and not derived else functions
        return found[min(choice.loss, len(found) - 1)] if found else None

    def _start(self, sizes: Sizes) -> str | None:
        """Parameters as the file's own function makes them of sizes."""
        for name, node in self.functions.items():
            if node is not None and re.search(r"init|create|make|build|random", name, re.IGNORECASE):
                taken = arguments_of(node, None)
                if len(taken) == 1 and taken[0].is_walked:
                    self.started = [f"weights_of_the_doctor = {name}({[sizes.inputs, sizes.hidden, sizes.outputs]})"]
                    return "weights_of_the_doctor"
        return None

    def array_for(self, name: str, sizes: Sizes) -> str | None:
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
