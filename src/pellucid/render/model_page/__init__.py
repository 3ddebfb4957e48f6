"""A model as one HTML page: draw a digit or type a row, and see what every neuron makes of it, computed in the page."""

import base64
import json
import zlib
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from string import Template

import pellucid
from pellucid._files.reading import StrPath
from pellucid._files.writing import write_whole
from pellucid._pages import policy
from pellucid._text import escape
from pellucid.model.model import Model
from pellucid.render import web
from pellucid.render.model_page import data, functions
from pellucid.render.web.modules import plain, together, without_remarks

HERE = Path(__file__).parent / "browser"
SEEN = (
    '<div class="picture"><canvas id="seen" role="img" aria-label="What the network sees"></canvas>'
    '<i class="spot" id="seen-spot" hidden></i></div>'
)
TILES = "A picture is a neuron's weights, its bar the answer a, the one below that δ."
CELLS = (
    "An input says what was given, and the number that the network gets of it. The fuller a cell, the larger its "
    "answer a within its layer; the strip on its right is δ."
)


def write(model: Model, path: StrPath) -> None:
    """Write a model as a page, whole or not at all; raises OSError where that cannot be."""
    write_whole(path, model_page(model).encode())


def model_page(model: Model) -> str:
    """The page. It holds all that it needs, and forbids itself to load anything and to run another script.

    The network is computed in double precision from the model's own weights. These, the script, the style of what it
    shows and what it works with are deflated together, since a third of the page would be air otherwise; ``boot.js``
    unpacks them.

    >>> from pellucid import Network
    >>> model_page(Model(Network([2, 3, 2]))).splitlines()[0]
    '<!doctype html>'
    """
    kind = "drawing" if model.image_shape is not None else "row"
    style = without_remarks(f"{web.look()}\n{_read('page.css')}")
    parts_style = without_remarks(web.read("parts.css"))
    script, boot, tried = script_of(model), plain(_read("boot.js")), data.to_try(model)
    numbers = json.dumps(data.of_model(model, tried), allow_nan=False, separators=(",", ":"))
    planes = data.parameters(model)
    parts = [script.encode(), parts_style.encode(), numbers.encode(), b"".join(planes), data.pixels(tried)]
    return Template(_read("page.html")).substitute(
        title=escape(f"A network {'-'.join(map(str, model.network.sizes))}"),
        style=style,
        policy=policy([style, parts_style], boot, script),
        about=escape(_about(model), 1000),
        input=_read(f"{kind}.html"),
        more=_read(f"{kind}_more.html"),
        seen=SEEN if kind == "drawing" else "",
        reading=TILES if kind == "drawing" else CELLS,
        ends=" ".join(map(str, accumulate(map(len, parts)))),
        packed=_packed([*parts[:3], *planes, parts[4]]),
        boot=boot,
        version=escape(pellucid.__version__),
    )


def script_of(model: Model) -> str:
    """The script of the page: the network's functions, and the modules of the page put together."""
    kind = "drawing" if model.image_shape is not None else "row"
    return "\n".join(['"use strict";', functions.script(model.network), together(HERE / f"{kind}.js")])


def _packed(parts: Sequence[bytes]) -> str:
    """Parts one after the other as text: deflated without a header, each with a code of its own, in base64."""
    deflate = zlib.compressobj(9, wbits=-15)
    done = [deflate.compress(part) + deflate.flush(zlib.Z_FULL_FLUSH) for part in parts]
    return base64.b64encode(b"".join(done) + deflate.flush()).decode()


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8").strip()


def _about(model: Model) -> str:
    net = model.network
    layers = ", ".join(f"{layer.W.shape[0]} {layer.activation.name}" for layer in net.layers)
    return f"{net.sizes[0]:,} inputs, then layers of {layers}: {net.theta.size:,} parameters."
