"""Every option with its type, default and unit: dataclasses that Hydra checks the command line against.

A group (dataset, norm, generator, ...) offers several words; each word has a dataclass of its own in
`GROUPS`, so an option that its choice would not read does not exist. Where a choice's YAML in configs/
says nothing, the defaults here hold.
"""

from options.schema.dataset import DATASETS
from options.schema.networks import DISCRIMINATORS, ENCODERS, GENERATORS, NORMS
from options.schema.scripts import CheckOptions, CompareNormsOptions, ShardsOptions
from options.schema.testing import TestOptions, TrainSegmenterOptions
from options.schema.training import TrainOptions

GROUPS: dict[str, dict[str, type]] = {
    "dataset": DATASETS,
    "generator": GENERATORS,
    "norm": NORMS,
    "encoder": ENCODERS,
    "discriminator": DISCRIMINATORS,
}
"""The words of each group, and what each may be told."""

COMMANDS: dict[str, type] = {
    "train": TrainOptions,
    "test": TestOptions,
    "make_shards": ShardsOptions,
    "check_dataset": CheckOptions,
    "segmenter": TrainSegmenterOptions,
    "compare_norms": CompareNormsOptions,
}
"""What each program may be told; configs/ has a file of each name."""

__all__ = [
    "COMMANDS",
    "GROUPS",
    "CheckOptions",
    "CompareNormsOptions",
    "ShardsOptions",
    "TestOptions",
    "TrainOptions",
    "TrainSegmenterOptions",
]
