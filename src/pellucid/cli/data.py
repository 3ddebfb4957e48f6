"""``pellucid data``: the embedded digits, written out for other programs."""

from pathlib import Path
from typing import Any

import click

from pellucid.cli.options import OneOf, out_option, output
from pellucid.cli.printing import print_result
from pellucid.datasets.export import export


@click.command(short_help="Write the digits out: as CSV, .npz or pictures.")
@click.argument("name", type=OneOf(["mnist"]))
@click.option("--to", "form", type=OneOf(["csv", "npz", "png"]), required=True, help="csv is Kaggle's form.")
@out_option("A file; for png, a folder.", required=True, replaces=False)
@click.option("--split", type=OneOf(["train", "test"]), default="train", show_default=True)
@click.option("--limit", type=int, metavar="N", help="Only the first N digits.")
@output
def data(name: str, form: Any, out: Path, split: Any, limit: int | None, as_json: bool, quiet: bool) -> None:
    """Write the digits that come with pellucid to a file: 60,000 to train on, or 10,000 to test on.

    csv is Kaggle's form (label,pixel0,…,pixel783), npz holds X (n, 784) and y, png is a folder of pictures.
    """
    count = export(split, form, out, limit)
    result = {"data": name, "split": split, "form": form, "out": out, "samples": count}
    print_result(result, f"{count:,} digits in {out}", as_json=as_json, quiet=quiet)
