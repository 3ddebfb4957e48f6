"""``pellucid plot``: one picture of a model or a run, into a file."""

from pathlib import Path
from typing import Any

import click

from pellucid._text import did_you_mean
from pellucid.cli.models import is_model
from pellucid.cli.options import FILE, TRAINED, check_out, count_option, out_option, output
from pellucid.cli.plot_kinds import KINDS, Asked
from pellucid.cli.printing import print_result
from pellucid.core.errors import InputError
from pellucid.render import pictures
from pellucid.render.pictures import style

MOST = 100  # pictures side by side: more are too many to look at, and take minutes


@click.command(short_help="A picture of a model or a run.")
@click.argument("arguments", type=TRAINED, nargs=-1, metavar="[RUN|MODEL] KIND")
@out_option("A .png, .svg or .pdf file.", required=True)
@click.option("--data", metavar="DATA", help="Whose samples, in a form that train takes.  [default: the model's own]")
@count_option("--sample", None, "Sample N of the data, from 0.", least=0)
@click.option("--image", type=FILE, metavar="FILE", help="A picture in place of a sample.")
@count_option("--layer", None, "Whose weights [1]")
@count_option("--top", None, "How many digits (40) or mistakes (12).", most=MOST)
@output
def plot(arguments: tuple[str, ...], out: Path, force: bool, as_json: bool, quiet: bool, **options: Any) -> None:
    """Draw one KIND of picture of a RUN's folder or a MODEL, by default the digit model that comes with pellucid.

    \b
    digits        pictures and what they are taken for (--sample N: from there on)
    mistakes      the worst, with probabilities; of values, predicted against true
    confusion     which class was taken for which
    weights       what each neuron looks for (--layer L)
    architecture  the network's strongest neurons and weights
    activations   one sample, layer by layer (--sample N or --image FILE)
    saliency      which inputs speak for the answer (--sample N or --image FILE)
    history       loss and accuracy by epoch (of a run)
    gradients     each layer's gradient and dead neurons over training (of a run)
    landscape     the loss around the trained θ, and the way of training over it
    """  # noqa: D301  (click reads \b as: leave these lines as they are)
    path, kind = _path_and_kind(arguments)
    style.check_name(out)
    asked = Asked(kind, path, quiet=quiet or as_json, **options)
    _check_flags(asked)
    check_out(out, asked.image, asked.data, own=style.is_picture, force=force)
    figure, numbers = KINDS[kind](asked)
    pictures.save(figure, out, force=force)
    print_result({"out": out, "kind": kind, **numbers}, f"{kind}: {out}", as_json=as_json, quiet=quiet)


def _path_and_kind(arguments: tuple[str, ...]) -> tuple[str | None, str]:
    kinds = ", ".join(KINDS)
    if not arguments or len(arguments) > 2:
        raise InputError(f"{len(arguments)} arguments: give a run or a model, if any, and one kind of picture: {kinds}")
    path, kind = (None, arguments[0]) if len(arguments) == 1 else arguments
    if kind in KINDS:
        return path, kind
    if path in KINDS:
        raise InputError(f"{path} {kind}: the run or the model comes first: pellucid plot {kind} {path}")
    if path is None and (is_model(kind) or Path(kind).exists()):
        raise InputError(f"{kind}: name the kind of picture after it, one of {kinds}")
    raise InputError(f"{kind}: is not a kind of picture; {did_you_mean(kind, KINDS, f'choose one of {kinds}')}")


# which kinds each flag is for; where it would change nothing it is refused
FLAGS = {
    "data": ("digits", "mistakes", "confusion", "activations", "saliency", "gradients", "landscape"),
    "sample": ("digits", "activations", "saliency"),
    "image": ("digits", "activations", "saliency"),
    "layer": ("weights",),
    "top": ("digits", "mistakes"),
}


def _check_flags(asked: Asked) -> None:
    for field, kinds in FLAGS.items():
        if getattr(asked, field) is not None and asked.kind not in kinds:
            raise InputError(f"--{field}: has no meaning for {asked.kind}; it is for {', '.join(kinds)}")
