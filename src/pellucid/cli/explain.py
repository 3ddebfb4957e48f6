"""``pellucid explain``: the arithmetic of one sample, step by step."""

import sys
from pathlib import Path
from typing import Any

import click
import numpy as np

from pellucid._text import did_you_mean
from pellucid.analysis import explain as arithmetic
from pellucid.analysis.explain import Code, Explanation, Section, Step, Table, narrow_terminal
from pellucid.analysis.explain.names import Names
from pellucid.analysis.explain.one_step import gentle
from pellucid.analysis.explain.text import COLUMNS, cells, line, numeric, value_of
from pellucid.analysis.explain.text import row as row_of_step
from pellucid.cli.models import open_model
from pellucid.cli.options import FILE, TRAINED, OneOf, count_option, output
from pellucid.cli.printing import Cell, Out, Styled, note, print_json
from pellucid.cli.samples import One, one_sample, row_of
from pellucid.core import metrics
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.model.model import Model
from pellucid.render import palette
from pellucid.runs import is_run, open_run, run_json

EXAMPLES = ("three-neurons", "vectorization")
RATE = 0.1  # where no run says another one


@click.command(short_help="The arithmetic of one sample, step by step.")
@click.argument("model", type=TRAINED, required=False)
@click.option("--sample", type=int, metavar="N", help="Which sample of the data; they count from 0.  [default: 0]")
@click.option("--row", type=int, metavar="N", help="Which row of a table's file; a CSV's header is row 1.")
@click.option("--data", metavar="DATA", help="Whose samples: what train takes.  [default: the model's own test part]")
@click.option("--image", metavar="FILE", type=FILE, help="A picture of your own in place of a sample.")
@click.option("--label", metavar="CLASS", help="The target in place of the sample's: a class, or a value in its unit.")
@click.option("--layer", type=int, metavar="L", help="The layer to look at; they count from 1.  [default: the last]")
@click.option("--neuron", type=int, metavar="J", help="Its neuron; they count from 0.  [default: the most active]")
@click.option("--against", metavar="CLASS", help="Say why the network says its class and not this one.")
@count_option("--top", 8, "Terms of each sum to show.")
@click.option("--learning-rate", type=float, metavar="η", help="Of the step.  [default: the run's, else 0.1]")
@click.option("--moved", is_flag=True, help="Also the weights that moved most in the run MODEL.")
@click.option("--example", type=OneOf(EXAMPLES), help="A worked example in place of a model.")
@click.option("--only", metavar="WORDS", help="Only the parts whose titles hold these words, such as why or backward.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Write Markdown.")
@count_option("--digits", 6, "Of a number; 17 are all.", most=17)
@output
def explain(
    example: str | None, only: str | None, as_markdown: bool, digits: int, as_json: bool, quiet: bool, **asked: Any
) -> None:
    """The arithmetic of one sample, step by step: forward, the loss, backward, and one step of gradient descent.

    Each line is a formula, its numbers and its value, computed in float64. MODEL is a .safetensors file or the
    folder of a run; without it, the digit model that comes with pellucid. A picture has no target: the class that
    the network says is taken as such, unless --label names another. --json gives all numbers of every layer.

    \b
    pellucid explain --example three-neurons  the chain rule
    pellucid explain --against 2 --only why   why not a 2?
    pellucid explain --layer 2 --neuron 5     one neuron
    """  # noqa: D301
    if as_json and as_markdown:
        raise InputError("--json and --markdown: choose one of them")
    explanation = _of_model(**asked) if example is None else _example(example, asked)
    explanation = explanation if only is None else explanation.only(only)
    if as_json:
        print_json(explanation.as_json())
    elif as_markdown:
        print(arithmetic.markdown(explanation, digits=digits), end="")
    else:
        _show(explanation, digits, quiet=quiet)


def _example(name: str, asked: dict[str, Any]) -> Explanation:
    rate = asked.pop("learning_rate")
    for option, value in asked.items():
        if value not in (None, False) and option != "top":
            given = "a model" if option == "model" else f"--{option}"
            raise InputError(f"--example {name} explains a network of its own: leave out {given}")
    if name == "three-neurons":
        return arithmetic.three_neurons(**({} if rate is None else {"learning_rate": rate}))
    if rate is not None:
        raise InputError("--example vectorization takes no step: leave out --learning-rate")
    return arithmetic.vectorization()


def _of_model(
    model: str | None,
    sample: int | None,
    row: int | None,
    data: str | None,
    image: Path | None,
    label: str | None,
    learning_rate: float | None,
    moved: bool,
    against: str | None,
    **focus: Any,
) -> Explanation:
    opened = open_model(model)
    if moved and model is None:
        raise InputError("--moved: the model that comes with pellucid has kept no way; give the folder of a run")
    extra = [arithmetic.moved(open_run(model), top=focus["top"])] if moved and model is not None else []
    one = one_sample(opened, data, sample, image, row)
    target, assumed = _target(opened, one, label)
    focus["against"] = None if against is None else _class(opened, against, "--against")
    rate = _rate(opened, model, one, target) if learning_rate is None else learning_rate
    explanation = arithmetic.sample(
        opened,
        one.x[0],
        target,
        learning_rate=rate,
        name=one.name,
        assumed=assumed,
        row=row_of(opened, one),
        **focus,
    )
    return explanation.with_sections(*extra)


