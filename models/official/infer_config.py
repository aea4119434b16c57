"""Settling what shapes cannot tell: from what is told, else by convention, saying what was assumed."""

from __future__ import annotations

from itertools import product

from models.generators.spade import DOUBLINGS
from models.official.options import Told

PUBLISHED = {
    13: Told(labels=13, unknown=False, edges=False, upsampling="normal", aspect_ratio=1),
    19: Told(labels=19, unknown=False, edges=False, upsampling="normal", aspect_ratio=1),
    36: Told(labels=35, unknown=False, edges=True, upsampling="more", aspect_ratio=2),
    151: Told(labels=150, unknown=True, edges=False, upsampling="normal", aspect_ratio=1),
    184: Told(labels=182, unknown=True, edges=True, upsampling="normal", aspect_ratio=1),
}
"""The set-ups of the published releases by their input channels: Facades, CelebAMask-HQ, Cityscapes,
ADE20K, COCO-Stuff."""


class Settled:
    """The facts of one release, settled one by one; `assumed` collects what nobody said, to be shown."""

    def __init__(self, told: Told, input_channels: int, tensor: str) -> None:
        """`tensor` names, with its file, the tensor that has `input_channels`."""
        self.told = told
        self.tensor = tensor
        self.assumed: list[str] = []
        self.published = PUBLISHED.get(input_channels, Told())
        self.unknown, self.edges = self._extra_channels(input_channels)
        self.classes = input_channels - self.edges

    def _extra_channels(self, channels: int) -> tuple[bool, bool]:
        """Whether there is an unknown class, and whether there are edges, among the input channels."""
        told, published = self.told, self.published
        possible = [
            (unknown, edges)
            for edges, unknown in product((False, True), repeat=2)
            if told.unknown in (None, unknown)
            and told.edges in (None, edges)
            and told.labels in (None, channels - unknown - edges)
            and channels - unknown - edges > 0
        ]
        if not possible:
            raise ValueError(
                f"{self.tensor} has {channels} input channels, which is not what the options say: "
                f"{told.labels} labels (label_nc), unknown class {told.unknown} (contain_dontcare_label), "
                f"instances {told.edges} (not no_instance); correct or remove what is wrong"
            )
        if len(possible) == 1:
            return possible[0]
        usual = (published.unknown, published.edges)
        unknown, edges = next((pair for pair in possible if pair == usual), possible[0])
        labels = channels - unknown - edges
        self.assumed.append(
            f"{channels} input channels are {labels} labels, {'one' if unknown else 'no'} unknown class "
            f"(255) and {'one' if edges else 'no'} instance border; say unknown= and instances= if not so"
        )
        return unknown, edges

    def upsampling(self, most: bool, stem_size: tuple[int, int] | None) -> str:
        """`normal` or `more`, which have the same tensors, or `most`, which has a further block."""
        told = self.told.upsampling
        if told is not None and (told == "most") != most:
            raise ValueError(
                f"{self.tensor}: up-sampling {told!r} was said, but the generator has "
                f"{'a' if most else 'no'} block up_4, which only 'most' has"
            )
        if most or told is not None:
            return told or "most"
        if stem_size is not None and self.told.crop_width is not None:
            for word in ("normal", "more"):
                if self.told.crop_width // 2 ** DOUBLINGS[word] == stem_size[1]:
                    return word
        word = self.published.upsampling if self.published.upsampling in ("normal", "more") else "normal"
        self.assumed.append(
            f"up-sampling is {word!r} ('normal' and 'more' have the same tensors); say upsampling= if not so"
        )
        return str(word)

    def stem_size(self, cells: int) -> tuple[int, int]:
        """Height and width of the maps that a VAE's stem makes: `cells` pixels, width over height as told."""
        ratio = self.told.aspect_ratio
        if ratio is None and self._shape(cells, self.published.aspect_ratio or 1) is not None:
            ratio = self.published.aspect_ratio or 1.0
            self.assumed.append(f"images have the aspect ratio {ratio:g}; say aspect_ratio= if not so")
        size = None if ratio is None else self._shape(cells, ratio)
        if size is None:
            raise ValueError(
                f"{self.tensor}: the stem makes {cells} pixels, which is no picture of aspect ratio "
                f"{ratio or 1:g}{'' if ratio else ' (the usual one)'}; say aspect_ratio=, width over height"
            )
        return size

    @staticmethod
    def _shape(cells: int, ratio: float) -> tuple[int, int] | None:
        """Height and width of so many pixels; height is the rounded quotient, as officially."""
        sizes = ((round(width / ratio), width) for width in range(1, cells + 1))
        return next((size for size in sizes if size[0] * size[1] == cells), None)

    def crop_size(self, stem_size: tuple[int, int] | None, doublings: int) -> tuple[int, int] | None:
        """Height and width of the training images, where they can be known."""
        if stem_size is not None:
            return stem_size[0] * 2**doublings, stem_size[1] * 2**doublings
        if self.told.crop_width is None:
            return None
        ratio = self.told.aspect_ratio or self.published.aspect_ratio or 1
        return round(self.told.crop_width / ratio), self.told.crop_width
