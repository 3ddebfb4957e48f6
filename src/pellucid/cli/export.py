"""``pellucid export``: a trained model for other tools."""

from pathlib import Path

import click

from pellucid.cli.models import open_model
from pellucid.cli.options import TRAINED, check_out, out_option, output
from pellucid.cli.printing import print_result
from pellucid.interop.export.registry import EXPORTERS, how_to_use, target_of
from pellucid.interop.export.registry import export as write


@click.command(short_help="A model for ONNX, PyTorch, NumPy alone, or a browser.")
@click.argument("model", type=TRAINED, required=False)
@click.option("--to", metavar="|".join(EXPORTERS), help="The target [what --out ends in says it]")
@out_option("The file to write.", required=True)
@output
def export(model: str | None, to: str | None, out: Path, force: bool, as_json: bool, quiet: bool) -> None:
    """Write MODEL, a .safetensors file or the folder of a run, in a form that other tools open.

    \b
    onnx     a graph for ONNX Runtime and others, with the preprocessing in it
    numpy    one readable Python script, with its weights, that needs NumPy alone
    pytorch  the weights as a state_dict in safetensors, and the lines that load them
    html     one page, without a network, in which one draws or types an input and sees the answer

    Without MODEL it is the digit model that comes with pellucid.
    """  # noqa: D301  (click reads \b as: leave these lines as they are)
    opened = open_model(model)
    to = to or target_of(out)
    check_out(out, model)
    write(opened, out, to=to, force=force)
    size = out.stat().st_size
    line = f"{to}: {out}, {size / 1000:.0f} kB; {how_to_use(out, to)}"
    print_result({"out": out, "to": to, "bytes": size}, line, as_json=as_json, quiet=quiet)
