"""A contact sheet: rows of label map | generated | real in one picture, for documents and quick looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from evaluation.gallery import GalleryRow

PAPER, INK = (250, 250, 248), (70, 70, 70)
GAP = 6  # pixels between pictures; blocks of rows lie four gaps apart
HEADING = 26


def contact_sheet(
    rows: Sequence[GalleryRow],
    folder: Path,
    width: int = 192,
    blocks: int = 1,
    captions: Sequence[str] = (),
) -> Image.Image:
    """The pictures of `rows`, below `folder`, each `width` pixels wide, in `blocks` side by side, headed.

    `captions`: of the generated pictures, where they are more than samples of one model. All cells have the
    shape of the first row's label map; pictures of another shape are fitted in. Rows are as wide as the one
    with most pictures; a row without a photo leaves its place empty. Raises ValueError for no rows.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one row; none was given")
    samples = max(len(row.generated) for row in rows)
    cell = (width, round(width * rows[0].height / rows[0].width))
    has_photos = any(row.photo for row in rows)
    headings = ["label map", *(captions or ["generated"] * samples), *["real"] * has_photos]
    deep = math.ceil(len(rows) / blocks)
    blocks = math.ceil(len(rows) / deep)
    block_width = len(headings) * (cell[0] + GAP) + 3 * GAP
    size = (blocks * block_width - 2 * GAP, HEADING + deep * (cell[1] + GAP) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    for block, (column, heading) in product(range(blocks), enumerate(headings)):
        corner = (GAP + block * block_width + column * (cell[0] + GAP), HEADING // 2)
        draw.text(corner, heading, INK, font, anchor="lm")
    for number, row in enumerate(rows):
        block, line = divmod(number, deep)
        files = [row.labels, *row.generated, *[""] * (samples - len(row.generated)), row.photo or ""]
        for column, file in enumerate(files):
            if file:
                corner = (
                    GAP + block * block_width + column * (cell[0] + GAP),
                    HEADING + line * (cell[1] + GAP),
                )
                sheet.paste(_fitted(folder / file, cell, sharp=column == 0), corner)
    return sheet


def _fitted(file: Path, cell: tuple[int, int], sharp: bool) -> Image.Image:
    """The picture, as large as the cell has room for; label maps have no colours between two classes."""
    method = Image.Resampling.NEAREST if sharp else Image.Resampling.LANCZOS
    with Image.open(file) as stored:
        return ImageOps.pad(stored.convert("RGB"), cell, method, PAPER)
