"""Trains a small segmenter for mIoU: `python scripts/train_segmenter.py dataset=camvid dataset.root=DIR`.

It is written to segmenters/NAME, where `python test.py` finds it by the data set's name. `backbone=none`
trains one without a pretrained network, in segmenters/NAME_scratch, and test.py measures with both.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import command
from options.schema import TrainSegmenterOptions

if TYPE_CHECKING:
    from data.batch import Batch
    from engine.runtime.hardware import Hardware
    from models.segmenter import PyramidSegmenter


def start(options: TrainSegmenterOptions, overrides: list[str]) -> None:
    """Trains on the train split and measures on val, where there is one."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    import torch

    from evaluation.segmenters import trained
    from models.segmenter import PyramidSegmenter
    from options.build.data import build_source
    from options.build.training import build_hardware

    images = options.images or trained.LENGTHS[options.backbone]
    if images < options.batch_size:
        raise ValueError(
            f"images={images}, batch_size={options.batch_size}: give at least one batch of images"
        )
    hardware = build_hardware(options.hardware)
    torch.manual_seed(options.seed)
    dataset = options.dataset
    source = build_source(dataset, "train")
    network = hardware.place(PyramidSegmenter(len(source.label_set), options.width, options.backbone))
    steps = images // options.batch_size
    trained.train_segmenter(network, training_photos(options, hardware, steps), steps, options.learning_rate)
    metrics = val_metrics(options, network, hardware)
    ending = trained.SCRATCH if options.backbone == "none" else ""
    folder = trained.SEGMENTERS / f"{options.name or dataset.name}{ending}"
    description = trained.Description(
        dataset=dataset.name,
        names=source.label_set.names,
        has_unknown=source.label_set.has_unknown,
        height=dataset.height,
        width=dataset.width,
        channels=options.width,
        images=steps * options.batch_size,
        val_miou=metrics.get("miou"),
        backbone=options.backbone,
    )
    trained.write_segmenter(folder, network, description)
    for name, value in metrics.items():
        print(f"{name} on real val photos: {value:.3f}")
    print(f"segmenter in {folder}; measure with: python test.py name=RUN segmenter.path={folder}")


def training_photos(options: TrainSegmenterOptions, hardware: Hardware, steps: int) -> Iterator[Batch]:
    """As many batches as there are steps, cropped and mirrored at random, with a bar."""
    from tqdm import tqdm

    from data.loader import train_loader
    from data.sampler import StreamSampler
    from options.build.data import build_source, training_set

    photos = training_set(options.dataset, build_source(options.dataset, "train"), options.seed)
    sampler = StreamSampler(len(photos), options.batch_size, options.seed, rank=0, world_size=1)
    loaded = train_loader(photos, sampler, options.hardware.num_workers, hardware.pinned)
    for batch in tqdm(islice(loaded, steps), "train", steps, unit="batch", dynamic_ncols=True):
        yield batch.to(hardware.device)


def val_metrics(
    options: TrainSegmenterOptions, network: PyramidSegmenter, hardware: Hardware
) -> dict[str, float]:
    """mIoU and pixel accuracy on the val split; none where there is no such split."""
    from evaluation.segmenters.trained import segmenter_metrics
    from options.build.data import build_source, evaluation_batches, evaluation_set

    try:
        source = build_source(options.dataset, "val")
    except ValueError as error:
        print(f"the segmenter was not measured on val photos: {error}")
        return {}
    photos = evaluation_set(options.dataset, source)
    batches = evaluation_batches(photos, options.batch_size, options.hardware.num_workers, hardware)
    return segmenter_metrics(network, batches, source.label_set)


if __name__ == "__main__":
    command("train_segmenter", TrainSegmenterOptions, start)
