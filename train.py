"""Trains a generator: `python train.py name=RUN dataset=... train.images=...` (or epochs, or minutes)."""

from __future__ import annotations

from shlex import quote

from engine.checkpoint.checkpoint_paths import CONFIG, existing_run, new_run, run_folder, state_file
from options.cli import command
from options.run_config import implied_choices, read_options
from options.schema import TrainOptions
from options.schema.training import EXACT
from options.validation import check, has_length, resolve

COLLECTIVE_MARGIN = 2
"""Waiting for another process lasts longer than the watchdog allows, so that the stack dump comes first."""


def start(options: TrainOptions, overrides: list[str]) -> None:
    """Starts a new run, or goes on with an old one."""
    # All that imports torch is imported here: --help and mistyped options are answered without it.
    from engine.checkpoint.lock import locked
    from engine.oom_advice import explained_out_of_memory
    from engine.runtime.distributed import join_processes
    from engine.runtime.interrupts import INTERRUPTED
    from inference.load import keep_mean_styles
    from options.build.data import resolve_dataset
    from options.build.training import build_hardware, build_training, memory_settings

    run, exact = run_folder(options.name), options.resume == EXACT
    if options.resume and (run / CONFIG).is_file():
        options = read_options(run, overrides)
    else:
        if options.resume and not has_length(options.train):
            existing_run(options.name)  # a new run needs a length: without one, the name is mistyped
        run = new_run(options.name)
        resolve(options)
        resolve_dataset(options.dataset, log=print)
    check(options)
    hardware = build_hardware(options.hardware)
    hardware.keep_memory()
    with (
        join_processes(hardware.device, COLLECTIVE_MARGIN * options.train.hang_minutes) as processes,
        locked(run, processes.is_main) as may_write,
        explained_out_of_memory(memory_settings(options, processes.count), run),
    ):
        trainer = build_training(options, run, hardware, processes, exact, may_write)
        hooks, progress, name = trainer.hooks, trainer.progress, quote(f"name={options.name}")
        for damage in hooks.checkpoint.passed_over:
            hooks.bar.print(f"warning: {damage}; an older checkpoint is used")
        if progress.images:
            hooks.bar.print(
                f"{run} goes on after {progress.images} images, from {state_file(run, progress.images).name}"
            )
        try:
            interrupted = trainer.run()
            saved = hooks.save()
        finally:
            hooks.close()
        if not saved:
            raise ValueError(f"the end of the run could not be saved in {run}; make room, then resume=true")
        if interrupted and processes.is_main:
            print(f"stopped after {progress.images} images; go on with: python train.py {name} resume=true")
        elif processes.is_main:
            keep_mean_styles(options, run, progress.images, trainer.ema.network, hardware)
            print(f"trained on {progress.images} images; generate with: python test.py {name}")
    if interrupted:
        raise SystemExit(INTERRUPTED)


if __name__ == "__main__":
    command("train", TrainOptions, start, implied=implied_choices)
