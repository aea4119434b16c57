"""From options to an evaluation: label maps, metrics, protocol; and to validation in training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from data.batch import Batch
from data.dataset import PairedDataset
from data.dataset_info import DatasetInfo
from data.folder_pairs import FolderPairs, Resizing
from data.sources.label_format import StoredIds
from data.sources.source import LabelSet, Subset
from engine.progress import ProgressBar
from engine.run_log import read_log
from engine.runtime.distributed import Processes
from engine.runtime.hardware import Hardware
from engine.validation import Measure, Validation
from evaluation.feature_cache import CachedFeatures
from evaluation.feature_extractors import load_metric_network
from evaluation.lpips import LPIPSDiversity, choose_lpips
from evaluation.measure import TrainingPhotos
from evaluation.metrics import METRICS, MetricSet, choose_metrics
from evaluation.protocol import Protocol
from evaluation.segmenters.classes import folder_classes
from evaluation.segmenters.load import load_segmenters
from evaluation.shared_networks import shared_network_warnings
from inference.generator import LabelMapGenerator
from options.build import construct
from options.build.data import evaluation_batches, given_set, split_set
from options.schema.dataset import DatasetOptions
from options.schema.networks import ProjectedOptions
from options.schema.testing import TestOptions
from options.schema.training import TrainOptions

OWN = "own"
"""In place of a split: users' own label maps."""
REAL = "real"
"""In place of a split: the photos of a folder."""
VALIDATION_SPLIT, VALIDATION_NETWORK, VALIDATION_SEED = "val", "efficientnet_lite2", 0
VALIDATION_METRICS = ("fd", "psnr", "ssim")


def tested_dataset(dataset: DatasetOptions, options: TestOptions) -> DatasetOptions:
    """A run's data set, where it lies now."""
    if options.dataset.root is None:
        return dataset
    if not hasattr(dataset, "root"):
        raise ValueError(
            f"dataset.root={options.dataset.root}: dataset={dataset.name} is not read from a folder"
        )
    return replace(dataset, root=options.dataset.root)  # type: ignore[call-arg]


def tested_label_maps(
    info: DatasetInfo, dataset: DatasetOptions, options: TestOptions
) -> tuple[PairedDataset, int]:
    """What to generate from, and how many at a time: one of users' own label maps, which differ in size."""
    if options.labels is None:
        return split_set(dataset, options.split, options.images), options.batch_size
    if options.instances is not None and not info.edges:
        raise ValueError(
            f"instances={options.instances}: {options.name} was trained without instance maps; leave it out"
        )
    instances, photos = _path(options.instances), _path(options.photos)
    return given_set(dataset, info, Path(options.labels), instances, photos, options.images), 1


def part_of_process(
    pairs: PairedDataset, batch: int, title: str, workers: int, hardware: Hardware, processes: Processes
) -> tuple[ProgressBar[Batch], int]:
    """This process's part of the pairs in batches, with a bar, and the place of its first pair."""
    part = Subset.of_process(pairs.source, processes.rank, processes.count)
    dataset = PairedDataset(part, pairs.transform, pairs.seed, pairs.on_error)
    batches = evaluation_batches(dataset, batch, workers, hardware)
    return ProgressBar(batches, title, len(part), processes.is_main), part.indices[0]


def build_folder_pairs(options: TestOptions) -> tuple[FolderPairs, LabelSet | None]:
    """The pictures and photos of two folders, with the classes of the label maps where there are any."""
    assert options.generated is not None and options.real is not None, "check_testing has checked it"
    chosen = options.pairs
    resizing = None
    if chosen.height is not None and chosen.width is not None:
        resizing = Resizing(chosen.height, chosen.width, chosen.filter)
    label_format, labels = None, _path(options.labels)
    if labels is not None:
        label_set = folder_classes(labels, chosen.num_classes, chosen.ignore_id, options.segmenter.path)
        unknown = chosen.ignore_id if label_set.has_unknown else None
        label_format = StoredIds.in_order(label_set, unknown=unknown)
    folders = Path(options.generated), Path(options.real)
    pairs = FolderPairs(*folders, resizing, labels, label_format, chosen.pairing)
    return pairs, None if label_format is None else label_format.label_set


def build_metrics(
    options: TestOptions, protocol: Protocol, label_set: LabelSet | None, hardware: Hardware
) -> tuple[MetricSet, list[str]]:
    """The metrics of pictures as `protocol` has them, and a note for each that is skipped.

    `label_set`: the classes that a segmenter has to find, None without label maps. Raises ValueError where a
    metric that was asked for by its name cannot be computed.
    """
    least_side = min(protocol.height or 0, protocol.width or 0) or None
    chosen, notes = choose_metrics(options.metrics, protocol.count, least_side)
    weights = (_path(options.inception_weights), _path(options.dinov2_weights))
    features = load_metric_network(options.features, *weights)
    lpips, lpips_notes = choose_lpips(options.lpips, _path(options.lpips_weights), least_side)
    segmenters = []
    if label_set is not None:
        name = protocol.split if protocol.split == REAL else protocol.dataset
        segmenters = construct(load_segmenters, options.segmenter, label_set=label_set, dataset=name)
    lpips = None if lpips is None else hardware.place(lpips)
    placed = tuple(hardware.place(segmenter) for segmenter in segmenters)
    return MetricSet(hardware.place(features), chosen, lpips, placed), notes + lpips_notes


