"""A contact sheet: rows of label map | generated | real in one picture, for documents and quick looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

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

    `captions`: of the generated pictures, where they are more than samples of one model.

    All cells have the shape of the first row's label map; pictures of another shape are fitted in. Rows are
    as wide as the one with most pictures; a row without a photo leaves its place empty. Raises ValueError for
    no rows.
    """
    if not rows:
        raise ValueError("a contact sheet was asked of no rows; give at least one")
    samples = max(len(row.generated) for row in rows)
    cell = (width, round(width * rows[0].height / rows[0].width))
    has_photos = any(row.photo for row in rows)
    headings = ["label map", *(captions or ["generated"] * samples), *["real"] * has_photos]
    deep = math.ceil(len(rows) / blocks)
    blocks = math.ceil(len(rows) / deep)
    block_width = len(headings) * (cell[0] + GAP) + 3 * GAP
    size = (blocks * block_width - 2 * GAP, HEADING + deep * (cell[1] + GAP) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    for block in range(blocks):
        left = GAP + block * block_width
        _write_headings(sheet, headings, left, cell[0] + GAP)
        for place, row in enumerate(rows[block * deep : (block + 1) * deep]):
            files = [row.labels, *row.generated, *[""] * (samples - len(row.generated)), row.photo or ""]
            for column, file in enumerate(files):
                if file:
                    corner = (left + column * (cell[0] + GAP), HEADING + place * (cell[1] + GAP))
                    _paste(sheet, folder / file, corner, cell, sharp=column == 0)
    return sheet


def _write_headings(sheet: Image.Image, headings: Sequence[str], left: int, step: int) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    for column, heading in enumerate(headings):
        draw.text((left + column * step, HEADING // 2), heading, INK, font, anchor="lm")


def _paste(
    sheet: Image.Image, file: Path, corner: tuple[int, int], cell: tuple[int, int], sharp: bool
) -> None:
    with Image.open(file) as stored:
        picture = stored.convert("RGB")
    scale = min(cell[0] / picture.width, cell[1] / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # Label maps have no colours between two classes; photos do.
    picture = picture.resize(size, Image.Resampling.NEAREST if sharp else Image.Resampling.LANCZOS)
    sheet.paste(picture, (corner[0] + (cell[0] - size[0]) // 2, corner[1] + (cell[1] - size[1]) // 2))
