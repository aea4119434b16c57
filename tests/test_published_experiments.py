"""The experiments of the papers: what they compose, the size of their networks, two steps of a small copy."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

from data.dataset_info import DatasetInfo
from engine.run_log import read_log
from options.build.data import build_label_format
from options.build.networks import build_discriminator, build_generator
from options.schema import CONFIGS, TrainOptions, choices_of
from options.schema.networks import Pix2pixHDOptions
from tests.composed import composed
from tests.data import small_sets
from tests.references import parameter_counts as papers
from tests.verbs import PROJECT, Verbs

OURS = ("camvid_40_minutes", "compare_camvid", "compare_scenes", "demo", "segmenting_ade20k")
"""Set-ups of this program's own; pix2pix_facades has no figure to reproduce: see test_experiments."""
EXPERIMENTS = [word for word in choices_of("experiment") if word not in (*OURS, "pix2pix_facades")]
SPADE, SEAN, PIX2PIXHD, OASIS = (
    [word for word in EXPERIMENTS if word.startswith(family)]
    for family in ("spade_", "sean_", "pix2pixhd_", "oasis_")
)
CITYSCAPES_DECAYS = 250 / 300


class Settings(NamedTuple):
    """What the papers state for one data set: pixels, epochs, and the share of them at full rates."""

    height: int
    width: int
    resized_to: int | None
    epochs: float
    lr_decay_start: float


SETTINGS = {
    "spade_ade20k": Settings(256, 256, 286, 200, 0.5),
    "spade_ade20k_vae": Settings(256, 256, 286, 200, 0.5),
    "spade_ade20k_outdoor": Settings(256, 256, 286, 200, 0.5),
    "spade_cityscapes": Settings(256, 512, None, 200, 0.5),
    "spade_cityscapes_vae": Settings(256, 512, None, 200, 0.5),
    "spade_coco_stuff": Settings(256, 256, 286, 100, 1),
    "spade_coco_stuff_vae": Settings(256, 256, 286, 100, 1),
    "sean_celebamask_hq": Settings(256, 256, None, 50, 1),
    "sean_cityscapes": Settings(256, 512, None, 50, 1),
    "sean_ade20k": Settings(256, 256, None, 50, 1),
    "sean_facades": Settings(256, 256, None, 200, 1),
    "oasis_ade20k": Settings(256, 256, 256, 200, 1),
    "oasis_cityscapes": Settings(256, 512, None, 200, 1),
    "oasis_coco_stuff": Settings(256, 256, 256, 100, 1),
    "pix2pixhd_cityscapes": Settings(1024, 2048, None, 300, CITYSCAPES_DECAYS),
    "pix2pixhd_cityscapes_512x256": Settings(256, 512, None, 200, 0.5),
}


@cache
def published(experiment: str) -> TrainOptions:
    """Its options; nobody may change them."""
    return composed(f"experiment={experiment}", "dataset.root=/x")


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_settings_of_the_data_sets(experiment: str) -> None:
    options = published(experiment)
    data, train = options.dataset, options.train
    assert train.epochs is not None and data.resize == "fixed" and data.flip
    found = Settings(data.height, data.width, data.resize_to, train.epochs, options.optimizer.lr_decay_start)
    assert found == pytest.approx(SETTINGS[experiment], abs=1e-4)
    if experiment not in OASIS:
        assert options.ema.half_life_images == 0 and options.loss.perceptual == "vgg19"


@pytest.mark.parametrize("experiment", [*SPADE, *SEAN])
def test_settings_of_spade_and_sean(experiment: str) -> None:
    """Park et al. 2019, section 4 and appendix A; Zhu et al. 2020, section 5."""
    options = published(experiment)
    adam, loss = options.optimizer, options.loss
    assert (adam.generator_lr, adam.discriminator_lr, adam.beta1, adam.beta2) == (1e-4, 4e-4, 0, 0.9)
    assert (loss.adversarial, loss.feature_matching, loss.perceptual_weight) == ("hinge", 10, 10)
    assert (options.norm.statistics, options.norm.hidden) == ("sync_batch", 128)
    assert not adam.reuse_fake and options.initialisation == "xavier" and options.train.batch_size == 32
    wide = options.dataset.width == 512
    assert options.generator.upsampling == ("more" if wide else "normal")
    if experiment.endswith("_vae"):
        assert loss.kl == pytest.approx(0.05 * 32 / 8), "the code sums over the pictures of one of 8 GPUs"


