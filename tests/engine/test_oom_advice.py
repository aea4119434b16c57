"""Each advice is a setting that the program accepts, and takes less memory than the one that failed."""

from __future__ import annotations

import copy
import re
from itertools import product
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf

from data.sampler import StreamSampler
from engine.oom_advice import MemorySettings, explained_out_of_memory
from options.build.training import memory_settings
from options.schema import TrainOptions
from options.validation import check
from tests.tiny import tiny_options

GENERATORS = (
    ("generator=spade",),
    ("generator=spade", "generator.upsampling=most"),
    ("generator=pix2pixhd", "generator.downsamplings=2"),
    ("generator=unet", "generator.depth=5"),
)
SETTING = re.compile(r"([a-z_]+\.[a-z_]+)=(\d+)")


def cost(options: TrainOptions, processes: int) -> int:
    """What memory grows with: the pixels of a part of a process's batch, times the channels."""
    of_part = options.train.batch_size / processes / options.train.grad_accum_steps
    return of_part * options.dataset.height * options.dataset.width * options.generator.width


def accepted(options: TrainOptions, processes: int) -> bool:
    """By the checks that a start of training makes."""
    try:
        check(options)
        train = options.train
        StreamSampler(10**6, train.batch_size, world_size=processes, passes=train.grad_accum_steps)
    except ValueError:
        return False
    return True


def changed(options: TrainOptions, advice: str) -> TrainOptions:
    settings = OmegaConf.create()
    found = SETTING.findall(advice)
    assert found, advice
    for name, value in found:
        OmegaConf.update(settings, name, int(value))
    result = copy.deepcopy(options)
    for group, values in settings.items():
        for name, value in values.items():
            assert hasattr(getattr(result, group), name)
            setattr(getattr(result, group), name, value)
    return result


@pytest.mark.parametrize("generator", GENERATORS, ids=" ".join)
def test_every_advice_is_accepted_and_saves_memory(generator: tuple[str, ...]) -> None:
    options = tiny_options("train.images=8", *generator)
    grid = product((1, 2, 3, 6, 7, 8, 12), (1, 2, 3, 4), (1, 2, 3), (32, 96, 128, 256), (64, 128), (2, 3, 8))
    tried = 0
    for batch, parts, processes, height, width, channels in grid:
        options.train.batch_size, options.train.grad_accum_steps = batch, parts
        options.dataset.height, options.dataset.width = height, width
        options.generator.width = channels
        if not accepted(options, processes):
            continue
        for advice in memory_settings(options, processes).advice():
            if advice == "a device with more memory":
                continue
            result = changed(options, advice)
            assert accepted(result, processes), (advice, batch, parts, processes)
            assert cost(result, processes) < cost(options, processes), advice
            tried += 1
    assert tried > 100


def test_what_is_advised() -> None:
    settings = MemorySettings(12, 2, 2, 96, 256, multiple=32, generator_width=8)
    assert settings.advice() == [
        "train.grad_accum_steps=3 (the same batch in smaller parts)",
        "train.batch_size=4",
        "a smaller crop, dataset.height=32 dataset.width=128",
        "in a new run, generator.width=4",
    ]
    assert MemorySettings(1, 1, 1, 32, 32, 32, 3).advice() == ["a device with more memory"]


@pytest.mark.parametrize(
    "error",
    [MemoryError(), torch.OutOfMemoryError("CUDA"), RuntimeError("... can't allocate memory: you tried to")],
)
def test_exhausted_memory_is_explained(error: Exception, tmp_path: Path) -> None:
    settings = MemorySettings(4, 1, 1, 64, 64, 32, 8)
    message = r"out of memory with train\.batch_size=4, .*train\.grad_accum_steps=2 .*nothing was saved yet"
    with pytest.raises(ValueError, match=message), explained_out_of_memory(settings, tmp_path):
        raise error


def test_other_errors_are_left_alone(tmp_path: Path) -> None:
    settings = MemorySettings(4, 1, 1, 64, 64, 32, 8)
    with pytest.raises(RuntimeError, match="shapes"), explained_out_of_memory(settings, tmp_path):
        raise RuntimeError("shapes differ")
