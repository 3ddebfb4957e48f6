"""Tables of numbers at the edges, and every command over them with settings at the edges."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

HUGE, TINY = "1.7e308", "5e-324"
COLUMNS: dict[str, Sequence[Any]] = {  # each of them stands in the place of one column of a good table
    "constant": ["5"],
    "one differs": ["5"] * 23 + ["6"],
    "huge": [HUGE, f"-{HUGE}"],
    "huge alone": ["1"] * 23 + [HUGE],
    "float32 over": ["1e39", "-2e39", "3e39"],
    "tiny": ["1e-320", TINY, "3e-310"],
    "huge and tiny": [HUGE, TINY, "0"],
    "nought": ["-0.0"],
    "noughts": ["-0.0", "0.0"],
    "far": ["1e15", "1000000000000001", "1000000000000002"],
    "whole": ["9223372036854775807", "-9223372036854775808"],
    "above whole": ["18446744073709551616", "9223372036854775808", "0"],
    "digits": ["1" + 400 * "0", "2"],
    "nan": ["nan", "1", "2"],
    "inf": ["inf", "1", "-inf"],
    "missing": [""],
    "missing but one": [""] * 23 + ["3"],
    "each another": [str(k) for k in range(24)],
    "texts": [f"text {k}" for k in range(24)],
    "text": ["t"],
    "blanks": [" ", "  "],
    "yes": ["yes"],
    "dates": ["0001-01-01", "9999-12-31", "1970-01-01"],
    "date": ["2024-02-29"],
    "negative": ["-1", "-2", "-3"],
    "share": ["0.1", "0.2", "0.30000000000000004"],
}


def table(places: dict[str, Sequence[Any]], rows: int = 24) -> bytes:
    """A table of 24 rows, with columns in the place of its own or beside them."""
    rng = random.Random(0)
    good: dict[str, Sequence[Any]] = {
        "x": [f"{rng.gauss(0, 3):.3f}" for _ in range(24)],
        "kind": ["flat", "house", "hut", "flat"],
        "value": [f"{100 * rng.random():.2f}" for _ in range(24)],
        "class": ["a", "b", "c"],
    }
    columns = good | places
    lines = [",".join(columns)]
    lines += [",".join(str(cells[k % len(cells)]) for cells in columns.values()) for k in range(rows)]
    return ("\n".join(lines) + "\n").encode()


TABLES: dict[str, bytes] = {
    **{f"x {name}": table({"x": cells}) for name, cells in COLUMNS.items()},
    **{f"value {name}": table({"value": cells}) for name, cells in COLUMNS.items()},
    **{f"class {name}": table({"class": cells}) for name, cells in COLUMNS.items()},
    **{f"kind {name}": table({"kind": cells}) for name, cells in COLUMNS.items()},
    "good": table({}),
    "one row": table({}, 1),
    "two rows": table({}, 2),
    "three rows": table({}, 3),
    "one column": b"class\na\nb\na\nb\n",
    "only constants": table({"x": ["1"], "kind": ["k"]}),
}
EDGES = (
    "0", "1", "2", "3", "-1", "0.5", "-0.0", "1e-320", TINY, "1e-45", "1e-9", "0.999999999999999999", "1.0000001", "1e38", "1e39",
    "1e300", HUGE, "1e309", "nan", "inf", "-inf", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e20",
    "1" + 400 * "0", "1" * 5000, "", "x", "٣", "0x10", "1_000", "1e", " 1", "none", "all", "+3", "2,2", "3,0", "1,,2",
)  # fmt: skip
COUNTS = (
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.5",
    "1e3",
    "9223372036854775808",
    "1" + 400 * "0",
    "",
    "x",
)  # where many take long
FLAGS: dict[str, tuple[str, ...]] = {  # of train and lr-find
    "--learning-rate": EDGES,
    "--weight-decay": EDGES,
    "--dropout": EDGES,
    "--clip-norm": EDGES,
    "--batch-size": EDGES,
    "--dev": EDGES,
    "--test": EDGES,
    "--seed": EDGES,
    "--patience": EDGES,
    "--hidden": ("1", "2", "none", "0", "-1", "3,1,3", "200", "1" * 30, "", "x", "1,", ",".join(["2"] * 40)),
    "--threads": COUNTS,
    "--engine": ("auto", "numpy", "compiled", "", "x"),
    "--class-weights": ("balanced", "a=0", "a=1e308", "a=5e-324", "a=-1", "a=nan", "a=1,a=2", "z=1", "a=", "=", ""),
    "--weights": ("x", "value", "kind", "class", "no"),
    "--activation": ("relu", "sigmoid", "tanh", "gelu", "silu", "mish", "identity", "leaky-relu"),
    "--loss": ("cross-entropy", "squared-error", "absolute-error", "huber", "poisson", "softmax-squared-error"),
    "--init": ("he", "glorot", "lecun", "article"),
    "--optimizer": ("sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "radam"),
    "--schedule": ("constant", "linear", "cosine", "step", "warmup-cosine"),
    "--dtype": ("float32", "float64"),
    "--recipe": ("article", "default", "table"),
    "--task": ("classification", "regression", "auto"),
    "--column": ("x=category", "kind=number", "x=date", "x=out", "value=boolean", "x=number"),
}
OTHERS: dict[str, dict[str, tuple[str, ...]]] = {  # of the commands that take a run
    "explain RUN": {"--sample": EDGES, "--layer": EDGES, "--neuron": EDGES, "--top": EDGES, "--learning-rate": EDGES,
                    "--digits": EDGES, "--label": EDGES, "--against": ("a", "b", "x", "")},
    "check RUN": {"--samples": COUNTS, "--parameters": EDGES, "--seed": EDGES},
    "landscape RUN --points 3": {"--span": EDGES, "--samples": EDGES, "--seed": EDGES, "--directions": ("random", "path")},
    "landscape RUN --span 1": {"--points": COUNTS},
    "importance RUN": {"--repeats": COUNTS, "--seed": EDGES},
    "lr-find in.csv --target TARGET --hidden 3": {"--from": EDGES, "--to": EDGES, "--steps": ("0", "20", "21", "-1", "1e3", "x", "")},
    "data mnist --to csv --out d.csv --split test": {"--limit": COUNTS},
    "predict RUN in.csv": {"--json": ("",)},
    "evaluate RUN in.csv": {"--json": ("",)},
}  # fmt: skip


def training(rng: random.Random, flags: int) -> str:
    """A training with so many flags at the edges."""
    chosen = rng.sample(sorted(FLAGS), flags)
    words = [f"{flag}={rng.choice(FLAGS[flag])}" for flag in chosen]
    if "--hidden" not in chosen:
        words.append("--hidden=3")
    words.append(f"--epochs={rng.choice(COUNTS) if rng.random() < 0.1 else 2}")
    target = rng.choice(("class", "value", "x", "kind", "value,x"))
    return " ".join(
        ["train in.csv --target", target, *map(quoted, words), "--out run", rng.choice(("--json", "--quiet"))]
    )


def following(rng: random.Random) -> str:
    """A command over a run, with flags at the edges."""
    line = rng.choice(sorted(OTHERS))
    flags = rng.sample(sorted(OTHERS[line]), rng.randint(0, min(2, len(OTHERS[line]))))
    words = [quoted(f"{flag}={rng.choice(OTHERS[line][flag])}") if flag != "--json" else flag for flag in flags]
    return " ".join([line.replace("TARGET", rng.choice(("class", "value"))).replace("RUN", "run"), *words])


def quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)


EVERYTHING = (  # that can be done with a run
    "evaluate run", "evaluate run in.csv --json", "predict run in.csv --out p.csv", "predict run in.csv --json", "importance run",
    "explain run", "explain run --json", "explain run --markdown --sample 0 --data in.csv", "landscape run --points 5 --out l.html --out l.json",
    "landscape run --points 5 --directions random --out r.csv --out r.npz", "report run --out r.html", "check run",
    "export run --to numpy --out e.py", "export run --to onnx --out e.onnx", "export run --to html --out e.html",
    "export run --to pytorch --out w.safetensors", "import w.safetensors --out i.safetensors", "check i.safetensors --json",
    "train --resume run --epochs 4 --quiet", "lr-find in.csv --target TARGET --hidden 3 --steps 20",
)  # fmt: skip
KINDS = ("history", "confusion", "mistakes", "weights", "activations", "gradients", "architecture", "landscape")
PICTURES = (
    *(f"plot run {kind} --out {kind}.svg" for kind in KINDS),
    "landscape run --points 5 --out p.png",
    "importance run --out i.svg",
    "lr-find in.csv --target TARGET --steps 20 --out f.svg",
)
