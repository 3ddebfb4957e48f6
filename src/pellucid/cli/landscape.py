"""``pellucid landscape``: the loss around the trained θ, and the way that training took over it."""

import io
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from pellucid._files.values import to_json
from pellucid._files.writing import marked, write_whole
from pellucid._text import decimal, percent
from pellucid.analysis.landscape import Surface, TrainingPath, compute, path_of, spread, table, tensors
from pellucid.analysis.landscape import as_json as as_json_of
from pellucid.cli.models import data_of, open_model
from pellucid.cli.options import TRAINED, OneOf, check_out, count_option, out_option, output
from pellucid.cli.printing import Out, print_json, progress
from pellucid.cli.samples import samples_for
from pellucid.core.batches import Pair
from pellucid.core.errors import InputError
from pellucid.model.model import Model
from pellucid.render import pictures
from pellucid.render.landscape import page
from pellucid.render.pictures import style
from pellucid.runs import is_run, read_run

SUFFIXES = (".html", *style.SUFFIXES, ".npz", ".csv", ".json")
NAME = "landscape.html"
MARKS = {  # of the files that it writes, and replaces
    ".html": b'<meta name="generator" content="pellucid landscape">',
    ".npz": b"alphas.npy",
    ".csv": b"alpha,beta,loss\n",
    ".json": b'"directions": "',
}
SPAN = "How far beyond the path the plane goes, in its extents [0.25]; at random: in lengths of the weights [1]"
MOST_POINTS = 251  # a page of these has less than 500 kB


@click.command(short_help="The loss surface around the trained network.")
@click.argument("place", type=TRAINED, required=False, metavar="[RUN|MODEL]")
@click.option("--data", metavar="DATA", help="Whose loss: what train takes. Default: the model's own test or dev part.")
@click.option("--directions", type=OneOf(["path", "random"]), help="Of the plane; path is usual for a RUN.")
@count_option("--points", 51, "Along each direction.", least=3, most=MOST_POINTS)
@click.option("--span", type=click.FloatRange(min=0, min_open=True), help=SPAN)
@count_option("--samples", 1000, "At most so many.")
@count_option("--seed", 0, "Of random directions.", least=0)
@out_option(f"{', '.join(SUFFIXES)}; may be given several times [{NAME} in the RUN, or here]", several=True)
@output
def landscape(
    place: str | None,
    data: str | None,
    directions: str | None,
    samples: int,
    seed: int,
    out: tuple[Path, ...],
    force: bool,
    as_json: bool,
    quiet: bool,
    **plane: Any,
) -> None:
    """The loss on a plane through the trained θ, and the way that training took over it.

    The plane is spanned by the two main directions of training's path (of a RUN), or by two random directions in which
    each neuron's part is as long as its weights (of a MODEL, or with --directions random). Without RUN or MODEL it is
    that of the digit model that comes with pellucid. On the page, point at any network, play the way of training and
    turn the hills, with mouse, finger or keys.
    """
    model = open_model(place)
    outs = out or ((Path(place) if place is not None and is_run(place) else Path()) / NAME,)
    _check_outs(outs, [place, data, data_of(model)], force=force)
    path = _path(place, directions)
    name, chosen = _samples(model, data, samples)
    begin, rng = time.perf_counter(), np.random.default_rng(seed)
    total = plane["points"] ** 2 + (0 if path is None else len(path.steps))
    with progress("losses", total, quiet=quiet or as_json) as advance:
        surface = compute(model.network, chosen, path=path, rng=rng, after_each=advance, **plane)
    seconds = time.perf_counter() - begin
    for file in outs:
        write_whole(file, _content(surface, file.suffix.lower(), name))
    if as_json:
        about = {"data": name, "out": outs, "points": len(surface.alphas), "seconds": round(seconds, 3)}
        print_json({**about, **as_json_of(surface)})
    else:
        _show(surface, name, outs, seconds, quiet=quiet)


def _check_outs(outs: tuple[Path, ...], read: list[str | None], *, force: bool) -> None:
    """Refuse, before anything is computed, files that cannot be written or that hold what is read."""
    for out in outs:
        if out.suffix.lower() not in SUFFIXES:
            raise InputError(f"--out {out}: its ending says no format; give one of {', '.join(SUFFIXES)}")
        own = style.is_picture if out.suffix.lower() in style.SUFFIXES else marked(MARKS[out.suffix.lower()])
        check_out(out, *read, own=own, force=force)
    if any(out.suffix.lower() in style.SUFFIXES for out in outs):
        style.figure(1, 1)  # says now, not later, that matplotlib is missing


def _path(place: str | None, directions: str | None) -> TrainingPath | None:
    """The path to span the plane with; None for random directions."""
    if place is None or not is_run(place):
        if directions == "path":
            raise InputError(
                f"--directions path: {place or 'the model that comes with pellucid'} has no path of training with it; "
                "give the folder of a run, or take --directions random"
            )
        return None
    if directions == "random":
        return None
    path = path_of(read_run(place))
    different = len({theta.tobytes() for theta in path.thetas})
    if different < 3:
        raise InputError(
            f"{place}: its path holds {different} different θ, but a plane takes 3; "
            "take --directions random, or train for more steps"
        )
    return path


def _samples(model: Model, data: str | None, most: int) -> tuple[str, Pair]:
    name, samples = samples_for(model, data)
    if not len(samples.X):
        raise InputError(f"{name}: has no samples; name other data with --data")
    return name, spread(samples, most)


def _content(surface: Surface, suffix: str, name: str) -> bytes:
    """The file of such an ending."""
    if suffix == ".npz":
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **tensors(surface))
        return content.getvalue()
    if suffix in style.SUFFIXES:
        return style.render(pictures.landscape(surface), suffix)
    if suffix == ".json":
        return (to_json({"data": name, **as_json_of(surface)}) + "\n").encode()
    return (table(surface) if suffix == ".csv" else page(surface, name)).encode()


def _show(surface: Surface, name: str, outs: tuple[Path, ...], seconds: float, *, quiet: bool) -> None:
    results, points = Out(), len(surface.alphas)
    results.line(f"{name}: {surface.samples:,} samples, loss {decimal(surface.centre)} at the trained θ")
    if not quiet:
        results.line(f"plane: {_plane(surface)}")
        if surface.trajectory is not None:
            way = surface.trajectory
            first, last = decimal(way.losses[0]), decimal(way.losses[-1])
            results.line(
                f"path: {len(way.steps)} θ from step {way.steps[0]:,} to {way.steps[-1]:,}, loss {first} to {last}, "
                f"at most {way.distances.max():.3g} off the plane"
            )
        for word, (loss, alpha, beta) in (("lowest", surface.lowest), ("highest", surface.highest)):
            results.line(f"{word}: {decimal(loss)} at α = {alpha:.3g}, β = {beta:.3g}")
        if not np.isfinite(surface.losses).all():
            none = int((~np.isfinite(surface.losses)).sum())
            results.line(f"no number: at {none:,} of the points; --span reaches too far")
        results.line(f"{points} × {points} points in {seconds:.1f} s")
    for out in outs:
        results.line(str(out))


def _plane(surface: Surface) -> str:
    if surface.shares is None:
        return "two random directions, each neuron's part as long as its weights"
    first, second = map(percent, surface.shares)
    return f"the path's two main directions, {first} and {second} of its variance"
