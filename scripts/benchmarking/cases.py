"""What a row of the benchmark computes: a generator or a training step, in one of its forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from data.batch import Batch
from data.dataset_info import DatasetInfo
from data.loader import eval_loader
from data.sources.classes import numbered_label_set
from data.sources.source import Subset
from engine.runtime.distributed import Processes
from engine.runtime.hardware import Hardware, select_hardware
from engine.step import TrainingStep
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators import Discriminator
from models.kernels.inference import prepare_for_inference
from models.losses import GanObjective
from models.losses.generator_terms import GeneratorTerms
from models.norms.statistics import BatchStatistics
from options.build.data import build_source, evaluation_set
from options.build.networks import build_discriminator, build_generator
from options.build.training import build_generator_terms, build_objective, build_optimizers
from options.cli import composed
from options.schema import TrainOptions
from options.schema.dataset import CamVidOptions, CocoStuffOptions, DatasetOptions, ScenesOptions
from scripts.benchmarking.published import PublishedDiscriminator, PublishedStep, published_generator

WORKS = ("generator", "editing", "step", "discriminators")
"""An image in a photo's style (where the norm takes one); one with given style codes; a training step; a
training step with each discriminator, and with the perceptual loss."""
FORMS = ("reference", "dense", "indexed", "auto", "optimized", "compiled", "reuse_fake")
"""As published; dense convolutions; once per distinct patch; the cheaper of these two; prepared for
inference; dense, through torch.compile; a step that discriminates the first fake."""
DISCRIMINATORS = {
    "multiscale": "",
    "oasis": "discriminator=oasis",
    "oasis_dense": "discriminator=oasis norm.implementation=dense",
    "frozen_features": "discriminator=frozen_features",
    "with_projected": "loss.projected=0.3",
}
"""Forms of the work `discriminators`, and what they are on the command line."""
IMPLEMENTATIONS = {"indexed": "indexed", "dense": "dense", "compiled": "dense"}
"""Of the forms whose norms do not choose for themselves."""
STYLE_WIDTH = 512
MARKS = {"train_label": CocoStuffOptions, "trainannot": CamVidOptions}
"""Folders by which a data set's arrangement is recognised."""


@dataclass(frozen=True)
class LabelMaps:
    """`batches` of label maps, instance maps and photos of one size; ids are 0 .. classes - 1."""

    batches: list[Batch]
    classes: int
    edges: bool


@dataclass(frozen=True)
class LabelMapOptions:
    """`batches` of `batch` label maps, evenly spread over a data set's training split.

    `folder`: of COCO-Stuff or CamVid, None for the built-in scenes; `size`: height and width; `classes`: as
    if the data set had so many (ids beyond them start again at 0), None for its own.
    """

    folder: Path | None
    size: tuple[int, int]
    batch: int
    batches: int
    classes: int | None = None

    def dataset(self) -> DatasetOptions:
        """Options of the data set in the folder; ValueError where it is none that we know."""
        height, width = self.size
        if self.folder is None:
            return ScenesOptions(height=height, width=width)
        for mark, options in MARKS.items():
            if (self.folder / mark).is_dir():
                return options(root=str(self.folder), height=height, width=width)
        raise ValueError(
            f"--labels {self.folder}: no {' and no '.join(MARKS)} in it; give COCO-Stuff or CamVid"
        )

    def read(self) -> LabelMaps:
        """Reads them; ValueError where there are too few, or where one cannot be read."""
        options, count = self.dataset(), self.batch * self.batches
        source = build_source(options, "train")
        if len(source) < count:
            raise ValueError(
                f"{self.folder} has {len(source)} label maps; --maps and --batch ask for {count}"
            )
        batches = list(eval_loader(evaluation_set(options, Subset.spread(source, count)), self.batch))
        if self.classes is not None:
            batches = [replace(batch, labels=batch.labels % self.classes) for batch in batches]
        return LabelMaps(batches, self.classes or len(source.label_set), source.has_instances)


@dataclass(frozen=True)
class Case:
    """A row; `width`: channels at full size."""

    work: str
    norm: str
    form: str
    precision: str
    width: int


class Work(NamedTuple):
    """`run` computes the batch at a place; `result` is what the last one gave: an image or a gradient."""

    run: Callable[[int], object]
    result: Callable[[], Tensor]


