"""What a row of the benchmark computes: a generator or a training step, in one of its forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from data.batch import Batch
from data.dataset_info import DatasetInfo
from data.sources.classes import numbered_label_set
from engine.runtime.distributed import Processes
from engine.runtime.hardware import Hardware, select_hardware
from engine.step import TrainingStep
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators import Discriminator
from models.kernels.inference import prepare_for_inference
from models.losses.generator_terms import GeneratorTerms
from models.norms.statistics import BatchStatistics
from options.build.networks import build_discriminator, build_generator
from options.build.parts import build_objective, build_optimizers
from options.schema import GROUPS
from options.schema.networks import RegionStyleOptions
from options.schema.training import LossOptions, OptimizerOptions, TrainOptions
from scripts.benchmarking.label_maps import LabelMaps
from scripts.benchmarking.published import PublishedDiscriminator, published_synthesiser
from scripts.benchmarking.published_step import PublishedStep

WORKS = ("generator", "editing", "step")
"""An image with its style of a photo (where the norm takes one); with given style codes; a training step."""
FORMS = ("reference", "dense", "indexed", "auto", "optimized", "compiled", "reuse_fake")
"""As published; by dense convolutions; by unique_patches; by the cheaper one; made ready for inference;
dense, through torch.compile; a step that shows the discriminator the first fake."""
STYLE_WIDTH = 512


@dataclass(frozen=True)
class Case:
    """A row."""

    work: str
    norm: str
    form: str
    precision: str
    width: int


@dataclass(frozen=True)
class Work:
    """`run` computes a batch by its place; `result` is what it answered: an image or a gradient."""

    run: Callable[[int], None]
    result: Callable[[], Tensor]


def build_work(case: Case, maps: LabelMaps) -> Work:
    """The networks of a row, with the same weights for every form, and what they do."""
    hardware = select_hardware("cpu", case.precision, channels_last=case.form != "reference")
    if case.form != "reference":  # which computes as torch does by itself
        hardware.keep_memory()
    options = network_options(case)
    facts = DatasetInfo(numbered_label_set(maps.classes, has_unknown=False), maps.edges, ("default",))
    torch.manual_seed(0)
    G = build_generator(options, facts)
    discriminator = build_discriminator(options, facts)
    if case.work == "step":
        return step_work(case, maps, G, discriminator, hardware)
    settle_statistics(G, maps.batches[0])
    return generator_work(case, maps, G, hardware)


def network_options(case: Case) -> TrainOptions:
    """The published sizes at a width; SEAN's style codes have 512 numbers."""
    forms = {
        "indexed": "indexed",
        "dense": "dense",
        "compiled": "dense",
    }
    options = TrainOptions(name="benchmark")
    options.generator = GROUPS["generator"]["spade"](width=case.width)
    options.norm = GROUPS["norm"][case.norm](implementation=forms.get(case.form, "auto"))
    options.encoder = GROUPS["encoder"]["none"]()
    if case.norm == "sean":
        options.encoder = RegionStyleOptions(style_width=STYLE_WIDTH)
    options.discriminator = GROUPS["discriminator"]["multiscale"](width=case.width)
    return options


@torch.no_grad()
def settle_statistics(G: ConditionalGenerator, batch: Batch) -> None:
    """Running averages of a real batch, so that images are neither flat nor saturated."""
    statistics = [module for module in G.modules() if isinstance(module, BatchStatistics)]
    for module in statistics:
        module.momentum = 1.0
    G.train()(condition_of(G, batch), batch.photo)
    for module in statistics:
        module.momentum = 0.1
    G.eval()


def condition_of(G: ConditionalGenerator, batch: Batch, styles: Tensor | None = None) -> Condition:
    """The condition of a batch, made anew, with nothing found out about its label maps yet."""
    return G.condition(batch.labels, batch.instances, styles=styles)


def generator_work(case: Case, maps: LabelMaps, G: ConditionalGenerator, hardware: Hardware) -> Work:
    """Images of label maps."""
    styles = None
    if case.work == "editing" and case.norm == "sean":
        styles = torch.rand(len(maps.batches[0]), maps.classes, STYLE_WIDTH) * 2 - 1
    is_reference = case.form == "reference"
    G = published_synthesiser(G, maps.classes).eval() if is_reference else hardware.place(G)
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


def step_work(
    case: Case, maps: LabelMaps, G: ConditionalGenerator, discriminator: Discriminator, hardware: Hardware
) -> Work:
    """Updates of both players, no perceptual loss; the result is the gradient of the generator's stem."""
    weight = G.generator.stem.conv.weight  # type: ignore[union-attr]
    if case.form == "reference":
        reference = published_synthesiser(G, maps.classes)
        weight = reference.generator.body.stem.conv.weight  # type: ignore[union-attr]
        published = PublishedStep(reference, PublishedDiscriminator(discriminator))  # type: ignore[arg-type]

        def run(place: int) -> None:
            batch = maps.batches[place]
            assert batch.photo is not None
            published(lambda: condition_of(reference, batch), batch.photo)

        return Work(run, lambda: gradient_of(weight))
    G, D = hardware.place(G).train(), hardware.place(discriminator).train()
    reuse_fake = case.form == "reuse_fake"
    optimizers = build_optimizers(OptimizerOptions(), G, D)
    alone = Processes(rank=0, count=1)
    objective, terms = build_objective(LossOptions(), D), GeneratorTerms()
    step = TrainingStep(G, D, *optimizers, objective, terms, hardware, alone, reuse_fake)
    gradient = torch.empty(0)

    def keep(*_: object) -> None:
        nonlocal gradient
        gradient = gradient_of(weight)

    optimizers[0].register_step_pre_hook(keep)
    return Work(lambda place: void(step(maps.batches[place], seed=0)), lambda: gradient)


def gradient_of(weight: object) -> Tensor:
    """A copy of a parameter's gradient."""
    assert isinstance(weight, Tensor) and weight.grad is not None
    return weight.grad.clone()


def void(_: object) -> None:
    """Nothing of it."""
