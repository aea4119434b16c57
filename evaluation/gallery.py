"""The pictures of an evaluation on disk: one PNG file a picture, and rows of those that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from torch import Tensor

from data.batch import Batch
from data.image_range import to_uint8
from data.palette import colourise
from data.sources.source import LabelSet

LABELS, GENERATED, PHOTOS = "labels", "images", "photos"
"""Folders beside the report."""


@dataclass(frozen=True)
class GalleryRow:
    """What belongs to one label map: paths of PNG files relative to the report's folder, with "/" between.

    `generated` holds one picture, or several samples of one label map; `photo` is None where there is none;
    `width`, `height` are the label map's, in pixels.
    """

    name: str
    labels: str
    generated: tuple[str, ...]
    photo: str | None
    width: int
    height: int


class Gallery:
    """Writes label map, generated pictures and photo of each sample below `folder`; keeps their names only.

    Generated pictures have the name of their label map, `images/NAME.png`, further samples of it are
    `images_2/NAME.png` and so on. Label maps are palette PNG files: a viewer shows the classes' colours, a
    program reads the ids (above 256 classes they are RGB files of the colours).
    """

    def __init__(self, folder: Path, label_set: LabelSet) -> None:
        self.folder = folder
        self.label_set = label_set
        self.rows: list[GalleryRow] = []

    def add(self, batch: Batch, *samples: Tensor) -> None:
        """Writes a batch with its generated pictures, each of `samples` (B, 3, H, W) in [-1, 1].

        Raises ValueError for a name that leads out of the folder.
        """
        generated = [to_uint8(pictures).cpu() for pictures in samples]  # (B, 3, H, W) each
        photos = None if batch.photo is None else to_uint8(batch.photo).cpu()  # (B, 3, H, W)
        labels = batch.labels.cpu()  # (B, H, W)
        for index, name in enumerate(batch.names):
            folders = [GENERATED, *(f"{GENERATED}_{number}" for number in range(2, len(samples) + 1))]
            images = [
                self._save(picture_of(pictures[index]), folder, name)
                for folder, pictures in zip(folders, generated)
            ]
            label_map = self._save(label_picture(labels[index], self.label_set), LABELS, name)
            photo = None if photos is None else self._save(picture_of(photos[index]), PHOTOS, name)
            height, width = labels[index].shape
            self.rows.append(GalleryRow(name, label_map, tuple(images), photo, width, height))

    def _save(self, picture: Image.Image, kind: str, name: str) -> str:
        path = self.folder / kind / f"{name}.png"
        if not path.resolve().is_relative_to((self.folder / kind).resolve()):
            raise ValueError(
                f"the name {name!r} leads out of {self.folder / kind}; rename the label map's file"
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        return path.relative_to(self.folder).as_posix()


def picture_of(pixels: Tensor) -> Image.Image:
    """uint8 (3, H, W) as an RGB picture."""
    return Image.fromarray(pixels.permute(1, 2, 0).contiguous().numpy())


def label_picture(labels: Tensor, label_set: LabelSet) -> Image.Image:
    """Ids (H, W) in the colours of their classes: a palette picture whose indices are the ids."""
    if len(label_set) > 256:
        return picture_of(colourise(labels, label_set.colours))
    picture = Image.fromarray(labels.byte().numpy())
    picture.putpalette([value for colour in label_set.colours for value in colour])
    return picture
