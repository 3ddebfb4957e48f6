"""``pellucid studio``: watch a network learn, look inside, go back, change it, in the browser."""

import contextlib
import webbrowser

import click

from pellucid.cli.interrupts import Ended
from pellucid.cli.options import TRAINED, output
from pellucid.cli.printing import note
from pellucid.core.errors import InputError

MISSING = "the studio needs Starlette and uvicorn: pip install 'pellucid[studio]'"


@click.command(short_help="Watch a network learn, in the browser.")
@click.argument("place", type=TRAINED, required=False, metavar="[DATA|RUN|MODEL]")
@click.option("--host", default="127.0.0.1", show_default=True, help="This machine: 127.0.0.1, localhost or ::1.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8501, show_default=True, help="Or the next that is free."
)
@click.option("--no-browser", is_flag=True, help="Print the address, and open no browser.")
@output
def studio(place: str | None, host: str, port: int, no_browser: bool, as_json: bool, quiet: bool) -> None:
    """Watch a network learn, look inside, go back, change it.

    Without an argument it opens with the digit model that comes with pellucid. A training in it is an ordinary run in
    runs/, with a journal of what was changed. Ctrl-C ends it, and saves it; pellucid studio RUN goes on.

    From another machine: ssh -L 8501:127.0.0.1:8501 THERE, then open the address that is printed, here.
    """
    if as_json:
        raise InputError("--json: the studio answers in the browser; leave it out")
    try:
        from pellucid.studio.opened import opening
        from pellucid.studio.server import Studio, doorway, listening
        from pellucid.studio.session import Session
    except ImportError as error:
        raise InputError(f"{MISSING} (there is no {error.name})") from None
    socket = listening(host, port)
    with contextlib.closing(socket):
        session = Session(opening(place))
        served = Studio(session, socket)
        if served.port != port and port and not quiet:
            note(f"note: port {port} is taken; this is {served.port}")
        with doorway(served.address) as path:
            click.echo(served.address)
            if not no_browser:
                webbrowser.open(path.as_uri())
            try:
                served.run()
            except KeyboardInterrupt as error:
                if (farewell := session.farewell()) is None:
                    raise
                click.echo(err=True)  # behind the ^C of the terminal
                note(f"interrupted; {farewell}")
                raise click.exceptions.Exit(error.code if isinstance(error, Ended) else 130) from None
