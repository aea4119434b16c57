"""From options to the figures that a run shows while it trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor

from data.batch import Batch
from data.dataset import PairedDataset
from data.sources.subset import Subset
from engine.run_log import read_log
from engine.runtime.distributed import Processes, largest
from engine.runtime.hardware import Hardware
from engine.validation import Figures, Stopped, Validation
from evaluation.evaluate import evaluate
from evaluation.feature_cache import CachedFeatures
from evaluation.feature_networks import load_metric_network
from evaluation.metric_set import MetricSet
from evaluation.protocol import Protocol
from evaluation.ssim import WINDOW
from inference.generator import LabelMapGenerator
from options.build.data import evaluation_batches, split_set
from options.build.metrics import shared_networks
from options.schema.training import TrainOptions

NETWORK = "efficientnet_lite2"
SPLIT = "val"
SEED = 0


class Measure:
    """Generates from the first label maps of the val split, the same ones each time, and measures.

    Draws nothing from the random numbers of training: a run with it is the run without it, bit for bit.
    """

    def __init__(
        self,
        generator: LabelMapGenerator,
        pairs: PairedDataset,
        metrics: MetricSet,
        protocol: Protocol,
        remembered: CachedFeatures,
        batch: int,
        hardware: Hardware,
        processes: Processes,
    ) -> None:
        self.generator, self.pairs = generator, pairs
        self.metrics, self.protocol, self.remembered = metrics, protocol, remembered
        self.batch, self.hardware, self.processes = batch, hardware, processes
        self._broken = False

    def __call__(self, asked_to_stop: Callable[[], bool]) -> Figures | None:
        """Figures by full name, of all processes; None where the generator answers NaN.

        Raises Stopped within a batch of one of them being `asked_to_stop`.
        """
        self._broken = False
        found = evaluate(self._pairs(asked_to_stop), self.metrics, self.protocol, remembered=self.remembered)
        (broken,) = largest([float(self._broken)], self.processes)
        figures = {name: value for name, value in found.rows["model"].items() if name != "images"}
        return None if broken else {self.protocol.metric_name(name): value for name, value in figures.items()}

    @torch.inference_mode()
    def _pairs(self, asked_to_stop: Callable[[], bool]) -> Iterator[tuple[Tensor, Batch]]:
        share = Subset.of_process(self.pairs.source, self.processes.rank, self.processes.count)
        dataset = PairedDataset(share, self.pairs.transform, self.pairs.seed, self.pairs.on_error)
        made = share.indices[0]
        for batch in self._together(evaluation_batches(dataset, self.batch, 0, self.hardware), asked_to_stop):
            styles = None
            if self.generator.G.encoder is not None and batch.photo is not None:
                styles = self.generator.styles(batch.photo, batch.labels)
            pictures = self.generator.pictures(batch, batch.style_id, styles, SEED, made)
            made += len(batch)
            if not bool(pictures.isfinite().all()):
                # An error here would leave the other processes waiting for this one.
                self._broken, pictures = True, torch.zeros_like(pictures)
            yield pictures.clamp(-1, 1), batch

    def _together(self, batches: Iterable[Batch], asked_to_stop: Callable[[], bool]) -> Iterator[Batch]:
        """The batches; before each, all processes agree to go on, those too that have one batch less."""
        remaining = iter(batches)
        for _ in range(-(-len(self.pairs) // (self.batch * self.processes.count))):
            (stop,) = largest([float(asked_to_stop())], self.processes)
            if stop:
                raise Stopped
            yield from islice(remaining, 1)


def build_validation(
    options: TrainOptions,
    run: Path,
    generator: LabelMapGenerator,
    hardware: Hardware,
    processes: Processes,
) -> tuple[Validation | None, list[str]]:
    """The figures at an interval, None where none is given, and warnings for people.

    Raises ValueError where the data set has no val split of two pairs.
    """
    chosen = options.evaluate
    if not chosen.every_images:
        return None, []
    try:
        pairs = split_set(options.dataset, SPLIT, chosen.images)
    except ValueError as error:
        raise ValueError(
            f"evaluate.every_images={chosen.every_images} measures on the val split: {error};"
            " or set evaluate.every_images=null"
        ) from error
    height, width = options.dataset.height, options.dataset.width
    words = {"fd", "psnr"} | ({"ssim"} if min(height, width) >= WINDOW else set())
    metrics = MetricSet(hardware.place(load_metric_network(NETWORK)), frozenset(words))
    protocol = Protocol(
        dataset=options.dataset.name,
        split=SPLIT,
        count=len(pairs),
        height=height,
        width=width,
        resize_filter="none" if options.dataset.name == "scenes" else "bicubic",
        pictures="png",
        ema=True,
        seed=SEED,
    )
    # Never written: within a session the photos' features are computed once.
    remembered = CachedFeatures(metrics.features, run / "features")
    measure = Measure(generator, pairs, metrics, protocol, remembered, chosen.batch_size, hardware, processes)
    best_by = protocol.metric_name(metrics.features.frechet_name)
    log = read_log(run) if processes.is_main else []
    watch = Validation(measure, best_by, chosen.every_images, chosen.max_time_fraction, processes, log)
    return watch, shared_networks(options.loss.perceptual, metrics)
