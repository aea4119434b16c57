"""From options to a run that is ready to train, restored where it goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn

from data.dataset_info import DatasetInfo
from engine.checkpoint.checkpoint import Checkpoint, Stateful, restore_everywhere
from engine.checkpoint.checkpoint_paths import existing_run, latest_images
from engine.ema import ExponentialMovingAverage
from engine.hooks import Hooks, Intervals
from engine.init_from import init_from
from engine.nonfinite import NonFiniteSteps
from engine.oom_advice import MemorySettings
from engine.optimizer import Adam
from engine.progress import Length, Progress, TrainingBar
from engine.run_log import RunLog
from engine.runtime.determinism import Threads
from engine.runtime.distributed import Processes
from engine.runtime.hardware import Hardware, select_hardware
from engine.sample_grid import sample_grid
from engine.schedules import CoarseToFine, LearningRates
from engine.step import TrainingStep
from engine.trainer import Trainer
from inference.generator import LabelMapGenerator
from models.conditional_generator import ConditionalGenerator
from models.discriminators import DISCRIMINATORS, Discriminator
from models.losses import OBJECTIVES, GanObjective, ProjectedObjective
from models.losses.generator_terms import GeneratorTerms
from models.losses.perceptual import PerceptualLoss
from models.losses.projected import WithProjectedObjective
from models.pretrained.frozen_features import FrozenFeatures
from options.build import construct
from options.build.data import build_sampler, build_source, sample_batch, training_batches, training_set
from options.build.evaluation import build_validation
from options.build.networks import build_discriminator, build_generator, known_of
from options.run_config import read_options, write_options
from options.schema.training import (
    HardwareOptions,
    LengthOptions,
    LossOptions,
    OptimizerOptions,
    TrainOptions,
)


def build_training(
    options: TrainOptions,
    run: Path,
    hardware: Hardware,
    processes: Processes,
    exact: bool = False,
    may_write: Callable[[], None] = lambda: None,
) -> Trainer:
    """Builds every part of a run and restores its newest checkpoint, where there is one.

    `exact`: that one and no older, should it be damaged; `may_write` raises ValueError where another process
    has taken the run folder over.
    """
    torch.manual_seed(options.seed)
    source = build_source(options.dataset, "train")
    info = DatasetInfo.of(source, edges=getattr(options.dataset, "instances", False))
    dataset = training_set(options.dataset, source, options.seed)
    sampler = build_sampler(options, dataset, processes)
    step, messages = build_step(options, run, info, hardware, processes)
    optimizers = step.generator_optimizer, step.discriminator_optimizer
    ema = ExponentialMovingAverage(step.G, options.ema.half_life_images, options.ema.ramp)
    progress, threads = Progress(), Threads(options.hardware.threads, processes.count)

    # All that must survive a restart.
    parts: dict[str, Stateful] = {
        "progress": progress, "G": step.G, "D": step.D, "ema": ema, "opt_G": optimizers[0],
        "opt_D": optimizers[1], "sampler": sampler, "threads": threads,
    }  # fmt: skip

    def describe() -> None:
        write_options(options, run)
        info.write(run)

    train = options.train
    checkpoint = Checkpoint(run, parts, ema.network, train.keep, train.keep_every_images, describe)
    restore_everywhere(checkpoint, processes, exact)
    if processes.is_main:
        describe()
    length = build_length(train, len(dataset))
    hooks = build_hooks(
        options, run, info, ema.network, checkpoint, progress, length, hardware, processes, may_write
    )
    for message in messages:
        hooks.bar.print(message)
    return Trainer(
        batches=training_batches(dataset, sampler, options.hardware.num_workers, hardware), step=step,
        rates=LearningRates(*optimizers, options.optimizer.lr_decay_start), ema=ema,
        coarse_to_fine=CoarseToFine(step.G, ema.network), progress=progress, length=length, hooks=hooks,
        processes=processes, batch_size=train.batch_size, seed=options.seed, hang_minutes=train.hang_minutes,
    )  # fmt: skip


def build_hooks(
    options: TrainOptions,
    run: Path,
    info: DatasetInfo,
    G: ConditionalGenerator,
    checkpoint: Checkpoint,
    progress: Progress,
    length: Length,
    hardware: Hardware,
    processes: Processes,
    may_write: Callable[[], None],
) -> Hooks:
    """What happens between steps: log, samples, validation, checkpoints. `G`: the averaged generator."""
    train = options.train
    generator = LabelMapGenerator(G, len(info.label_set), len(info.styles), hardware)
    validation, warnings = build_validation(options, run, generator, hardware, processes)
    sampled = sample_batch(options.dataset, hardware)
    hooks = Hooks(
        checkpoint, progress,
        Intervals(train.log_every_images, train.sample_every_images, train.save_every_images), processes,
        log=RunLog(run, progress.images) if processes.is_main else None,
        bar=TrainingBar(length, progress, visible=processes.is_main),
        sample_grid=partial(sample_grid, G, sampled, info.label_set.colours, hardware),
        nonfinite_steps=NonFiniteSteps(run, train.max_nonfinite_steps, processes), may_write=may_write,
        validation=validation,
    )  # fmt: skip
    for warning in warnings:
        hooks.bar.print(f"warning: {warning}")
    return hooks


def build_step(
    options: TrainOptions, run: Path, info: DatasetInfo, hardware: Hardware, processes: Processes
) -> tuple[TrainingStep, list[str]]:
    """The step with its networks, and lines for the user where a new run takes weights from another."""
    G = hardware.place(build_generator(options, info))
    D = hardware.place(build_discriminator(options, info))
    messages: list[str] = []
    if options.init_from is not None and latest_images(run) is None:
        source = existing_run(options.init_from)
        same = read_options(source).discriminator.name == options.discriminator.name
        messages = init_from(source, G, D if same else None, info.label_set.names)
    optimizers = build_optimizers(options.optimizer, G, D)
    losses = build_objective(options, info), build_generator_terms(options.loss, D, hardware)
    step = TrainingStep(
        G, D, *optimizers, *losses, hardware, processes, options.optimizer.reuse_fake,
        options.train.grad_accum_steps, options.diffaugment,
    )  # fmt: skip
    return step, messages


def build_length(options: LengthOptions, pairs: int) -> Length:
    """When the run ends; an epoch is as many images as there are training pairs."""
    if options.minutes is not None:
        return Length(options.minutes, "minutes")
    images = options.images if options.epochs is None else max(1, round(options.epochs * pairs))
    assert images is not None, "the options have been checked: a run has one length"
    return Length(images, "images")


def build_hardware(options: HardwareOptions) -> Hardware:
    """Device and precision."""
    return select_hardware(options.device, options.precision, options.channels_last)


def build_objective(options: TrainOptions, info: DatasetInfo) -> GanObjective:
    """The chosen objective, or the one that the discriminator's outputs are made for, with its options."""
    loss, known = options.loss, known_of(info) | {"batch_size": options.train.batch_size}
    name = loss.objective or DISCRIMINATORS[options.discriminator.name].objective
    objective = construct(OBJECTIVES[name], loss, **known)
    if not loss.projected:
        return objective
    return WithProjectedObjective(objective, construct(ProjectedObjective, loss, **known), loss.projected)


