"""Make the pictures of the documentation from the digit model that comes with pellucid.

python scripts/make_pictures.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from pellucid.arrays import AnyArray
from pellucid.cli.common import PACKAGED
from pellucid.storage import load_model

IMAGES = Path(__file__).parent.parent / "docs" / "images"
BLUE, ORANGE, WHITE = (np.array(colour, float) for colour in ((0, 90, 181), (230, 120, 0), (255, 255, 255)))
SCALE, GAP, COLUMNS = 3, 6, 8


def coloured(picture: AnyArray, most: float) -> AnyArray:
    """A picture (h, w) of weights in colours (h, w, 3): blue above 0, orange below, full at ±most, white at 0."""
    share = np.clip(picture / most, -1, 1)[..., np.newaxis]
    blend: AnyArray = np.where(share > 0, WHITE + share * (BLUE - WHITE), WHITE - share * (ORANGE - WHITE))
    return blend.astype(np.uint8)


def tiles(pictures: AnyArray) -> Image.Image:
    """Pictures (n, h, w) side by side, eight in a row, all on one scale."""
    most = float(np.quantile(np.abs(pictures), 0.99))
    size = pictures.shape[1] * SCALE + GAP
    rows = -(-len(pictures) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * size + GAP, rows * size + GAP), (110, 110, 110))
    for k, picture in enumerate(pictures):
        tile = Image.fromarray(coloured(picture, most)).resize((size - GAP, size - GAP), Image.Resampling.NEAREST)
        sheet.paste(tile, (GAP + k % COLUMNS * size, GAP + k // COLUMNS * size))
    return sheet


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    first = load_model(PACKAGED).network.layers[0]
    tiles(first.W.reshape(-1, 28, 28)).save(IMAGES / "weights.png", optimize=True)


if __name__ == "__main__":
    main()
