"""From options to a run that is ready to train, restored where it goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from engine.bad_steps import BadSteps
from engine.checkpoint import Checkpoint, Stateful
from engine.distributed import Processes, from_main
from engine.generation import LabelMapGenerator
from engine.hardware import Hardware
from engine.learning_rate import LearningRates
from engine.logging import RunLog, TrainingBar
from engine.phases import Phases
from engine.progress import Length, Progress
from engine.recorder import Intervals, Recorder
from engine.samples import SamplePicture
from engine.step import TrainingStep
from engine.threads import Threads
from engine.training import Training
from options.build import build_ema, build_objective, build_optimizers
from options.build_data import (
    build_facts,
    build_sampler,
    build_source,
    training_batches,
    training_set,
    watched_batch,
)
from options.build_networks import build_discriminator, build_synthesiser
from options.build_watch import build_watch
from options.run_folder import write_options
from options.schema.training import LengthOptions, TrainOptions


def build_training(
    options: TrainOptions,
    run: Path,
    hardware: Hardware,
    processes: Processes,
    exact: bool = False,
    may_write: Callable[[], None] = lambda: None,
) -> Training:
    """Builds every part of a run and restores its newest checkpoint, where there is one.

    `exact`: that one and no older, should it be damaged; `may_write` raises ValueError where another process
    has taken the run folder over.
    """
    torch.manual_seed(options.seed)
    source = build_source(options.dataset, "train")
    facts = build_facts(options.dataset, source)
    dataset = training_set(options.dataset, source, options.seed)
    sampler = build_sampler(options, dataset, processes)
    G = hardware.place(build_synthesiser(options, facts))
    D = hardware.place(build_discriminator(options, facts))
    opt_G, opt_D = build_optimizers(options.optimizer, G, D)
    ema = build_ema(options.ema, G)
    progress = Progress()
    threads = Threads(options.hardware.threads, processes.count)
    objective = build_objective(options.loss, hardware)
    step = TrainingStep(
        G,
        D,
        opt_G,
        opt_D,
        objective,
        hardware,
        processes,
        options.optimizer.reuse_fake,
        options.train.accumulate,
        [kind.value for kind in options.augment],
    )
    watched = watched_batch(options.dataset, hardware)

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
    watch, warnings = build_watch(options, run, maker, hardware, processes)
    length = build_length(options.train, len(dataset))
    recorder = Recorder(
        checkpoint,
        progress,
        build_intervals(options.train),
        processes,
        log=RunLog(run, progress.images) if processes.is_main else None,
        bar=TrainingBar(length, progress, visible=processes.is_main),
        sample_picture=SamplePicture(ema.network, watched, facts.label_set.colours, hardware),
        bad_steps=BadSteps(run, options.train.max_bad_steps, processes),
        may_write=may_write,
        watch=watch,
    )
    for warning in warnings:
        recorder.bar.say(f"warning: {warning}")
    return Training(
        batches=training_batches(options, dataset, sampler, hardware),
        step=step,
        rates=LearningRates(
            opt_G,
            opt_D,
            options.optimizer.generator_lr,
            options.optimizer.discriminator_lr,
            options.optimizer.constant_share,
        ),
        ema=ema,
        phases=Phases(step, ema),
        progress=progress,
        length=length,
        recorder=recorder,
        processes=processes,
        batch_images=options.train.batch,
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
