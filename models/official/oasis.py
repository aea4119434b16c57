"""Official OASIS releases (Schönfeld et al. 2021).

The generator has SPADE's body, with noise beside the label map; the discriminator is a U-Net.
"""

from __future__ import annotations

from dataclasses import replace

from models.official import spade
from models.official.infer_config import CORRECT, Setup
from models.official.key_mapping import KeyMap
from models.official.release import Family, Networks
from models.official.release_files import Options, TensorFile

BLOCKS = 6
NOISE = 64
PUBLISHED: dict[str, Options] = {
    "ade20k": {"semantic_nc": 151, "contain_dontcare_label": True, "crop_size": 256},
    "coco": {"semantic_nc": 183, "contain_dontcare_label": True, "crop_size": 256},
    "cityscapes": {
        "semantic_nc": 35, "contain_dontcare_label": False, "crop_size": 512, "aspect_ratio": 2.0
    },
}  # fmt: skip
"""What the data sets have by their official names, `dataset_mode`: opt.txt says nothing else of them."""
DATA_SETS = {"ade20k": "ade20k", "coco": "coco_stuff", "cityscapes": "cityscapes"}
"""Our names of them."""
UNKNOWN = "contain_dontcare_label"
"""Whether the first label channel is unknown. In Cityscapes it is the publisher's id 0, as each is its id."""

NAMES = {f"blocks.{index}.": f"body.{index}." for index in range(BLOCKS)} | {
    name: official for name, official in spade.NAMES.items() if not name.startswith("blocks.")
}
NAMES[".standardise."] = ".first_norm."
OPTIONAL = {r"(.*\.first_norm)\.num_batches_tracked": r"\1.running_mean"}

DISCRIMINATOR_NAMES = {f"decoder.blocks.{block}.conv_0.": f"body_up.{block}.conv1.2." for block in range(6)}
DISCRIMINATOR_NAMES |= {
    "encoder.0.conv_0.": "encoder.0.conv1.0.",
    ".conv_0.": ".conv1.1.",
    ".conv_1.": ".conv2.1.",
}
DISCRIMINATOR_NAMES |= {"encoder.": "body_down.", "decoder.blocks.": "body_up.", ".shortcut.": ".conv_s."}
DISCRIMINATOR_NAMES |= {"decoder.to_logits.": "layer_up_last."}
DISCRIMINATOR = KeyMap("OASIS discriminator", DISCRIMINATOR_NAMES)


class OasisSetup(Setup):
    """`noise_width`: numbers in the noise vector, which are the first input channels, 0 without noise."""

    def __init__(self, options: Options, channels: int, tensor: str, label_channels: int | None) -> None:
        """`label_channels`: as the discriminator has them, None without one."""
        if label_channels is not None:
            options = options | {"semantic_nc": label_channels}
        super().__init__(options, channels, tensor)

    def published(self, channels: int) -> Options:
        """By the data set, and where it is not known, by the number of channels."""
        by_channels = {
            options["semantic_nc"] + width: name
            for name, options in PUBLISHED.items()
            for width in (0, NOISE)
        }
        name = self.options.get("dataset_mode", by_channels.get(channels))
        return {UNKNOWN: True} | PUBLISHED.get(str(name), {})

    def resolve_channels(self, channels: int) -> None:
        width = self.options.get("z_dim", NOISE)
        if type(width) is not int or width < 1:
            raise ValueError(f"{self.tensor}: z_dim={width!r} is no number of channels; {CORRECT}")
        possible = [
            {"no_3dnoise": not noise, "semantic_nc": channels - noise}
            for noise in (width, 0)
            if channels > noise
        ]
        evidence = f"{channels} input channels: semantic_nc, and z_dim={width} more if no_3dnoise=False"
        self.classes, self.edges = self.choose(possible, evidence, "--noise")["semantic_nc"], False
        self.noise_width = channels - self.classes
        self.unknown = self.usual[UNKNOWN]
        name = str(self.options.get("dataset_mode"))
        if self.classes == PUBLISHED.get(name, {}).get("semantic_nc"):
            self.dataset = DATA_SETS[name]
        if name not in PUBLISHED:
            evidence = "no dataset_mode of a published release tells whether the first label is unknown"
            both = [{UNKNOWN: True}, {UNKNOWN: False}]
            self.unknown = self.choose(both, evidence, "--[no-]unknown")[UNKNOWN]

    def class_order(self) -> list[int]:
        """The official label channel of each of our classes: unknown comes last here."""
        return [*range(1, self.classes), 0] if self.unknown else list(range(self.classes))

    def input_order(self) -> list[int]:
        """The official input channel of each of ours: noise comes last here."""
        return [self.noise_width + channel for channel in self.class_order()] + list(range(self.noise_width))


class Oasis(Family):
    """OASIS's own code."""

    def label_tensor(self, file: TensorFile) -> str | None:
        return "fc.weight" if file.has(r"body\.0\.conv_0\.") else None

    def setup(self, known: Options, file: TensorFile, tensor: str, D: TensorFile | None) -> OasisSetup:
        channels, title = file.shape(tensor)[1], f"{file.path}: tensor {tensor!r}"
        label_channels = None if D is None else D.shape("layer_up_last.weight")[0] - 1
        return OasisSetup(known, channels, title, label_channels)

    def generator(self, file: TensorFile, setup: Setup) -> tuple[Networks, KeyMap]:
        assert isinstance(setup, OasisSetup)
        hidden, _, kernel_size, _ = file.shape("body.0.norm_0.mlp_shared.0.weight")
        _, (widest, *_), _, spectral = file.layer("body.0.conv_0")
        statistics = "instance"
        if "body.0.norm_0.first_norm.running_mean" in file.tensors:
            is_batch = setup.options.get("param_free_norm") == "batch"
            statistics = "batch" if is_batch else "sync_batch"
        generator = {"name": "spade", "width": max(1, widest // 16), "spectral": spectral}
        generator |= {"first_block": False, "noise": setup.noise_width}
        norm = {"name": "spade", "statistics": statistics, "kernel_size": kernel_size, "hidden": hidden}
        networks: Networks = {"generator": generator, "norm": norm, "encoder": {"name": "none"}}
        order = 1, setup.input_order()
        orders = {"stem.conv.weight": order, ".shared.weight": order}
        return networks, KeyMap("OASIS generator", NAMES, optional=OPTIONAL, orders=orders)

    def discriminator(self, file: TensorFile, setup: Setup) -> tuple[Options, KeyMap]:
        assert isinstance(setup, OasisSetup)
        levels = len({name.split(".")[1] for name in file.tensors if name.startswith("body_down.")})
        spectral = file.layer("body_down.0.conv1.0").spectral
        width = file.shape("layer_up_last.weight")[1]
        # The first logit is that of fake pixels.
        order = 0, [0, *(1 + channel for channel in setup.class_order())]
        orders = {".to_logits.weight": order, ".to_logits.bias": order}
        options = {"name": "oasis", "width": width, "levels": levels, "spectral": spectral}
        return options, replace(DISCRIMINATOR, orders=orders)
