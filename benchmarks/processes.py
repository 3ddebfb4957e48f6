"""Whole processes, measured from outside and in turns: import times, and cold starts to 97 % of the test digits."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.turns import ROOT, environment

Commands = dict[str, list[str]]
GOAL = 0.97  # of the 10,000 test digits


def measure(command: list[str], folder: Path) -> dict[str, Any]:
    """What ``launch.py`` tells of one run of a command."""
    launcher = [sys.executable, "-S", str(ROOT / "benchmarks" / "launch.py"), *command]
    with (folder / "stderr.txt").open("a") as errors:
        done = subprocess.run(
            launcher, env=environment(), cwd=folder, stdout=subprocess.PIPE, stderr=errors, check=True
        )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def imports() -> Commands:
    """A fresh interpreter that imports something."""
    code = {
        "numpy": "import numpy",
        "pellucid": "import pellucid",
        "pellucid (Network)": "import numpy, pellucid; pellucid.Network",
        "pellucid (compiled)": "import numpy, pellucid.compiled.engine",
        "pytorch": "import torch",
        "jax": "import jax, jax.numpy",
        "tinygrad": "import tinygrad",
        "scikit-learn": "import sklearn.neural_network",
        "onnxruntime": "import onnxruntime",
        "neural-network-digits": "import nn_digits.neural_net.network",
    }
    return {name: [sys.executable, "-c", line] for name, line in code.items()}


def cold(folder: Path, seed: int) -> Commands:
    """A fresh process that loads MNIST, trains 784-32-16-10 and prints the accuracy on the test digits."""
    scripts = {
        "pytorch": "with_torch.py",
        "jax": "with_jax.py",
        "scikit-learn": "with_sklearn.py",
        "neural-network-digits": "with_nn_digits.py",
    }
    ours = [sys.executable, "-m", "pellucid", "train", "--quiet", "--json", "--seed", str(seed)]
    commands = {
        name: [*ours, "--engine", engine, "--out", str(folder / f"run-{engine}-{seed}")]
        for name, engine in (("pellucid", "numpy"), ("pellucid-compiled", "compiled"))
    }
    for name, script in scripts.items():
        path = ROOT / "benchmarks" / "cold" / script
        commands[name] = [sys.executable, str(path), str(folder), str(seed)]
    return commands


def accuracy(output: str) -> float | None:
    """The test accuracy in the last line that a command printed: JSON, or a number."""
    try:
        said = json.loads(output)
    except ValueError:
        return None
    return float(said["test"]["accuracy"]) if isinstance(said, dict) else float(said)


def run(
    commands: Callable[[int], Commands], names: list[str], repeats: int, folder: Path, say: Any, *, scored: bool = False
) -> dict[str, Any]:
    """All commands in turn, ``repeats`` times, after one round that warms the disk's cache and writes byte code."""
    contestants: dict[str, dict[str, Any]] = {}
    absent: dict[str, str] = {}
    for repeat in range(-1, repeats):
        todo = {name: command for name, command in commands(repeat + 1).items() if name in names}
        turn = max(0, repeat) % max(1, len(todo))
        for name in [*todo][turn:] + [*todo][:turn]:
            if name in absent:
                continue
            answer = measure(todo[name], folder)
            if answer["exit"] != 0:
                absent[name] = f"exit code {answer['exit']}"
            elif repeat >= 0:
                _note(answer, contestants.setdefault(name, {}), scored=scored)
        say(f"  round {repeat + 1} of {repeats}" + (" (warming up)" if repeat < 0 else ""))
    measured = {name: values for name, values in contestants.items() if name not in absent}
    return {"contestants": measured, "absent": absent}


def _note(answer: dict[str, Any], values: dict[str, Any], *, scored: bool) -> None:
    for key in ("seconds", "cpu_seconds", "peak_mb"):
        values.setdefault(key, []).append(answer[key])
    if scored:
        values.setdefault("accuracy", []).append(accuracy(answer["output"]))
