"""Numbers out of their range: each named with its range, before anything is built of them."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from options import schema
from options.ranges import RANGES, check_ranges
from tests.tiny import tiny_options

REFUSED = {
    "train.images=0": "give 1 or more",
    "train.batch_size=0": "give 1 or more",
    "train.log_every_images=-5": "give 1 or more",
    "train.save_every_images=0": "give 1 or more",
    "train.keep=0": "give 1 or more",
    "train.epochs=0.0": "give a number above 0",
    "train.minutes=0.0": "give a number above 0",
    "train.minutes=nan": "give a number above 0",
    "train.minutes=inf": "give a number above 0",
    "seed=-1": "give 0 or more",
    "dataset.width=0": "give 1 or more",
    "generator.width=1": "give 2 or more",
    "norm.hidden=0": "give 1 or more",
    "norm.kernel_size=-1": "give 1 or more",
    "discriminator.scales=0": "give 1 or more",
    "discriminator.layers=0": "give 1 or more",
    "hardware.num_workers=-1": "give 0 or more",
    "loss.kl=-1.0": "give a weight of 0 or more",
    "loss.l1=nan": "give a weight of 0 or more",
    "optimizer.generator_lr=0.0": "give a number above 0",
    "optimizer.beta2=1.0": "give a share of 0 or more, below 1",
    "optimizer.lr_decay_start=1.5": "give a share, 0 to 1",
    "ema.half_life_images=-1.0": "give 0 or more",
    "ema.ramp=nan": "give 0 or more",
}


@pytest.mark.parametrize("word", REFUSED)
def test_what_is_refused(word: str) -> None:
    options = tiny_options(word)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{word}: {REFUSED[word]}')}$"):
        check_ranges(options)


@pytest.mark.parametrize(
    ("name", "value"), [("batch_size", 0), ("images", 0), ("train_images", 1), ("gallery", -1)]
)
def test_what_test_py_refuses(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name}={value}: give"):
        check_ranges(schema.TestOptions(**{"name": "x", name: value}))


def test_defaults_and_the_ends_of_ranges_are_accepted() -> None:
    check_ranges(schema.TestOptions(name="x"))
    check_ranges(schema.TestOptions(name="x", images=1, train_images=2, gallery=0))
    check_ranges(
        tiny_options("train.images=1", "optimizer.lr_decay_start=1", "hardware.num_workers=0", "seed=0")
    )


def test_every_name_is_an_option() -> None:
    """A range of an option that was renamed would hold for nothing."""
    train, test = tiny_options(), schema.TestOptions(name="x")
    verbs = (train, test, schema.TrainSegmenterOptions(), schema.CompareNormsOptions())
    for name in (name for entry in RANGES for name in entry.options):
        group, _, option = name.rpartition(".")
        kinds = (
            schema.GROUPS.get(group, {}).values()
            or [type(getattr(verb, group)) for verb in verbs if hasattr(verb, group)]
            if group
            else verbs
        )
        assert any(option in {entry.name for entry in fields(kind)} for kind in kinds), name
