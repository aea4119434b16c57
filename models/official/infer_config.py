"""What shapes do not show: taken from the official options, else as published, else the plainest case."""

from __future__ import annotations

from itertools import product

from models.generators.spade import DOUBLINGS
from models.official.release_files import Options

PLAINEST: Options = {"contain_dontcare_label": False, "no_instance": True}
PLAINEST |= {"num_upsampling_layers": "normal", "aspect_ratio": 1.0}
"""That of Facades and CelebAMask-HQ as well."""
PUBLISHED: dict[int, Options] = {
    36: {"no_instance": False, "num_upsampling_layers": "more", "aspect_ratio": 2.0},  # Cityscapes
    151: {"contain_dontcare_label": True},  # ADE20K
    184: {"contain_dontcare_label": True, "no_instance": False},  # COCO-Stuff
}
"""What published releases with so many input channels have otherwise."""

RANGES = {"aspect_ratio": ((float, int), 0.01, 100), "crop_size": ((int,), 1, 10**5)}
CORRECT = "correct it, or remove it from options.json or opt.txt"


class Setup:
    """The set-up that a release was trained in.

    `classes`: K, the unknown class included; `unknown`: the last class stands for label 255; `edges`: the
    last input channel is the instance border; `crop_size`: height and width of the training images, None
    where unknown; `dataset`: our name of the data set where the release tells; `warnings`: a sentence for
    each guess.
    """

    dataset: str | None = None

    def __init__(self, options: Options, channels: int, tensor: str) -> None:
        """`tensor` names, with its file, the tensor that has so many input channels."""
        self.options, self.tensor = options, tensor
        self.usual = PLAINEST | self.published(channels)
        self.warnings: list[str] = []
        self.resolve_channels(channels)
        for name, (kinds, least, most) in RANGES.items():
            value = options.get(name, 1)
            if type(value) not in kinds or not least <= value <= most:
                range_ = f"{kinds[0].__name__} from {least} to {most}"
                raise ValueError(f"{tensor}: {name}={value!r} is no {range_}; {CORRECT}")
        known = self.usual | options
        self.aspect_ratio: float = known["aspect_ratio"]
        width = known.get("crop_size")
        self.crop_size = None if width is None else (round(width / self.aspect_ratio), width)

    def published(self, channels: int) -> Options:
        """What published releases with so many input channels have."""
        return PUBLISHED.get(channels, {})

    def resolve_channels(self, channels: int) -> None:
        """What the input channels are: `classes`, `unknown` and `edges`."""
        names = ("label_nc", "contain_dontcare_label", "no_instance")
        possible = [
            dict(zip(names, (channels - unknown - edges, unknown, not edges)))
            for edges, unknown in product((False, True), repeat=2)
            if channels > unknown + edges
        ]
        evidence = f"{channels} input channels: {names[0]}, one if {names[1]}=True, one if {names[2]}=False"
        extra = self.choose(possible, evidence, "--[no-]unknown and --[no-]instances")
        self.unknown, self.edges = bool(extra["contain_dontcare_label"]), not extra["no_instance"]
        self.classes = channels - self.edges

    def choose(self, possible: list[Options], evidence: str, remedy: str) -> Options:
        """The one of the possible options that agrees with those given; of several the usual one."""

        def agree(one: Options, other: Options) -> bool:
            return all(name not in other or repr(other[name]) == repr(value) for name, value in one.items())

        left = [one for one in possible if agree(one, self.options)]
        if not left:
            given = _listed({name: value for name, value in self.options.items() if name in possible[0]})
            raise ValueError(f"{self.tensor}: {given} disagrees with {evidence}; {CORRECT}")
        chosen = next((one for one in left if agree(one, self.usual)), left[0])
        if len(left) > 1:
            self.warnings.append(f"{_listed(chosen)} is a guess ({evidence}); if it is wrong, give {remedy}")
        return chosen

    def resolve_sizes(self, most: bool, stem_pixels: int | None) -> str:
        """The up-sampling of a SPADE generator: `most` has a block more, `normal` and `more` look alike.

        `stem_pixels`: of the maps that the stem of a VAE makes, None without one; they show the crop size.
        Raises ValueError where the options disagree with the tensors.
        """
        names = [name for name in DOUBLINGS if (name == "most") == most]
        stem = None if stem_pixels is None else self._stem_size(stem_pixels)
        if stem and self.crop_size and "num_upsampling_layers" not in self.options:
            width = self.crop_size[1]
            names = [name for name in names if width // 2 ** DOUBLINGS[name] == stem[1]] or names
        possible = [{"num_upsampling_layers": name} for name in names]
        evidence = f"a generator {'with' if most else 'without'} block up_4: {' or '.join(names)}"
        upsampling: str = self.choose(possible, evidence, "--upsampling")["num_upsampling_layers"]
        if stem:
            self.crop_size = stem[0] * 2 ** DOUBLINGS[upsampling], stem[1] * 2 ** DOUBLINGS[upsampling]
        return upsampling

    def _stem_size(self, pixels: int) -> tuple[int, int]:
        """Height and width of maps of so many pixels; height is the rounded quotient, as officially."""
        ratio = self.aspect_ratio
        sizes = ((round(width / ratio), width) for width in range(1, pixels + 1))
        size = next((size for size in sizes if size[0] * size[1] == pixels), None)
        if size is None:
            raise ValueError(
                f"{self.tensor}: the stem makes {pixels} pixels, no picture of aspect ratio {ratio:g}; "
                "give --aspect-ratio, width over height"
            )
        if "aspect_ratio" not in self.options:
            self.warnings.append(f"aspect_ratio={ratio:g} is a guess; if it is wrong, give --aspect-ratio")
        return size


def _listed(options: Options) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in options.items())
