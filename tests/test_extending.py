"""A new norm, data set, generator, discriminator or GAN objective needs a line in its table and its options.

Each toy is registered here as CONTRIBUTING.md has it, and then trains from the command line's options on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hydra.core.config_store import ConfigStore
from PIL import Image
from torch import Tensor, nn

from data.sources import READERS, Reader
from data.sources.label_format import StoredIds
from data.sources.source import LabelSet, Record, SplitAbsent
from engine.checkpoint.checkpoint_paths import latest_images
from engine.run_log import read_log
from engine.runtime.distributed import Processes
from engine.trainer import Trainer
from inference.load import load_run, open_run
from models.condition import Condition
from models.discriminators import DISCRIMINATORS, Discriminator, DiscriminatorOutput
from models.generators import GENERATORS, Generator
from models.losses import OBJECTIVES, GanObjective
from models.norms import NORMS, ConditionalNorm, NormFactory
from models.norms.statistics import Standardise
from options.build.training import build_hardware, build_training
from options.run_config import read_options
from options.schema import GROUPS, networks
from options.schema.dataset import DatasetOptions
from options.schema.fields import named, option
from options.schema.training import EvaluationHardwareOptions, LossOptions
from options.validation import check
from tests.composed import composed

calls: dict[str, int] = {}
"""How often each toy was used, by its class."""


def used(toy: object) -> None:
    calls[type(toy).__name__] = calls.get(type(toy).__name__, 0) + 1


class ToyNorm(ConditionalNorm):
    """The same scale at each pixel of a class, and no shift."""

    allowed_statistics = ("layer",)
    sees_labels = True

    def __init__(self, channels: int, standardise: Standardise, classes: int, start: float) -> None:
        super().__init__(standardise)
        self.scale = nn.Parameter(torch.full((classes, channels), start))

    def modulation(self, condition: Condition) -> tuple[Tensor, Tensor]:
        used(self)
        scale = self.scale[condition.labels].permute(0, 3, 1, 2)  # (B, C, H, W)
        return scale, torch.zeros_like(scale)


@dataclass
class ToyNormOptions(networks.NormOptions):
    """A toy."""

    name: str = named("toy")
    start: float = option(1.0, "each scale at first", above=0)


class ToySet:
    """Squares of one class on another, drawn in the colours of the classes."""

    label_set = LabelSet(("ground", "square"), ((90, 60, 30), (200, 0, 0)), has_unknown=False)
    has_instances = False
    styles: tuple[str, ...] = ("default",)

    def __init__(self, split: str, squares: int) -> None:
        if split != "train":
            raise SplitAbsent(f"split is {split}, which the toy does not have")
        self.squares = squares

    def __len__(self) -> int:
        return 6

    def read(self, index: int) -> Record:
        used(self)
        labels = np.zeros((40, 48), np.int32)  # (H, W)
        for square in range(self.squares):
            labels[10 * square : 10 * square + 6, 4 * index : 4 * index + 8] = 1
        photo = np.array(self.label_set.colours, np.uint8)[labels]  # (H, W, 3)
        return Record(Image.fromarray(photo), labels, None, 0, f"toy-{index}")


@dataclass
class ToySetOptions(DatasetOptions):
    """A toy."""

    name: str = named("toy")
    squares: int = option(2, "in each picture", at_least=1)


class ToyGenerator(Generator):
    """A convolution of the label map, one of the norms, and another convolution."""

    multiple = 4

    def __init__(self, classes: int, norm: NormFactory, width: int, depth: int) -> None:
        super().__init__()
        self.classes = classes
        self.first = nn.Conv2d(classes, width, 3, padding=1)
        self.norms = nn.ModuleList(norm(width) for _ in range(depth))
        self.last = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, condition: Condition) -> Tensor:
        used(self)
        x = self.first(replace(condition, edges=None).one_hot(self.classes, like=self.first.weight))
        for norm in self.norms:
            x = F.relu(norm(x, condition))  # (B, C, H, W)
        return torch.tanh(self.last(x))


@dataclass
class ToyGeneratorOptions(networks.GeneratorOptions):
    """A toy."""

    takes_norm: ClassVar[bool] = True

    name: str = named("toy")
    depth: int = option(2, "norms", at_least=1)

    def size_multiple(self) -> tuple[int, str]:
        return 4, "generator=toy"


class ToyDiscriminator(Discriminator):
    """Two convolutions of the image alone."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, channels, 4, 2, 1)
        self.last = nn.Conv2d(channels, 1, 4, 2, 1)

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        used(self)
        features = F.leaky_relu(self.first(images), 0.2)  # (n B, C, H / 2, W / 2)
        return [DiscriminatorOutput(self.last(features), [features])]


@dataclass
class ToyDiscriminatorOptions:
    """A toy."""

    name: str = named("toy")
    channels: int = option(4, "of its hidden layer", at_least=1)


class ToyObjective(GanObjective):
    """Logits are to be 1 for real images and 0 for others; takes one of the options that there are."""

    def __init__(self, r1: float) -> None:
        assert r1 == 0.5, "as the command line has it"

    def generator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        used(self)
        return {"toy": _distance(D, fake, condition, 1)}

    def discriminator(
        self, D: Discriminator, fake: Tensor, real: Tensor, condition: Condition, step: int
    ) -> dict[str, Tensor]:
        return {"toy": _distance(D, fake, condition, 0) + _distance(D, real, condition, 1)}


