"""``pellucid check``: is back propagation right? Its gradients against differences of the loss."""

import itertools

import click
import numpy as np
from click.exceptions import Exit

from pellucid.cli.models import open_model
from pellucid.cli.options import TRAINED, count_option, output
from pellucid.cli.printing import Out, Styled, print_json, progress
from pellucid.core.arrays import AnyArray
from pellucid.core.errors import InputError
from pellucid.core.gradient_check import GradientCheck, gradient_check
from pellucid.model.model import Model

MOST = 30_000  # parameters


@click.command(short_help="Back propagation against numeric gradients.")
@click.argument("model", type=TRAINED, required=False)
@count_option("--samples", 4, "Rows of random inputs.", most=10_000)
@count_option("--parameters", None, f"Check at most so many [{MOST:,}; fewer where there are more than 5 layers].")
@count_option("--seed", 0, "Of inputs, targets and choice.", least=0)
@output
def check(model: str | None, samples: int, parameters: int | None, seed: int, as_json: bool, quiet: bool) -> None:
    """Compare MODEL's gradients with numeric ones, parameter by parameter, in float64.

    Inputs and targets are drawn at random: so no gradient is small, and every weight has one. MODEL is a .safetensors
    file or the folder of a run; without it, the digit model that comes with pellucid.
    """
    opened = open_model(model)
    most = parameters or min(MOST, max(100, 5 * MOST // len(opened.network.layers)))  # passes through all layers
    result = _check(opened, samples, most, seed, quiet=quiet)
    if not result.parameters_checked:
        raise InputError(
            f"{model}: no gradient can be compared, since with these weights the loss is no number, or has a kink "
            "wherever it is looked at; train the model again with a smaller learning rate"
        )
    if as_json:
        about = {name: getattr(result, name) for name in ("max_relative_error", "parameters_checked", "passed")}
        print_json({**about, "layers": [vars(layer) for layer in result.layers]})
    else:
        _show(result, quiet=quiet)
    if not result.passed:
        raise Exit(1)


def _check(model: Model, samples: int, parameters: int, seed: int, *, quiet: bool) -> GradientCheck:
    net, rng = model.network, np.random.default_rng(seed)
    X = rng.random((samples, net.sizes[0]))
    y = _targets(model, samples, rng)
    total, done = min(parameters, net.theta.size), itertools.count(1)
    with progress("checking", total, quiet=quiet) as advance:
        return gradient_check(net, X, y, parameters=parameters, rng=rng, after_each=lambda: advance(next(done)))


def _targets(model: Model, samples: int, rng: np.random.Generator) -> AnyArray:
    net = model.network
    if net.loss.kind == "classes":
        return rng.integers(net.sizes[-1], size=samples)
    if net.loss.kind == "probabilities":
        return rng.integers(2, size=(samples, net.sizes[-1]))
    y = rng.standard_normal((samples, net.sizes[-1]))
    return np.abs(y) if net.loss.activation.formula.log_link else y


def _show(result: GradientCheck, *, quiet: bool) -> None:
    results = Out()
    if not quiet:
        columns = ("layer", "‖g − n‖ / (‖g‖ + ‖n‖)", "checked", "at a kink", "")
        rows = []
        for layer in result.layers:
            verdict = Styled("right", "green") if layer.passed else Styled("wrong", "red")
            rows.append((str(layer.layer), f"{layer.error:.2e}", f"{layer.checked:,}", f"{layer.skipped:,}", verdict))
        results.table(columns, rows, right=columns[1:4])
    answer = "back propagation is right" if result.passed else "BACK PROPAGATION IS WRONG"
    results.line(
        f"{answer}: {result.parameters_checked:,} gradients compared, largest error "
        f"{result.max_relative_error:.1e} (at most {result.tolerance:.0e} is taken for rounding)"
    )
