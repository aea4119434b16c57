"""From options to a run that is ready to train, restored where it goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from engine.checkpoint.checkpoint import Checkpoint, Stateful
from engine.coarse_to_fine import CoarseToFine
from engine.hooks import Hooks, Intervals
from engine.learning_rate import LearningRates
from engine.nonfinite_steps import NonFiniteSteps
from engine.progress import Length, Progress
from engine.run_log import RunLog, TrainingBar
from engine.runtime.distributed import Processes, from_main
from engine.runtime.hardware import Hardware
from engine.runtime.threads import Threads
from engine.sample_grid import SampleGrid
from engine.step import TrainingStep
from engine.trainer import Trainer
from inference.generator import LabelMapGenerator
from options.build.data import (
    build_dataset_info,
    build_sampler,
    build_source,
    sample_batch,
    training_batches,
    training_set,
)
from options.build.networks import build_discriminator, build_generator
from options.build.parts import build_ema, build_generator_terms, build_objective, build_optimizers
from options.build.validation import build_validation
from options.run_config import write_options
from options.schema.training import LengthOptions, TrainOptions


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
    facts = build_dataset_info(options.dataset, source)
    dataset = training_set(options.dataset, source, options.seed)
    sampler = build_sampler(options, dataset, processes)
    G = hardware.place(build_generator(options, facts))
    D = hardware.place(build_discriminator(options, facts))
    opt_G, opt_D = build_optimizers(options.optimizer, G, D)
    ema = build_ema(options.ema, G)
    progress = Progress()
    threads = Threads(options.hardware.threads, processes.count)
    step = TrainingStep(
        G,
        D,
        opt_G,
        opt_D,
        build_objective(options.loss, D),
        build_generator_terms(options.loss, hardware),
        hardware,
        processes,
        options.optimizer.reuse_fake,
        options.train.grad_accum_steps,
        options.diffaugment,
    )
    watched = sample_batch(options.dataset, hardware)

    # All that must survive a restart.
    parts: dict[str, Stateful] = {
        "progress": progress, "G": G, "D": D, "ema": ema, "opt_G": opt_G, "opt_D": opt_D, "sampler": sampler,
        "threads": threads,
    }  # fmt: skip

    def describe() -> None:
        write_options(options, run)
        facts.write(run)

    checkpoint = Checkpoint(
        run, parts, ema.network, options.train.keep, options.train.keep_every_images, describe
    )
    restore_everywhere(checkpoint, processes, exact)
    if processes.is_main:
        describe()

    maker = LabelMapGenerator(ema.network, len(facts.label_set), len(facts.styles), hardware)
    watch, warnings = build_validation(options, run, maker, hardware, processes)
    length = build_length(options.train, len(dataset))
    hooks = Hooks(
        checkpoint,
        progress,
        build_intervals(options.train),
        processes,
        log=RunLog(run, progress.images) if processes.is_main else None,
        bar=TrainingBar(length, progress, visible=processes.is_main),
        sample_grid=SampleGrid(ema.network, watched, facts.label_set.colours, hardware),
        nonfinite_steps=NonFiniteSteps(run, options.train.max_nonfinite_steps, processes),
        may_write=may_write,
        watch=watch,
    )
    for warning in warnings:
        hooks.bar.say(f"warning: {warning}")
    return Trainer(
        batches=training_batches(options, dataset, sampler, hardware),
        step=step,
        rates=LearningRates(
            opt_G,
            opt_D,
            options.optimizer.generator_lr,
            options.optimizer.discriminator_lr,
            options.optimizer.lr_decay_start,
        ),
        ema=ema,
        coarse_to_fine=CoarseToFine(G, ema.network),
        progress=progress,
        length=length,
        hooks=hooks,
        processes=processes,
        batch_size=options.train.batch_size,
        seed=options.seed,
        hang_minutes=options.train.hang_minutes,
    )


def restore_everywhere(checkpoint: Checkpoint, processes: Processes, exact: bool) -> None:
    """Restores the same checkpoint in all processes: the one that the main process finds whole."""
    if processes.is_main:
        found = checkpoint.restore(exact)
        from_main(-1 if found is None else found, processes)
        return
    images = from_main(0, processes)
    if images >= 0:
        checkpoint.restore_from(images)


def build_length(options: LengthOptions, pairs: int) -> Length:
    """When the run ends; an epoch is as many images as there are training pairs."""
    images = options.images if options.epochs is None else max(1, round(options.epochs * pairs))
    return Length(images, options.minutes)


def build_intervals(options: LengthOptions) -> Intervals:
    """When to log, to draw samples and to save, in images."""
    return Intervals(options.log_every_images, options.sample_every_images, options.save_every_images)