@pytest.mark.parametrize(
    "experiment, rate, batch, labelmix, decay",
    [
        ("oasis_ade20k", 1e-4, 32, 10, 0.9999),
        ("oasis_cityscapes", 4e-4, 20, 5, 0.999),
        ("oasis_coco_stuff", 1e-4, 32, 10, 0.9999),
    ],
)
def test_settings_of_oasis(experiment: str, rate: float, batch: int, labelmix: float, decay: float) -> None:
    """As the released code's scripts have them; `decay`: of the average, in a step, from the first one on."""
    options = published(experiment)
    adam, loss, ema = options.optimizer, options.loss, options.ema
    assert (adam.generator_lr, adam.discriminator_lr, adam.beta1, adam.beta2) == (rate, 4e-4, 0, 0.999)
    assert (options.train.batch_size, loss.labelmix, loss.balance, loss.perceptual) == (
        batch, labelmix, True, "none"
    )  # fmt: skip
    assert 0.5 ** (batch / ema.half_life_images) == pytest.approx(decay, abs=1e-6)
    assert ema.ramp * batch > ema.half_life_images
    assert not adam.reuse_fake and options.discriminator.initial_gain == 0.02


@pytest.mark.parametrize("experiment", PIX2PIXHD)
def test_settings_of_pix2pixhd(experiment: str) -> None:
    """Wang et al. 2018, eq. 5 and appendix: terms summed over scales, where ours are means."""
    options = published(experiment)
    adam, loss, scales = options.optimizer, options.loss, options.discriminator.scales
    assert (adam.generator_lr, adam.discriminator_lr, adam.beta1, adam.beta2) == (2e-4, 2e-4, 0.5, 0.999)
    assert loss.adversarial == "least_squares" and adam.reuse_fake and options.train.batch_size == 1
    assert loss.feature_matching == 10 and loss.perceptual_weight * scales == pytest.approx(10, abs=1e-3)
    assert options.initialisation == "normal"
    if not isinstance(options.generator, Pix2pixHDOptions):
        phases = (options.generator.global_images, options.generator.enhancer_images)
        assert phases == (200 * 2975, 10 * 2975)


class Sizes(NamedTuple):
    """Learned numbers of generator, encoder and discriminator."""

    generator: int
    encoder: int
    discriminator: int


ADE20K, COCO, CITY, FACES, FACADES = 150 + 1, 182 + 1 + 1, 35 + 1, 19, 12
"""Classes, unknown, instance borders."""
SIZES = {
    "spade_ade20k": Sizes(papers.spade_generator(ADE20K), 0, papers.discriminator(ADE20K, 2)),
    "spade_ade20k_outdoor": Sizes(papers.spade_generator(ADE20K), 0, papers.discriminator(ADE20K, 2)),
    "spade_cityscapes": Sizes(papers.spade_generator(CITY), 0, papers.discriminator(CITY, 2)),
    "spade_coco_stuff": Sizes(papers.spade_generator(COCO), 0, papers.discriminator(COCO, 2)),
    "spade_ade20k_vae": Sizes(
        papers.spade_generator(ADE20K, papers.style_stem(256, 8, 8)),
        papers.image_encoder(),
        papers.discriminator(ADE20K, 2),
    ),
    "spade_cityscapes_vae": Sizes(
        papers.spade_generator(CITY, papers.style_stem(256, 4, 8)),
        papers.image_encoder(),
        papers.discriminator(CITY, 2),
    ),
    "spade_coco_stuff_vae": Sizes(
        papers.spade_generator(COCO, papers.style_stem(256, 8, 8)),
        papers.image_encoder(),
        papers.discriminator(COCO, 2),
    ),
    "sean_celebamask_hq": Sizes(
        papers.sean_generator(FACES), papers.style_encoder(), papers.discriminator(FACES, 2)
    ),
    "sean_cityscapes": Sizes(papers.sean_generator(35), papers.style_encoder(), papers.discriminator(35, 2)),
    "sean_ade20k": Sizes(
        papers.sean_generator(ADE20K), papers.style_encoder(), papers.discriminator(ADE20K, 2)
    ),
    "sean_facades": Sizes(
        papers.sean_generator(FACADES), papers.style_encoder(), papers.discriminator(FACADES, 2)
    ),
    # Counted from the official classes.
    "oasis_ade20k": Sizes(74_314_691, 0, 22_258_904),
    "oasis_cityscapes": Sizes(71_107_523, 0, 22_251_364),
    "oasis_coco_stuff": Sizes(75_199_427, 0, 22_260_984),
    "pix2pixhd_cityscapes": Sizes(papers.local_enhancer(CITY), 0, papers.discriminator(CITY, 3)),
    "pix2pixhd_cityscapes_512x256": Sizes(papers.pix2pixhd_generator(CITY), 0, papers.discriminator(CITY, 2)),
}
MILLIONS = {
    # Tan et al. 2021 (CLADE) list the sizes of the released generators of SPADE and pix2pixHD.
    "spade_coco_stuff": 97.5,
    "spade_ade20k": 96.5,
    "spade_ade20k_outdoor": 96.5,
    "spade_cityscapes": 93.0,
    "pix2pixhd_cityscapes_512x256": 182.5,
    # SEAN's release for faces, which has its style encoder in the generator's file.
    "sean_celebamask_hq": 266.9,
    # As its header says.
    "sean_ade20k": 790.9,
}


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_the_networks_have_the_published_sizes(experiment: str) -> None:
    options = published(experiment)
    label_set = build_label_format(options.dataset, None).label_set
    facts = DatasetInfo(label_set, edges=getattr(options.dataset, "instances", False), styles=("default",))
    with torch.device("meta"):
        G, discriminator = build_generator(options, facts), build_discriminator(options, facts)
    encoder = G.encoder or nn.Identity()
    sizes = Sizes(*(learned(network) for network in (G.generator, encoder, discriminator)))
    assert sizes == SIZES[experiment]
    if experiment in MILLIONS:
        assert round((sizes.generator + sizes.encoder) / 1e6, 1) == MILLIONS[experiment]


