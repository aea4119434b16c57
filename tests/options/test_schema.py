"""The values that each option may have, and that the networks and data know all that the schema offers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

import data.dataset
import data.folder_pairs
import data.sources.classes
import data.sources.pairing
import data.transforms
from data.dataset_info import DatasetInfo
from data.scenes.styles import STYLES as SCENE_STYLES
from data.sources import READERS
from data.sources.classes import numbered_label_set
from engine.runtime.determinism import MOST_THREADS
from evaluation.feature_extractors import AUTO, METRIC_NETWORKS
from evaluation.lpips import TRUNKS
from evaluation.metrics import metric_choices
from evaluation.protocol import KINDS
from models.discriminators import DISCRIMINATORS
from models.discriminators.diffaugment import AUGMENTATIONS
from models.encoders import ENCODERS
from models.generators import GENERATORS, spade
from models.layers.initialisation import INITIALISATIONS
from models.layers.normed_conv import PLAIN_NORMS
from models.losses import ADVERSARIAL_LOSSES, OBJECTIVES
from models.norms import NORMS, STATISTICS
from options import schema
from options.build.networks import build_generator
from options.schema import networks, testing, training
from options.schema.dataset import STYLES, FolderOptions
from options.schema.fields import Rule, by_name, choice, named, option, rule_of
from options.validation import check_values
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
    "hardware.threads=257": "give 1 to 256",
    "loss.kl=-1.0": "give 0 or more",
    "loss.l1=nan": "give 0 or more",
    "optimizer.generator_lr=0.0": "give a number above 0",
    "optimizer.beta2=1.0": "give 0 or more, below 1",
    "optimizer.lr_decay_start=1.5": "give 0 to 1",
    "ema.half_life_images=-1.0": "give 0 or more",
    "ema.ramp=nan": "give 0 or more",
    "norm.statistics=batsh": "did you mean batch? choose one of default, batch, sync_batch, instance, layer",
    "dataset.resize=larger": "choose one of fixed, short_side, width, none",
}


@pytest.mark.parametrize("override", REFUSED)
def test_what_is_refused(override: str) -> None:
    options = tiny_options(override)
    with pytest.raises(ValueError, match=f"^{re.escape(f'{override}: {REFUSED[override]}')}$"):
        check_values(options)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("images", 0),
        ("train_images", 1),
        ("gallery", -1),
        ("samples", 0),
        ("interpolate", 1),
    ],
)
def test_what_test_py_refuses(name: str, value: int) -> None:
    with pytest.raises(ValueError, match=f"{name}={value}: give"):
        check_values(schema.TestOptions(**{"name": "x", name: value}))


def test_defaults_and_the_ends_of_ranges_are_accepted() -> None:
    check_values(schema.TestOptions(name="x"))
    check_values(schema.TestOptions(name="x", images=1, train_images=2, gallery=0))
    check_values(
        tiny_options("train.images=1", "optimizer.lr_decay_start=1", "hardware.num_workers=0", "seed=0")
    )
    for table in schema.COMMANDS.values():
        check_values(table())


@pytest.mark.parametrize("choices", schema.GROUPS.values(), ids=schema.GROUPS)
def test_each_choice_accepts_its_defaults_and_no_name_but_its_own(choices: dict[str, type]) -> None:
    for name, table in choices.items():
        assert table().name == name
        check_values(table())
        with pytest.raises(ValueError, match=f"^name=other: .*choose one of {name}$"):
            check_values(table(name="other"))


@pytest.mark.parametrize("value", ["auto", 1, 183])
def test_numbers_and_names_may_stand_for_one_option(value: int | str) -> None:
    check_values(FolderOptions(root="/x", num_classes=value))


@pytest.mark.parametrize("value", ["many", 0, float("inf")])
def test_an_option_of_numbers_and_names_refuses_others(value: int | str) -> None:
    with pytest.raises(ValueError, match=r"num_classes=\w+: (choose one of auto, 1 or more|give 1 or more)$"):
        check_values(FolderOptions(root="/x", num_classes=value))


def test_only_choices_that_are_numbers_are_that_number() -> None:
    rule = Rule(choices=(11, 32))
    assert rule.objection(32) is None and rule.objection(12) == "choose one of 11, 32"


@pytest.mark.parametrize(
    ("bounds", "words", "inside", "outside"),
    [
        ({"at_least": 1}, "1 or more", (1, 2.5), (0, 0.99)),
        ({"above": 0}, "above 0", (1e-9,), (0, -1)),
        ({"at_most": 3}, "3 or less", (3, -7), (3.01,)),
        ({"at_least": 0, "at_most": 1}, "0 to 1", (0, 0.5, 1), (-0.01, 1.01)),
        ({"at_least": 0, "below": 1}, "0 or more, below 1", (0, 0.99), (1, -1)),
        ({}, "", (0, -1e9), ()),
    ],
)
def test_bounds(
    bounds: dict[str, float], words: str, inside: tuple[float, ...], outside: tuple[float, ...]
) -> None:
    rule = Rule(**bounds)
    assert rule.range == words
    assert all(rule.objection(value) is None for value in inside)
    assert all(rule.objection(value) for value in (*outside, float("nan"), float("inf"), float("-inf")))


def test_another_default_inherits_help_and_range() -> None:
    @dataclass
    class Wide(networks.NormOptions):
        name: str = named("wide")
        hidden: int = option(8, "width", at_least=4)

    @dataclass
    class Wider(Wide):
        name: str = named("wider")
        hidden: int = 16

    entry = Wider.__dataclass_fields__["hidden"]
    assert (entry.default, rule_of(Wider, entry)) == (16, Rule("width", at_least=4))
    assert by_name(Wide, Wider, choice("narrow", "No options.", networks.NormOptions)).keys() == {
        "wide",
        "wider",
        "narrow",
    }


def choices(table: type, name: str) -> set[object]:
    return set(rule_of(table, table.__dataclass_fields__[name]).choices)  # type: ignore[attr-defined]


def test_the_schema_offers_what_networks_and_data_know() -> None:
    """The schema imports no torch, so it repeats the names of tables that do."""
    assert set(schema.GROUPS["dataset"]) == set(READERS)
    assert set(schema.GROUPS["norm"]) == {"none", *NORMS}
    assert set(schema.GROUPS["generator"]) == set(GENERATORS)
    assert set(schema.GROUPS["encoder"]) == {"auto", "none", *ENCODERS}
    assert set(schema.GROUPS["discriminator"]) == set(DISCRIMINATORS)
    assert set(networks.STATISTICS) == {"default", *STATISTICS}
    assert set(networks.PLAIN_NORMS) == set(PLAIN_NORMS)
    assert networks.DOUBLINGS == spade.DOUBLINGS
    assert choices(training.LossOptions, "objective") == set(OBJECTIVES)
    assert choices(training.LossOptions, "adversarial") == set(ADVERSARIAL_LOSSES)
    assert choices(training.TrainOptions, "initialisation") == set(INITIALISATIONS)
    assert choices(training.TrainOptions, "diffaugment") == set(AUGMENTATIONS)
    assert training.MOST_THREADS == MOST_THREADS
    assert set(testing.METRICS) == {AUTO, *metric_choices()}
    assert set(testing.FEATURES) == {AUTO, *METRIC_NETWORKS}
    assert set(testing.LPIPS) == {AUTO, "none", *TRUNKS}
    assert set(testing.FILTERS) == set(data.folder_pairs.FILTERS)
    assert choices(testing.TestOptions, "pictures") == set(KINDS)
    assert set(STYLES) == set(SCENE_STYLES)


@pytest.mark.parametrize(
    "words",
    [
        ("generator=spade", "generator.upsampling=more", "dataset.height=64", "dataset.width=64"),
        ("generator=pix2pixhd", "generator.downsamplings=2"),
        ("generator=local_enhancer", "generator.downsamplings=3"),
        ("generator=unet", "generator.depth=4"),
    ],
    ids=lambda words: words[0],
)
def test_sizes_are_multiples_of_what_the_network_asks_for(words: tuple[str, ...]) -> None:
    options = tiny_options(*words)
    G = build_generator(options, DatasetInfo(numbered_label_set(3, has_unknown=False), False, ("default",)))
    assert options.generator.size_multiple()[0] == G.generator.multiple