def build_work(case: Case, maps: LabelMaps) -> Work:
    """The networks of a row, with the same weights for every form, and what they compute."""
    is_reference = case.form == "reference"
    hardware = select_hardware("cpu", case.precision, channels_last=not is_reference)
    if not is_reference:  # which computes as torch does by itself
        hardware.keep_memory()
    options = network_options(case)
    info = DatasetInfo(numbered_label_set(maps.classes, has_unknown=False), maps.edges, ("default",))
    torch.manual_seed(0)
    G, D = build_generator(options, info), build_discriminator(options, info)
    if case.work in ("generator", "editing"):
        fill_running_averages(G, maps.batches[0])
        return generator_work(case, maps, G, hardware)
    if is_reference:
        return published_step_work(maps, G, D)
    losses = build_objective(options, info), build_generator_terms(options.loss, D, hardware)
    return step_work(maps, G, D, losses, options, hardware, reuse_fake=case.form == "reuse_fake")


def network_options(case: Case) -> TrainOptions:
    """The published sizes at a width."""
    words = f"name=benchmark generator.width={case.width} discriminator.width={case.width} norm={case.norm}"
    with_style = f"encoder=region_style encoder.style_width={STYLE_WIDTH}"
    words += f" {with_style if case.norm == 'sean' else 'encoder=none'}"
    if case.work == "discriminators":
        words += f" {DISCRIMINATORS[case.form]}"
    else:
        words += f" loss.perceptual=none norm.implementation={IMPLEMENTATIONS.get(case.form, 'auto')}"
    return composed("train", TrainOptions, [*words.split(), "optimizer=ttur"])


@torch.no_grad()
def fill_running_averages(G: ConditionalGenerator, batch: Batch) -> None:
    """Takes them from a real batch, so that images are neither flat nor saturated."""
    statistics = [module for module in G.modules() if isinstance(module, BatchStatistics)]
    for module in statistics:
        module.momentum = 1.0
    G.train()(condition_of(G, batch), batch.photo)
    for module in statistics:
        module.momentum = 0.1
    G.eval()


def condition_of(G: ConditionalGenerator, batch: Batch, styles: Tensor | None = None) -> Condition:
    """The condition of a batch, made anew, with nothing cached of its label maps yet."""
    return G.condition(batch.labels, batch.instances, styles=styles)


def generator_work(case: Case, maps: LabelMaps, G: ConditionalGenerator, hardware: Hardware) -> Work:
    """Images of label maps."""
    styles = None
    if case.work == "editing":
        styles = torch.rand(len(maps.batches[0]), maps.classes, STYLE_WIDTH) * 2 - 1
    G = published_generator(G, maps.classes).eval() if case.form == "reference" else hardware.place(G)
    if case.form == "optimized":
        prepare_for_inference(G, hardware.autocast_dtype)
    generator: nn.Module = G.generator
    if case.form == "compiled":
        generator.compile()
    image = torch.empty(0)

    @torch.no_grad()  # under inference mode operations could not be counted
    def run(place: int) -> None:
        nonlocal image
        batch = maps.batches[place]
        with hardware.autocast():
            condition = condition_of(G, batch, styles)
            fake = generator(condition) if case.work == "editing" else G(condition, batch.photo).fake
        image = fake.float()

    return Work(run, lambda: image)


def published_step_work(maps: LabelMaps, G: ConditionalGenerator, D: Discriminator) -> Work:
    """Updates of both networks as published; the result is the gradient of the generator's stem."""
    published = published_generator(G, maps.classes)
    step = PublishedStep(published, PublishedDiscriminator(D))  # type: ignore[arg-type]

    def run(place: int) -> None:
        batch = maps.batches[place]
        assert batch.photo is not None
        step(lambda: condition_of(published, batch), batch.photo)

    return Work(run, lambda: gradient_of_stem(published))


def step_work(
    maps: LabelMaps,
    G: ConditionalGenerator,
    D: Discriminator,
    losses: tuple[GanObjective, GeneratorTerms],
    options: TrainOptions,
    hardware: Hardware,
    reuse_fake: bool,
) -> Work:
    """The same updates by our training step."""
    G, D = hardware.place(G).train(), hardware.place(D).train()
    optimizers = build_optimizers(options.optimizer, G, D)
    step = TrainingStep(G, D, *optimizers, *losses, hardware, Processes(rank=0, count=1), reuse_fake)
    gradient = torch.empty(0)

    def keep(*_: object) -> None:  # before the update, which frees it
        nonlocal gradient
        gradient = gradient_of_stem(G)

    optimizers[0].register_step_pre_hook(keep)
    return Work(lambda place: step(maps.batches[place], seed=0), lambda: gradient)


def gradient_of_stem(G: ConditionalGenerator) -> Tensor:
    """A copy of the gradient of the generator's first layer."""
    weight = G.generator.stem.conv.weight  # type: ignore[union-attr]
    assert isinstance(weight, Tensor) and weight.grad is not None
    return weight.grad.clone()
