"""Each word that a network or a loss can be chosen by trains and generates, from the command line on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file

from engine.run_log import read_log
from options.schema import choices_of
from tests.tiny import tiny_words
from tests.verbs import Verbs

SMALL = {
    "generator=pix2pixhd": ("generator.downsamplings=2", "generator.blocks=1"),
    "generator=local_enhancer": ("generator.downsamplings=2", "generator.blocks=1"),
    "generator=unet": ("generator.depth=4",),
    "encoder=region_style": ("norm=sean",),
}
NORMS = [(f"norm={word}",) for word in choices_of("norm") if word != "none"]
GENERATORS = [(f"generator={word}",) for word in choices_of("generator")]
ENCODERS = [(f"encoder={word}",) for word in choices_of("encoder")]
OTHERS = [
    *((f"norm.statistics={word}",) for word in ("batch", "sync_batch", "instance", "layer")),
    *((f"norm.implementation={word}",) for word in ("auto", "dense", "indexed")),
    *((f"loss.adversarial={word}",) for word in ("hinge", "least_squares", "non_saturating", "wasserstein")),
    ("loss.perceptual=efficientnet_lite0", "loss.l1=1"),
    ("generator.upsampling=more",),
    ("generator=local_enhancer", "generator.global_images=4"),
    ("generator=local_enhancer", "generator.global_images=2", "generator.enhancer_images=2"),
    ("generator.upsampling=most", "generator.width=4", "dataset.height=128", "dataset.width=128"),
    ("generator.concat_labels=true", "generator.spectral=false"),
    ("norm=batch", "generator.concat_labels=true"),
    ("discriminator.norm=batch", "discriminator.spectral=false", "discriminator.scales=1"),
    ("discriminator=oasis", "discriminator.levels=3", "loss.balance=false"),
    ("discriminator=oasis", "generator.noise=4", "generator.first_block=false", "loss.focal=2"),
    ("discriminator=frozen_features", "loss.perceptual=efficientnet_lite0", "hardware.precision=bf16"),
    ("discriminator=projected", "loss.blur_images=100", "diffaugment=[color,cutout]"),
    ("loss.projected=0.3", "loss.blur_images=100"),
    ("discriminator.norm=instance_affine", "initialisation=normal"),
    ("discriminator.norm=none", "ema.half_life_images=0"),
    ("hardware.precision=bf16",),
    ("hardware.channels_last=false",),
    ("optimizer.reuse_fake=true",),
    ("diffaugment=[color,translation,cutout]",),
    ("diffaugment=[translation]", "hardware.precision=bf16", "discriminator.norm=batch"),
    ("diffaugment=[cutout]", "generator=local_enhancer", "generator.global_images=2"),
    ("dataset.instances=false",),
    ("train.images=null", "train.minutes=0.005"),
]


@pytest.mark.slow
@pytest.mark.parametrize("choice", [*NORMS, *GENERATORS, *ENCODERS, *OTHERS], ids=" ".join)
def test_trains_and_generates(choice: tuple[str, ...], verbs: Verbs, tmp_path: Path) -> None:
    words = tiny_words(*choice, *SMALL.get(choice[0], ()))
    sizes = () if "dataset.height=128" in choice else ("dataset.height=64", "dataset.width=64")
    length = () if "train.images=null" in choice else ("train.images=4",)
    verbs.succeeds("train", "name=x", *words, *sizes, *length)
    assert all(np.isfinite(list(row.values())).all() for row in read_log(verbs.checkpoints / "x"))
    verbs.succeeds(
        "test", "name=x", "images=2", "train_images=2", f"out={tmp_path}", "hardware.num_workers=0"
    )
    for index in range(2):
        image = np.asarray(Image.open(tmp_path / "x" / "val" / "images" / f"val-{index:06d}.png"))
        assert image.shape[2] == 3 and image.std() > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "choice",
    [
        ("norm=sean",),
        ("generator=unet", "generator.depth=4"),
        ("diffaugment=[color,translation,cutout]",),
        ("generator.noise=4",),
        ("discriminator=oasis",),
        ("discriminator=frozen_features",),
        ("discriminator=projected", "loss.blur_images=100"),
        ("loss.projected=0.3",),
    ],
    ids=" ".join,
)
def test_what_draws_at_random_resumes_bit_for_bit(choice: tuple[str, ...], verbs: Verbs) -> None:
    """SEAN adds noise, the U-Net drops out, augmentations, LabelMix's coins and random mixing are drawn."""
    words = tiny_words(*choice, "optimizer.lr_decay_start=1")
    verbs.succeeds("train", "name=whole", "train.images=8", *words)
    verbs.succeeds("train", "name=parts", "train.images=4", *words)
    verbs.succeeds("train", "name=parts", "train.images=8", "resume=true")
    whole, parts = (read_log(verbs.checkpoints / name) for name in ("whole", "parts"))
    for first, second in zip(whole, parts, strict=True):
        del first["images_per_second"], second["images_per_second"]
        assert first == second
    for name in ("whole", "parts"):
        (file,) = (verbs.checkpoints / name).glob("state-*8.safetensors")
        assert not any(".features." in tensor for tensor in load_file(file)), "a frozen network is no state"
