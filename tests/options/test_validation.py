"""Rules across options: what is refused, and that the remedy named is one."""

from __future__ import annotations

import re

import pytest

from options.schema.networks import ImageEncoderOptions, NoEncoderOptions, RegionStyleOptions
from options.validation import check, resolve
from tests.tiny import tiny_options

REFUSED = {
    ("train.images=null",): "give exactly one",
    ("train.minutes=3",): "give exactly one",
    ("train.epochs=2",): "train.images=4, train.epochs=2.0, train.minutes=None: give exactly one",
    ("train.images=0",): "train.images=0: give 1 or more",
    ("train.images=null", "train.minutes=0"): "train.minutes=0.0: give a number above 0",
    ("dataset.height=33",): "try 32 or 64",
    ("dataset.width=8",): "try 32 or 64",
    ("generator.upsampling=most", "dataset.height=160", "dataset.width=128"): "try 128 or 256",
    ("generator=unet", "generator.depth=3", "dataset.height=36"): "generator.depth=3 needs; try 32 or 40",
    ("generator=pix2pixhd", "generator.downsamplings=3", "dataset.height=36"): "try 32 or 40",
    ("generator=local_enhancer", "generator.downsamplings=3", "dataset.height=40"): "try 32 or 48",
    ("generator.noise=-1",): "generator.noise=-1: give 0 or more",
    ("norm=batch", "generator.noise=64"): "set norm=spade or sean or clade, or leave generator.noise out",
    ("generator.first_block=false", "generator.upsampling=more", "dataset.height=64", "dataset.width=64"): (
        "generator.first_block=false does not go with generator.upsampling=more"
    ),
    ("norm=none",): "generator=spade does not go with norm=none; choose a norm",
    ("generator=unet", "norm=spade", "generator.depth=3"): "leave norm out, or set norm=none",
    ("norm=sean", "encoder=prior"): "set encoder=region_style, or leave encoder out",
    ("generator=unet", "encoder=prior"): "set encoder=none, or leave encoder out",
    ("norm=sean", "encoder=image"): "set encoder=region_style, or leave encoder out",
    ("norm=adain", "encoder=none"): "set encoder=image, or leave encoder out",
    ("norm=spade", "encoder=region_style"): "set encoder=none, or leave encoder out",
    ("generator=local_enhancer", "generator.global_images=-1"): "generator.global_images=-1: give 0",
    ("ema.half_life_images=-1",): "ema.half_life_images=-1.0: give 0",
    ("loss.perceptual=vgg19", "loss.perceptual_weight=0"): "set loss.perceptual=none",
    ("discriminator=projected", "loss.objective=patch"): "set loss.feature_matching=0, or leave",
    ("discriminator=oasis", "loss.objective=patch"): "tell apart classes; leave loss.objective out",
    ("discriminator=oasis", "loss.r1=10"): "loss.r1=10.0 does not go with loss.objective=segmentation",
    ("loss.labelmix=5",): "loss.labelmix=5.0 does not go with loss.objective=patch",
    ("discriminator=projected", "loss.projected=1"): "leave loss.projected out",
    ("discriminator=oasis", "discriminator.levels=9"): "discriminator.levels=9: give 1 to 6",
    ("discriminator=oasis", "discriminator.levels=6"): "discriminator.levels=6 needs; try 64",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_is_refused(words: tuple[str, ...]) -> None:
    options = tiny_options("train.images=4", *words)
    with pytest.raises(ValueError, match=re.escape(REFUSED[words])):
        check(options)


@pytest.mark.parametrize(
    "words", [words for words in REFUSED if REFUSED[words].startswith("try")], ids=" ".join
)
def test_the_sizes_to_try_are_accepted(words: tuple[str, ...]) -> None:
    for number in re.findall(r"\d+", REFUSED[words]):
        options = tiny_options("train.images=4", *words)
        with pytest.raises(ValueError, match=r"dataset\.(height|width)=") as refusal:
            check(options)
        side = "height" if "dataset.height" in str(refusal.value) else "width"
        setattr(options.dataset, side, int(number))
        check(options)


ACCEPTED = [
    ("train.images=4",),
    ("train.minutes=0.5",),
    ("train.epochs=0.5",),
    ("train.images=4", "norm=sean"),
    ("train.images=4", "norm=sean", "generator.noise=64"),
    ("train.images=4", "norm=clade", "generator.noise=8", "generator.first_block=false"),
    ("train.images=4", "norm=spade", "encoder=image", "generator.noise=8"),
    ("train.images=4", "norm=adain"),
    ("train.images=4", "norm=spade", "encoder=image"),
    ("train.images=4", "norm=spade", "encoder=prior"),
    ("train.images=4", "norm=adain", "encoder=prior"),
    ("train.images=4", "generator=unet", "generator.depth=5"),
    ("train.images=4", "generator=pix2pixhd"),
    ("train.images=4", "generator=local_enhancer"),
    ("train.images=4", "loss.perceptual=vgg19"),
]


@pytest.mark.parametrize("words", ACCEPTED, ids=" ".join)
def test_what_is_accepted(words: tuple[str, ...]) -> None:
    check(tiny_options(*words))


@pytest.mark.parametrize(
    ("words", "encoder"),
    [
        (("norm=spade",), NoEncoderOptions),
        (("norm=batch",), NoEncoderOptions),
        (("norm=cin",), NoEncoderOptions),
        (("norm=adain",), ImageEncoderOptions),
        (("norm=sean",), RegionStyleOptions),
        (("generator=unet",), NoEncoderOptions),
        (("norm=spade", "encoder=image"), ImageEncoderOptions),
    ],
    ids=str,
)
def test_the_encoder_that_a_norm_needs(words: tuple[str, ...], encoder: type) -> None:
    options = tiny_options(*words)
    resolve(options)
    assert type(options.encoder) is encoder


@pytest.mark.parametrize("fast", [True, False])
def test_auto_precision_becomes_that_of_the_processor(fast: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.runtime.hardware.multiplies_bf16", lambda: fast)
    options = tiny_options("hardware.precision=auto")
    resolve(options)
    assert options.hardware.precision == ("bf16" if fast else "float32")
