"""``pellucid import``: a network that another tool has trained, as a model of pellucid."""

from pathlib import Path

import click

from pellucid._text import listed
from pellucid.cli.options import OneOf, check_out, out_option, output
from pellucid.cli.printing import Out, print_json
from pellucid.cli.train import show_layers
from pellucid.core.errors import InputError
from pellucid.interop.importing.importer import from_pytorch
from pellucid.interop.importing.onnx import from_onnx
from pellucid.model.model import Model
from pellucid.model.model_file import is_model_file, save_model


@click.command("import", short_help="A network from PyTorch or ONNX.")
@click.argument("file")
@out_option("The model to write.", metavar="FILE.safetensors", required=True)
@click.option("--activation", metavar="NAME[,NAME]", help="Of the hidden layers; a state_dict does not say it [relu].")
@click.option("--task", type=OneOf(["classification", "regression"]), help="What the outputs are.")
@click.option("--classes", metavar="A,B,…", help="What the classes are called [their numbers].")
@output
def import_(
    file: str,
    out: Path,
    force: bool,
    activation: str | None,
    task: str | None,
    classes: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Read FILE, the state_dict of a PyTorch network in safetensors, or an ONNX graph, and write it as a model.

    Only multi-layer perceptrons are read, with their numbers or not at all. The outputs of a state_dict are scores of
    classes where neither --task nor a file that pellucid has exported says otherwise; an ONNX graph that ends without
    a softmax or a sigmoid gives values. An ONNX graph that pellucid has exported brings its preprocessing. A
    scikit-learn perceptron comes in from Python: pellucid.interop.importing.importer.from_sklearn.
    """
    check_out(out, file, own=is_model_file, force=force)
    if out.suffix != ".safetensors":
        raise InputError(f"--out {out}: a model's file is called .safetensors, so that other commands know it")
    model = _read(file, activation, task, None if classes is None else tuple(classes.split(",")))
    save_model(model, out, force=force)
    if as_json:
        print_json({"out": str(out), "sizes": model.network.sizes, "parameters": int(model.network.theta.size)})
    elif not quiet:
        results = Out()
        show_layers(results, model.network)
        if model.network.loss.kind != "values":
            results.line(f"classes: {listed(model.class_names)}")
        if model.preprocessing is not None:
            results.line(f"columns: {listed(column.name for column in model.preprocessing.columns)}")
        results.line(f"model: {out}; try pellucid check {out}")


def _read(file: str, activation: str | None, task: str | None, classes: tuple[str, ...] | None) -> Model:
    if Path(file).suffix.lower() == ".onnx":
        if activation is not None:
            raise InputError(f"--activation {activation}: an ONNX graph says itself what its activations are")
        return from_onnx(file, task=task, classes=classes)
    names = None if activation is None else activation.split(",")
    return from_pytorch(file, activation=names, task=task, classes=classes)
