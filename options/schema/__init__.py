"""Every option with its type, default, help and range: dataclasses that the command line is checked against.

A group (dataset, norm, generator, ...) offers several choices; each has a dataclass of its own in `GROUPS`,
so an option that its choice would not read does not exist. Presets of options are YAML files in configs/.
"""

import dataclasses
from pathlib import Path

from options.schema.dataset import DATASETS
from options.schema.fields import Rule, rule_of
from options.schema.networks import DISCRIMINATORS, ENCODERS, GENERATORS, NORMS
from options.schema.scripts import CheckOptions, CompareNormsOptions, ShardsOptions, TrainSegmenterOptions
from options.schema.testing import TestOptions
from options.schema.training import TrainOptions

CONFIGS = Path(__file__).resolve().parents[2] / "configs"

GROUPS: dict[str, dict[str, type]] = {
    "dataset": DATASETS, "generator": GENERATORS, "norm": NORMS, "encoder": ENCODERS,
    "discriminator": DISCRIMINATORS,
}  # fmt: skip
"""The choices of each group, with the options of each choice."""

COMMANDS: dict[str, type] = {
    "train": TrainOptions,
    "test": TestOptions,
    "make_shards": ShardsOptions,
    "check_dataset": CheckOptions,
    "train_segmenter": TrainSegmenterOptions,
    "compare_norms": CompareNormsOptions,
}
"""The options of each program."""


def groups_of(table: type) -> dict[str, Rule]:
    """The groups that a command's options choose from."""
    rules = {entry.name: rule_of(table, entry) for entry in dataclasses.fields(table)}
    experiment = {"experiment": Rule("a whole set-up of train.py")} if table is TrainOptions else {}
    return {name: rule for name, rule in rules.items() if rule.group} | experiment


def choices_of(group: str) -> dict[str, str]:
    """The choices of GROUP=CHOICE, each with what it means; for a file of configs/GROUP its first comment."""
    found = {name: str(table.__doc__).splitlines()[0] for name, table in GROUPS.get(group, {}).items()}
    for file in (CONFIGS / group).glob("*.yaml"):
        comments = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
        meaning = next((line[2:] for line in comments if not line.startswith("# @package")), "")
        found[file.stem] = meaning.partition(": ")[0].rstrip(":")
    return dict(sorted(found.items()))