def pretrained_networks(options: TrainOptions) -> dict[str, str]:
    """The pretrained networks that a training looks through, by the options that name them.

    A discriminator that stands on one names it in its option `encoder`.
    """
    loss, encoder = options.loss, getattr(options.discriminator, "encoder", None)
    if loss.projected and encoder is None:
        encoder = ProjectedOptions().encoder
    named = {"loss.perceptual": loss.perceptual, "discriminator.encoder": encoder}
    return {option: network for option, network in named.items() if network not in (None, "none")}


def build_diversity(options: TestOptions, hardware: Hardware) -> tuple[LPIPSDiversity | None, list[str]]:
    """What measures `samples` of each label map against each other; None where there are none, or why."""
    if options.samples is None or options.samples < 2:
        return None, []
    network, notes = choose_lpips(options.lpips, _path(options.lpips_weights), None)
    if network is None:
        return None, [note.replace("lpips", "diversity", 1) for note in notes]
    return LPIPSDiversity(hardware.place(network)).to(hardware.device), []


def build_protocol(dataset: DatasetOptions, count: int, options: TestOptions) -> Protocol:
    """How a run's images are measured."""
    kind, ema, seed = options.pictures, options.ema, options.seed
    if options.labels is not None:
        return Protocol(dataset.name, OWN, count, None, None, "none", kind, ema, seed)
    return Protocol(dataset.name, options.split, count, *_size_and_filter(dataset), kind, ema, seed)


def build_training_photos(
    dataset: DatasetOptions,
    protocol: Protocol,
    options: TestOptions,
    hardware: Hardware,
    processes: Processes,
) -> TrainingPhotos:
    """The training photos that set the scale of a run's metrics; ValueError where there are none."""
    train = split_set(dataset, "train", options.train_images)
    batches, _ = part_of_process(
        train, options.batch_size, "training photos", options.hardware.num_workers, hardware, processes
    )
    height, width, _ = _size_and_filter(dataset)
    of_train = replace(protocol, split="train", count=len(train), height=height, width=width)
    return TrainingPhotos(batches, of_train)


def build_folder_protocol(count: int, options: TestOptions) -> Protocol:
    """How a folder's pictures are measured; their weights and seed are not known."""
    pairs, name = options.pairs, str(options.real)
    resize_filter = "none" if pairs.height is None else pairs.filter
    how = pairs.height, pairs.width, resize_filter, options.pictures
    return Protocol(name, REAL, count, *how, ema=None, seed=None)


def build_validation(
    options: TrainOptions, run: Path, generator: LabelMapGenerator, hardware: Hardware, processes: Processes
) -> tuple[Validation | None, list[str]]:
    """Validation while a run trains, None where no interval is given, and warnings.

    Raises ValueError where the data set has no val split of two pairs.
    """
    chosen, dataset = options.evaluate, options.dataset
    if not chosen.every_images:
        return None, []
    try:
        pairs = split_set(dataset, VALIDATION_SPLIT, chosen.images)
    except ValueError as error:
        raise ValueError(
            f"evaluate.every_images={chosen.every_images} measures on the val split: {error};"
            " or set evaluate.every_images=null"
        ) from error
    least_side = min(dataset.height, dataset.width)
    possible = [name for name in VALIDATION_METRICS if METRICS[name].least_side <= least_side]
    names, _ = choose_metrics(possible, len(pairs), None)
    metrics = MetricSet(hardware.place(load_metric_network(VALIDATION_NETWORK)), names)
    how = *_size_and_filter(dataset), "png", True, VALIDATION_SEED
    protocol = Protocol(dataset.name, VALIDATION_SPLIT, len(pairs), *how)
    # Never written: within a session the photos' features are computed once.
    features = CachedFeatures(metrics.features, run / "features")
    measure = Measure(generator, pairs, metrics, protocol, features, chosen.batch_size, hardware, processes)
    best_by = protocol.metric_name(metrics.features.metric_name("fd"))
    log = read_log(run) if processes.is_main else []
    validation = Validation(measure, best_by, chosen.every_images, chosen.max_time_fraction, processes, log)
    return validation, shared_network_warnings(pretrained_networks(options), metrics)


def _size_and_filter(dataset: DatasetOptions) -> tuple[int, int, str]:
    """Height, width, and what resizes photos from files; without a folder they are drawn at that size."""
    return dataset.height, dataset.width, "bicubic" if hasattr(dataset, "root") else "none"


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)
