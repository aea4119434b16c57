"""From a run folder to its generator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.dataset_info import DatasetInfo
from engine.checkpoint.checkpoint_paths import (
    BEST,
    LATEST,
    complete_checkpoints,
    images_in,
    latest_images,
    manifest_file,
    mean_styles_file,
    state_file,
    weights_file,
)
from engine.checkpoint.checksums import check_file
from engine.checkpoint.serialization import load_tensors, load_weights, read_weights
from inference.generator import LabelMapGenerator
from inference.mean_styles import read_mean_styles
from options.build.networks import build_generator
from options.build.parts import build_hardware
from options.run_config import existing_run, read_options
from options.schema.training import EvaluationHardwareOptions, HardwareOptions, TrainOptions


@dataclass(frozen=True)
class Run:
    """A run that can generate: `images` it had seen when its newest weights were saved."""

    folder: Path
    options: TrainOptions
    facts: DatasetInfo
    images: int


def open_run(name: str, checkpoint: str = LATEST) -> Run:
    """A run by its name under checkpoints/, or by the path of its folder.

    `checkpoint`: "latest", "best" (by the figures of its training), or the images of one that is there.

    Raises ValueError where there is none, or where it has saved no weights yet.
    """
    folder = existing_run(name)
    return Run(folder, read_options(folder), DatasetInfo.read(folder), _images_of(folder, checkpoint))


def _images_of(folder: Path, checkpoint: str) -> int:
    latest = latest_images(folder)
    if latest is None:
        raise ValueError(f"{folder} has saved no checkpoint yet; train on with resume=true")
    if checkpoint == LATEST:
        return latest
    if checkpoint == BEST:
        best = images_in(folder / BEST)
        if best is None:
            raise ValueError(
                f"checkpoint=best: {folder} names none; train with evaluate.every_images=..., or take latest"
            )
        return best
    if not checkpoint.isdecimal() or not weights_file(folder, int(checkpoint)).is_file():
        there = ", ".join(map(str, complete_checkpoints(folder)))
        raise ValueError(f"checkpoint={checkpoint}: {folder} has latest, best and {there or latest}")
    return int(checkpoint)


def load_run(
    run: Run,
    hardware: HardwareOptions,
    ema: bool = True,
    optimize: bool = True,
    compiled: bool = False,
) -> LabelMapGenerator:
    """The run's generator with its newest weights: averaged, or as they were trained where `ema` is false.

    `optimize`: made ready for generation alone, which is faster and gives the same images to rounding;
    `compiled`: left as it was trained and run through torch.compile instead.
    """
    G = build_generator(run.options, run.facts)
    file = weights_file(run.folder, run.images) if ema else state_file(run.folder, run.images)
    check_file(file, manifest_file(run.folder, run.images))
    load_weights(G, read_weights(file) if ema else load_tensors(file)["G"], file)
    last_step = max(0, run.images - run.options.train.batch_size)
    G.generator.enter(G.generator.phase_at(last_step))
    label_set, styles = run.facts.label_set, run.facts.styles
    means = None
    if G.encoder is not None:
        means = read_mean_styles(mean_styles_file(run.folder, run.images), G.encoder.code_shape)
    if compiled:
        G.generator.compile()
    made_ready = optimize and not compiled
    return LabelMapGenerator(G, len(label_set), len(styles), build_hardware(hardware), means, made_ready)


def load_generator(run: str, optimize: bool = True) -> LabelMapGenerator:
    """The generator of a run folder, as a function from label maps (B, H, W) to images (B, 3, H, W)."""
    return load_run(open_run(run), EvaluationHardwareOptions(), optimize=optimize)
