"""Trains a generator: `python train.py name=RUN dataset=... train.images=...` (or epochs, or minutes)."""

from __future__ import annotations

from shlex import quote

from engine.checkpoint.checkpoint_paths import state_file
from engine.checkpoint.lock import locked
from engine.oom_advice import explained_out_of_memory
from engine.progress import Stopwatch
from engine.runtime.distributed import join_processes, largest
from engine.runtime.interrupts import INTERRUPTED, StopRequest
from engine.runtime.seeds import step_seed
from engine.runtime.watchdog import Watchdog
from engine.trainer import Training
from options.build.data import resolve_dataset
from options.build.mean_styles import keep_mean_styles
from options.build.parts import build_hardware
from options.build.training import build_training
from options.cli import command
from options.run_config import CONFIG, existing_run, new_run, read_options, run_folder, stored_choices
from options.schema import TrainOptions
from options.validation import EXACT, check, check_resume, has_length, resolve

COLLECTIVE_MARGIN = 2
"""Waiting for another process lasts longer than the watchdog allows, so that the stack dump comes first."""


def start(options: TrainOptions, overrides: list[str]) -> None:
    """Starts a new run, or goes on with an old one."""
    check_resume(options)
    run, exact = run_folder(options.name), options.resume == EXACT
    if options.resume and (run / CONFIG).is_file():
        options = read_options(run, overrides)
    else:
        if options.resume and not has_length(options.train):
            existing_run(options.name)  # without a length it is none to be begun, but a name mistyped
        run = new_run(options.name)
        resolve(options)
        resolve_dataset(options.dataset, log=print)
    check(options)
    hardware = build_hardware(options.hardware)
    hardware.keep_memory()
    with (
        join_processes(hardware.device, COLLECTIVE_MARGIN * options.train.hang_minutes) as processes,
        locked(run, processes.is_main) as may_write,
        explained_out_of_memory(options, run),
    ):
        training = build_training(options, run, hardware, processes, exact, may_write)
        hooks, progress, name = training.hooks, training.progress, quote(f"name={options.name}")
        for damage in hooks.checkpoint.passed_over:
            hooks.bar.say(f"warning: {damage}; an older checkpoint is used")
        if progress.images:
            hooks.bar.say(
                f"{run} goes on after {progress.images} images, from {state_file(run, progress.images).name}"
            )
        try:
            interrupted = train(training)
            saved = hooks.save()
        finally:
            hooks.close()
        if not saved:
            raise ValueError(f"the end of the run could not be saved in {run}; make room, then resume=true")
        if interrupted and processes.is_main:
            print(f"stopped after {progress.images} images; go on with: python train.py {name} resume=true")
        elif processes.is_main:
            keep_mean_styles(options, run, progress.images, training.ema.network, hardware)
            print(f"trained on {progress.images} images; generate with: python test.py {name}")
    if interrupted:
        raise SystemExit(INTERRUPTED)


def train(training: Training) -> bool:
    """Lets the players move until the run's end; answers whether it was asked to stop before."""
    progress, stop, stopwatch = training.progress, StopRequest(), Stopwatch(training.progress)
    stopped = 0.0
    with Watchdog(training.hang_minutes) as watchdog:
        while (share := training.length.share(progress)) < 1 and not stopped:
            watchdog.alive()
            rates = training.rates.set(share)
            batch = next(training.batches)
            before = progress.images
            training.phases.enter(before)
            losses = training.step(batch, step_seed(training.seed, training.processes.rank, before))
            progress.images += training.batch_images
            newest = training.phases.images_of_newest(progress.images)
            training.ema.update(training.step.G, newest, training.batch_images)
            stopwatch.lap()
            # All processes see the same time and stop after the same step.
            progress.seconds, stopped = largest([progress.seconds, stop.asked], training.processes)
            training.hooks.after_step(
                losses, rates, before, training.step.skipped, batch, lambda: bool(stop.asked)
            )
    return training.length.share(progress) < 1


if __name__ == "__main__":
    command("train", TrainOptions, start, implied=stored_choices)
