"""A contact sheet: rows of label map | generated | real in one picture, for documents and quick looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from evaluation.gallery import GalleryRow

PAPER, INK = (250, 250, 248), (70, 70, 70)
GAP = 6  # pixels between pictures
HEADING = 26


def contact_sheet(
    rows: Sequence[GalleryRow], folder: Path, width: int = 192, captions: Sequence[str] = ()
) -> Image.Image:
    """The pictures of `rows`, below `folder`, each `width` pixels wide, with a heading over each column.

    `captions`: of the generated pictures, where they are more than samples of one model. All cells have the
    shape of the first row's label map; pictures of another shape are fitted in. Rows are as wide as the one
    with most pictures; a row without a photo leaves its place empty. Raises ValueError for no rows.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one row; none was given")
    samples = max(len(row.generated) for row in rows)
    cell = (width, round(width * rows[0].height / rows[0].width))
    headings = ["label map", *(captions or ["generated"] * samples)]
    headings += ["real"] * any(row.photo for row in rows)
    left = [GAP + column * (cell[0] + GAP) for column in range(len(headings))]
    size = (left[-1] + cell[0] + GAP, HEADING + len(rows) * (cell[1] + GAP) + GAP)
    sheet = Image.new("RGB", size, PAPER)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=13)
    for x, heading in zip(left, headings):
        draw.text((x, HEADING // 2), heading, INK, font, anchor="lm")
    for line, row in enumerate(rows):
        files = [row.labels, *row.generated, *[None] * (samples - len(row.generated)), row.photo]
        for column, file in enumerate(files):
            if file is not None:
                # Label maps have no colours between two classes.
                method = Image.Resampling.LANCZOS if column else Image.Resampling.NEAREST
                with Image.open(folder / file) as stored:
                    fitted = ImageOps.pad(stored.convert("RGB"), cell, method, PAPER)
                sheet.paste(fitted, (left[column], HEADING + line * (cell[1] + GAP)))
    return sheet