def _distance(D: Discriminator, images: Tensor, condition: Condition, target: float) -> Tensor:
    return torch.stack([(output.logits - target).square().mean() for output in D(images, condition)]).mean()


TOYS: dict[str, tuple[list[str], list[type]]] = {
    "norm": (["norm=toy", "norm.start=1.5"], [ToyNorm]),
    "data set": (["dataset=toy", "dataset.squares=3"], [ToySet]),
    "generator": (["generator=toy", "generator.depth=1", "norm=clade"], [ToyGenerator]),
    "discriminator": (["discriminator=toy", "discriminator.channels=3"], [ToyDiscriminator]),
    "loss": (["loss.objective=toy", "loss.r1=0.5"], [ToyObjective]),
}
"""The overrides that choose each toy, and the class that they choose."""
TOYS["all together"] = (
    [override for overrides, _ in TOYS.values() for override in overrides if override != "norm=clade"],
    [toy for _, toys in TOYS.values() for toy in toys],
)


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The line in each table, the options in the schema; a loss is one more name that its option allows."""
    monkeypatch.setitem(NORMS, "toy", ToyNorm)
    monkeypatch.setitem(READERS, "toy", Reader(ToySet, StoredIds.class_ids(ToySet.label_set)))
    monkeypatch.setitem(GENERATORS, "toy", ToyGenerator)
    monkeypatch.setitem(DISCRIMINATORS, "toy", ToyDiscriminator)
    monkeypatch.setitem(OBJECTIVES, "toy", ToyObjective)
    monkeypatch.setitem(GROUPS["norm"], "toy", ToyNormOptions)
    monkeypatch.setitem(GROUPS["dataset"], "toy", ToySetOptions)
    monkeypatch.setitem(GROUPS["generator"], "toy", ToyGeneratorOptions)
    monkeypatch.setitem(GROUPS["discriminator"], "toy", ToyDiscriminatorOptions)
    entry = LossOptions.__dataclass_fields__["objective"]
    rule = entry.metadata["rule"]
    monkeypatch.setattr(entry, "metadata", {"rule": replace(rule, choices=(*rule.choices, "toy"))})
    yield
    for group in GROUPS:
        ConfigStore.instance().repo[group].pop("toy.yaml", None)


SMALL = (
    "generator.width=2",
    "dataset.height=32",
    "dataset.width=32",
    "loss.perceptual=none",
    "ema.half_life_images=0",
    "train.batch_size=2",
    "train.log_every_images=2",
    "hardware.num_workers=0",
    "hardware.device=cpu",
    "hardware.precision=float32",
)


def trainer_of(run: Path, *overrides: str) -> Trainer:
    """The run of a command line: a new one, or one that goes on, which keeps its choices."""
    options = composed(*SMALL, *overrides) if overrides else read_options(run, ["train.images=4"])
    check(options)
    return build_training(options, run, build_hardware(options.hardware), Processes(0, 1))


def weights(trainer: Trainer) -> dict[str, Tensor]:
    networks = nn.ModuleDict({"G": trainer.step.G, "D": trainer.step.D})
    return {name: weight.detach().clone() for name, weight in networks.named_parameters()}


def finish(trainer: Trainer) -> None:
    assert trainer.run() is False
    assert trainer.hooks.save()
    trainer.hooks.close()


@pytest.mark.parametrize("toy", TOYS)
def test_a_toy_trains_resumes_and_generates(toy: str, tmp_path: Path) -> None:
    overrides, classes = TOYS[toy]
    run = tmp_path / "run"
    trainer = trainer_of(run, *overrides, "train.images=2")
    before = weights(trainer)
    calls.clear()
    finish(trainer)
    assert calls.keys() == {each.__name__ for each in classes}
    after = weights(trainer)
    moved = {name.partition(".")[0] for name in after if not torch.equal(before[name], after[name])}
    assert moved == {"G", "D"} and latest_images(run) == 2
    if toy == "norm":
        scale = next(name for name in after if name.endswith("norm_0.scale"))
        assert (before[scale] == 1.5).all() and not torch.equal(before[scale], after[scale])
    resumed = trainer_of(run)
    assert resumed.progress.images == 2
    assert all(torch.equal(weight, after[name]) for name, weight in weights(resumed).items())
    finish(resumed)
    assert [row["images"] for row in read_log(run)] == [2, 4]
    assert all(np.isfinite(list(row.values())).all() for row in read_log(run))
    assert "generator/toy" in read_log(run)[0] or "loss.objective=toy" not in overrides
    generator = load_run(open_run(str(run)), EvaluationHardwareOptions(device="cpu"))
    labels = torch.zeros(1, 32, 32, dtype=torch.int64)
    assert generator(labels, labels).isfinite().all()


def test_options_that_the_objective_does_not_take_are_refused() -> None:
    with pytest.raises(ValueError, match=r"loss\.adversarial=wasserstein does not go with .*objective=toy"):
        composed("loss.objective=toy", "loss.adversarial=wasserstein", "train.images=2")
    with pytest.raises(ValueError, match=r"loss\.feature_matching=3\.0 does not go with .*objective=toy"):
        composed("loss.objective=toy", "loss.feature_matching=3", "train.images=2")
    composed("loss.objective=toy", "loss.r1=0.5", "loss.l1=2", "loss.kl=0", "train.images=2")
    composed("loss.objective=patch", "loss.feature_matching=3", "train.images=2")


def test_an_objective_that_does_not_exist_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"^loss\.objective=ptach: did you mean patch\? choose one of patch,"
    ):
        composed("loss.objective=ptach", "train.images=2")