def _target(model: Model, one: One, label: str | None) -> tuple[AnyArray | None, bool]:
    """The target, (1,) or (k,), and whether it is only the class that the network says."""
    net = model.network
    has_classes = Names(model).has_classes
    if label is not None and has_classes:
        return np.array([_class(model, label, "--label")]), False
    if label is not None:
        return _values(label, model), False
    if one.y is not None:
        return one.y[0:1] if one.y.ndim == 1 else one.y[0], False
    return (metrics.labels(net.predict(one.x)), True) if has_classes else (None, False)


def _class(model: Model, name: str, flag: str) -> int:
    """The number of a class that is given by its name."""
    if model.network.sizes[-1] == 1 and not Names(model).has_classes:
        raise InputError(f"{flag} {name}: the model predicts one value, and knows no classes; leave {flag} out")
    targets = () if model.preprocessing is None else tuple(target.name for target in model.preprocessing.targets)
    numbers = tuple(map(str, range(model.network.sizes[-1])))
    names = model.class_names if Names(model).has_classes else targets or numbers
    if name not in names:
        known = did_you_mean(name, names, "take one of " + ", ".join(names[:20]) + (", …" if len(names) > 20 else ""))
        raise InputError(f"{flag} {name}: the network knows no such class; {known}")
    return names.index(name)


def _values(label: str, model: Model) -> AnyArray:
    """The target (k,) that a text says in its own units, as the network learns it."""
    outputs = model.network.sizes[-1]
    try:
        values = np.array([float(part) for part in label.split(",")])
    except ValueError:
        values = np.array([np.nan])
    if len(values) != outputs or not np.isfinite(values).all():
        raise InputError(f"--label {label}: give {outputs} finite number{'s, with commas' if outputs > 1 else ''}")
    plan = model.preprocessing
    return values if plan is None or not plan.targets else plan.scaled(values)


def _rate(model: Model, path: str | None, one: One, target: AnyArray | None) -> float:
    """The learning rate of the run that a path names, halved where it is too large for one sample alone."""
    rate: float = RATE if path is None or not is_run(path) else run_json.read(Path(path))["settings"].learning_rate
    if target is None:
        return rate
    smaller = gentle(model.network, one.x[0], target, rate)
    if smaller < rate:
        note(f"for this sample alone a learning rate of {rate:g} is too large: the step is taken with {smaller:.3g}")
    return smaller


def _show(explanation: Explanation, digits: int, *, quiet: bool) -> None:
    results = Out()
    _say(results, explanation.summary)
    for section in () if quiet else explanation.sections:
        results.line()
        results.line(section.title, bold=True)
        _show_section(results, section, digits)


def _show_section(results: Out, section: Section, digits: int) -> None:
    width = results.width
    for block in section.blocks:
        if isinstance(block, str):
            _say(results, block)
        elif isinstance(block, Code):
            for text in block.text.rstrip().splitlines():
                results.line(f"    {text}")
        elif isinstance(block, Table):
            right = [name for name, number in zip(block.columns, numeric(block), strict=True) if number]
            rows: list[list[Cell]] = [[*others, _coloured(last)] for *others, last in cells(block, digits)]
            results.table(block.columns, rows, right=right)
        elif isinstance(block, Step):
            for text in narrow_terminal.equation(line(block, digits), width or sys.maxsize):
                results.line(text)
        elif block and (width is None or narrow_terminal.fits(block, digits, width)):
            results.table(COLUMNS, [_cells(step, digits) for step in block], right=COLUMNS[4:])
        elif block and width is not None:
            for step, lines in zip(block, narrow_terminal.rows(block, digits, width), strict=True):
                value = _value(step, digits)
                for text in lines:
                    ends = text is lines[-1] and text.endswith(value.text)
                    results.line(*([text.removesuffix(value.text), value] if ends else [text]))


def _say(results: Out, text: str) -> None:
    """Say something in words, which a terminal would break anywhere."""
    for part in [text] if results.width is None else narrow_terminal.prose(text, results.width):
        results.line(part)


def _cells(step: Step, digits: int) -> list[Cell]:
    name, why, formula, numbers, _ = row_of_step(step, digits)
    return [f"  {name}", why, formula, numbers, _value(step, digits)]


def _value(step: Step, digits: int) -> Styled:
    return _coloured(value_of(step, digits))


def _coloured(value: str) -> Styled:
    return Styled(value, palette.tokens()["neg" if value.startswith("−") else "pos"])