def learned(network: nn.Module) -> int:
    assert all(parameter.is_meta for parameter in network.parameters())
    return sum(parameter.numel() for parameter in network.parameters())


TREES: dict[str, Callable[[Path], None]] = {
    "ade20k": small_sets.ade20k,
    "ade20k_outdoor": small_sets.ade20k,
    "celebamask_hq": small_sets.sean,
    "cityscapes": small_sets.cityscapes,
    "coco_stuff": small_sets.coco_stuff,
    "facades": small_sets.facades,
}
OASIS_TERMS = {
    "generator/segmentation", "discriminator/fake", "discriminator/real", "discriminator/labelmix"
}  # fmt: skip
TERMS = {"generator/adversarial", "generator/feature_matching", "discriminator/fake", "discriminator/real"}


def small(experiment: str) -> list[str]:
    """What scales an experiment down: 3 pairs and 2 narrow networks; an epoch is 2 steps."""
    options = published(experiment)
    words = ["generator.width=2", "discriminator.width=2", "loss.perceptual=none", "train.batch_size=2"]
    words += ["train.epochs=1", "train.log_every_images=2", "hardware.num_workers=0", "hardware.device=cpu"]
    side = 64 if getattr(options.generator, "upsampling", None) == "more" else 32
    if options.generator.name == "local_enhancer":
        side = 64
        words += ["generator.global_images=2", "generator.enhancer_images=1", "generator.blocks=2"]
    shape = options.dataset.width // options.dataset.height
    words += [f"dataset.height={side}", f"dataset.width={shape * side}"]
    if options.dataset.resize_to:
        words.append(f"dataset.resize_to={side + 4}")
    words += ["norm.hidden=4"] if options.generator.name == "spade" else []
    words += ["encoder.width=2"] if options.encoder.name == "image" else []
    return words + (["encoder.style_width=8"] if options.encoder.name != "none" else [])


QUICK = ("spade_coco_stuff_vae", "sean_cityscapes", "pix2pixhd_cityscapes")


@pytest.mark.parametrize(
    "experiment",
    [word if word in QUICK else pytest.param(word, marks=pytest.mark.slow) for word in EXPERIMENTS],
)
def test_two_steps_of_a_small_copy(experiment: str, verbs: Verbs, tmp_path: Path) -> None:
    options = published(experiment)
    root = tmp_path / "published"
    root.mkdir()
    TREES[options.dataset.name](root)
    words = [f"experiment={experiment}", f"dataset.root={root}", *small(experiment)]
    if hasattr(options.dataset, "cache"):
        words.append(f"dataset.cache={tmp_path / 'cache'}")
    verbs.succeeds("train", "name=x", *words)
    rows = read_log(verbs.checkpoints / "x")
    assert [row["images"] for row in rows] == [2, 4]
    rates = (options.optimizer.generator_lr, options.optimizer.discriminator_lr)
    assert (rows[0]["learning_rate/generator"], rows[0]["learning_rate/discriminator"]) == rates
    terms = OASIS_TERMS if experiment in OASIS else TERMS
    terms = terms | ({"generator/kl"} if experiment.endswith("_vae") else set())
    for row in rows:
        assert {name for name in row if name.startswith(("generator/", "discriminator/"))} == terms
        assert all(np.isfinite(list(row.values())))


@pytest.mark.parametrize("experiment", [*EXPERIMENTS, "pix2pix_facades"])
def test_the_header_says_how_to_run_it_what_it_takes_and_the_figures_of_the_report(experiment: str) -> None:
    text = (CONFIGS / "experiment" / f"{experiment}.yaml").read_text()
    header = text.split("\ndefaults:")[0]
    assert f"train.py name=RUN experiment={experiment} dataset.root=DIR\n" in header
    for word in ("\n# published", "\n# hardware", "hours", "memory"):
        assert word in header.lower()
    report = (PROJECT / "docs" / "reproduce.md").read_text()
    (row,) = (line for line in report.splitlines() if line.startswith(f"| `experiment={experiment}` |"))
    published = header.split("\n# Published")[1].split("\n#\n")[0]
    figures = re.findall(r"\d+\.\d+", row)
    assert figures or "none published" in row
    assert set(figures) <= set(re.findall(r"\d+\.\d+", published))