def build_generator_terms(options: LossOptions, D: Discriminator, hardware: Hardware) -> GeneratorTerms:
    """The generator's other terms; a network that the discriminator looks through as well is shared."""
    perceptual = None
    if options.perceptual != "none":
        looked_through = [part for part in D.modules() if isinstance(part, FrozenFeatures)]
        published = {part.name: part for part in looked_through if part.weights is None}
        features = published.get(options.perceptual) or FrozenFeatures(options.perceptual)
        perceptual = hardware.place(PerceptualLoss(features))
    return GeneratorTerms(perceptual, options.perceptual_weight, options.l1, options.kl)


def build_optimizers(options: OptimizerOptions, G: nn.Module, D: nn.Module) -> tuple[Adam, Adam]:
    """Adam for each network, at its own rate; fused, since that can skip a step without a wait."""
    adam = partial(Adam, betas=(options.beta1, options.beta2), fused=True)
    return adam(G.parameters(), lr=options.generator_lr), adam(D.parameters(), lr=options.discriminator_lr)


def memory_settings(options: TrainOptions, processes: int) -> MemorySettings:
    """What advice is computed from where memory is exhausted."""
    train, dataset, generator = options.train, options.dataset, options.generator
    multiple, _ = generator.size_multiple()
    batch = train.batch_size, train.grad_accum_steps, processes
    return MemorySettings(*batch, dataset.height, dataset.width, multiple, generator.width)
