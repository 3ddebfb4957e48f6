"""``pellucid book``: the book in the browser, and its notebooks."""

import webbrowser
from pathlib import Path

import click

from pellucid.book import chapters, site
from pellucid.cli.options import FILE, output
from pellucid.cli.printing import Out, note, print_json
from pellucid.core.errors import InputError


@click.command(short_help="Learn how a network works: the book, in the browser or as notebooks.")
@click.option("--notebooks", type=FILE, metavar="FOLDER", help="Write the chapters as notebooks into FOLDER instead.")
@click.option("--no-browser", is_flag=True, help="Only say where the site is.")
@click.option("--force", is_flag=True, help="Replace notebooks that were changed.")
@output
def book(notebooks: Path | None, no_browser: bool, force: bool, as_json: bool, quiet: bool) -> None:
    """Open the book: twelve chapters, from one neuron to a network for your own data.

    The site is built on this machine, and again when its sources have changed; every cell of the book is run for it. It
    takes the extra "book", and then no network.
    """
    if notebooks is not None:
        _write(notebooks, force=force, as_json=as_json, quiet=quiet)
        return
    if force:
        raise InputError("--force: is for notebooks; give --notebooks FOLDER too")
    if site.ready() is None and not quiet and not as_json:
        note("the site is built once, with every cell of the book run; that takes a minute or more")
    page = site.built() / "index.html"
    if as_json:
        print_json({"site": page})
        return
    Out().line(str(page))
    if not (no_browser or webbrowser.open(page.as_uri())):
        note("no browser could be started; open that page yourself")


def _write(folder: Path, *, force: bool, as_json: bool, quiet: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"--notebooks {folder}: is a file; name a folder")
    written = chapters.write_notebooks(folder, force=force)
    if as_json:
        print_json({"notebooks": written})
        return
    Out().line(f"{folder}: {len(written)} notebooks")
    if not quiet:
        Out().commands((f"jupyter lab {folder}", "open them (pip install jupyterlab)"))
