"""Make docs/rosetta.md: six programs that take the same three steps, what each prints, and how far they are apart.

python scripts/make_rosetta.py    needs PyTorch, scikit-learn and JAX
"""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

ROOT = Path(__file__).parent.parent
PROGRAMS = ROOT / "examples" / "rosetta"
PAGE = ROOT / "docs" / "rosetta.md"
TONGUES = {
    "plain_python": "Plain Python",
    "with_numpy": "NumPy",
    "with_pellucid": "pellucid",
    "with_pytorch": "PyTorch",
    "with_jax": "JAX",
    "with_sklearn": "scikit-learn",
}
INTRODUCTION = """# Rosetta: the same three steps in six languages and libraries

One network, 784-32-16-10 with ReLU and softmax, one start, eight real digits, three steps of gradient descent at 0.1, in
float64. Each program below stands by itself in [examples/rosetta/](../examples/rosetta/); each prints the loss of each
step, one number of its gradient and one of its weights. They print the same. What differs is what one can see.

| | plain Python, NumPy | pellucid | PyTorch | JAX | scikit-learn |
|---|---|---|---|---|---|
| W of layer l, (outputs, inputs) | `W[l]` | `net.layers[l].W` | `linear[l].weight` | `parameters[l][0]` | `coefs_[l].T` |
| scores z | `z[l]` | `trace.z[l]` | inside `model(X)`; a forward hook shows them | inside `loss_of` | not to be had |
| activations a | `a[l + 1]` | `trace.a[l + 1]` | as z | as z | not to be had |
| softmax | in `forward` | with the loss, `CrossEntropy` | in `nn.CrossEntropyLoss`, which takes scores | `log_softmax` in the loss | with the solver |
| the loss, mean over the samples | `loss` | what `backward` returns | `loss` | `loss` | `loss_`, with the penalty `alpha` |
| δ = dLoss/dz | `delta[l]` | `trace.delta[l]` | gone after `backward()` | never there | not to be had |
| dW, db | `dW[l]`, `db[l]` | `trace.dW[l]`, `trace.db[l]` | `.weight.grad`, `.bias.grad` | `gradient[l]` | how far the weights moved |
| the step | `W -= η dW` | `optimizer.step(θ, grad)` | `optimizer.step()` | `p - η g` | inside `partial_fit` |
| learning rate η | `RATE` | `SGD(0.1)` | `lr=` | `RATE` | `learning_rate_init=` |
| usual: momentum, penalty | none | none | none | none | momentum 0.9 (Nesterov), `alpha=0.0001` on weights |
| a penalty on weights means | | `weight_decay=λ` over all of θ: g + λθ | `weight_decay=λ`: g + λθ | | `alpha`: α W / n, not on biases |
"""


class Step(NamedTuple):
    """What a program has after a step: the loss before it, gradients, and the weights after it."""

    loss: float
    parts: list[np.ndarray]  # dW, db, W and b of each layer


def steps_of(name: str) -> list[Step]:
    """The steps that a program takes."""
    spec = importlib.util.spec_from_file_location(f"rosetta_{name}", PROGRAMS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [Step(loss, [np.array(one) for part in parts for one in part]) for loss, *parts in module.steps()]


def apart(one: list[Step], other: list[Step]) -> float:
    """The greatest difference of any loss, gradient or weight between two programs."""
    differences = [abs(a.loss - b.loss) for a, b in zip(one, other, strict=True)]
    for a, b in zip(one, other, strict=True):
        differences += [float(np.abs(p - q).max()) for p, q in zip(a.parts, b.parts, strict=True)]
    return max(differences)


def printed(name: str) -> str:
    """What a program prints."""
    done = subprocess.run([sys.executable, PROGRAMS / f"{name}.py"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def page() -> str:
    """The whole page."""
    steps = {name: steps_of(name) for name in TONGUES}
    parts = [INTRODUCTION]
    parts.append("Greatest difference of any loss, dW, db, W or b, over all three steps:\n")
    parts.append("| |" + "".join(f" {tongue} |" for tongue in TONGUES.values()))
    parts.append("|---" * (len(TONGUES) + 1) + "|")
    for name, tongue in TONGUES.items():
        cells = ["" if name == other else f"{apart(steps[name], steps[other]):.0e}" for other in TONGUES]
        parts.append(f"| **{tongue}** | " + " | ".join(cells) + " |")
    parts.append("\n`python scripts/make_rosetta.py` makes this page; `tests/test_rosetta.py` holds all six to 1e-6.\n")
    for name, tongue in TONGUES.items():
        source = (PROGRAMS / f"{name}.py").read_text(encoding="utf-8").strip()
        parts.append(f"## {tongue}\n\n```python\n{source}\n```\n\n```text\n{printed(name)}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
