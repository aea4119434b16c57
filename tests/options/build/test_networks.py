"""What the words of the command line make of the networks."""

from __future__ import annotations

import pytest
from torch import nn

from data.dataset_info import DatasetInfo
from data.sources.scenes import Scenes
from models.generators import SpadeGenerator
from models.generators.spade import LabelStem
from models.norms.batch import BatchNorm
from options.build.networks import build_generator
from tests.tiny import tiny_options

CLASSES = len(Scenes.label_set)


def convolutions(*words: str) -> dict[str, int]:
    """Input channels of the convolutions in a tiny SPADE generator's blocks; its stem sees the labels."""
    facts = DatasetInfo(Scenes.label_set, edges=True, styles=("a", "b"))
    generator = build_generator(tiny_options(*words), facts).generator
    assert isinstance(generator, SpadeGenerator) and isinstance(generator.stem, LabelStem)
    blocks = generator.blocks.named_modules()
    return {name: module.in_channels for name, module in blocks if isinstance(module, nn.Conv2d)}


@pytest.mark.parametrize("norm", ["batch", "layer", "instance"])
def test_labels_at_the_stem_only_or_at_every_stage(norm: str) -> None:
    """The two baselines of Park et al. 2019, section 4, for norms that see no labels."""
    stem_only = convolutions(f"norm={norm}", "generator.concat_labels=false")
    everywhere = convolutions(f"norm={norm}", "generator.concat_labels=true")
    assert stem_only["0.conv_0"] == 16 * 2
    assert everywhere == {name: channels + CLASSES + 1 for name, channels in stem_only.items()}
    assert stem_only == convolutions(f"norm={norm}"), "at the stem only, unless told otherwise"


def test_batch_norm_is_batch_norm() -> None:
    facts = DatasetInfo(Scenes.label_set, edges=False, styles=("a", "b"))
    generator = build_generator(tiny_options("norm=batch"), facts).generator
    norms = [module for name, module in generator.named_modules() if name.split(".")[-1].startswith("norm_")]
    assert len(norms) == 18 and {type(norm) for norm in norms} == {BatchNorm}
