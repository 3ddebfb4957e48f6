"""A digit to draw, and what every neuron makes of it: the page that ``export`` writes of a model."""

from pathlib import Path

import pellucid
from pellucid.book.figures.shown import Figure
from pellucid.core.errors import InputError
from pellucid.core.network import Network
from pellucid.model.model import Model
from pellucid.model.model_file import load_model
from pellucid.render.model_page import model_page

PACKAGED = Path(pellucid.__file__).parent / "model" / "digits.safetensors"


def digit(subject: object = None) -> Figure:
    """The page of ``subject``, a model or a network of 28 × 28 pixels, or that of the model that comes along."""
    model = load_model(PACKAGED) if subject is None else subject
    if isinstance(model, Network):
        model = Model(model, image_shape=(28, 28))
    if not isinstance(model, Model) or model.image_shape is None:
        raise InputError("figure('digit', …): takes a Model or a Network that reads pictures of 28 × 28 pixels")
    words = "A network that reads digits. Draw one: every neuron's number, and what it is made of, follow."
    return Figure("digit", words, model_page(model), 900)
