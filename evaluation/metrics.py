"""The table of metrics, and those of one evaluation with the networks that they need.

A new metric is its own file and one entry in `METRICS` (and its name among the choices of the option
`metrics`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from evaluation.feature_extractors import FeatureNetwork
from evaluation.fid import frechet_distance
from evaluation.kid import kernel_distance
from evaluation.lpips import LPIPS, LPIPSNetwork
from evaluation.picture_set import PictureSet, SetDescription
from evaluation.pictures import PictureMetric
from evaluation.precision_recall import NEIGHBOURS, precision, recall
from evaluation.psnr import PSNR
from evaluation.rmse import RMSE
from evaluation.segmenters.segmenter import Segmenter
from evaluation.ssim import SSIM, WINDOW
from evaluation.swd import LEAST_SIDE, PyramidPatches, sliced_wasserstein_distance

AUTO = "auto"
ARROWS = {"higher": "↑", "lower": "↓"}


@dataclass(frozen=True)
class MetricSpec:
    """How a metric is written for people, and how it is computed.

    `better`: which way; `decimals`: to write it with. `of_pairs` makes the metric of generated pictures with
    their photos; `of_sets` takes the features of generated pictures (N, C) and photos (M, C); `of_patches`
    takes patches of both, and the device to compute on, and returns values by the endings of their names.
    Entries with none of these are computed with networks of their own: LPIPS and segmenters.
    `least_pictures`, `least_side` (in pixels), `one_size` (of all pictures): what the metric is defined for;
    `choice`: its name in the option `metrics`, None where that is its own.
    """

    name: str
    meaning: str
    better: Literal["higher", "lower"]
    decimals: int
    of_pairs: Callable[[], PictureMetric] | None = None
    of_sets: Callable[[Tensor, Tensor], float] | None = None
    of_patches: Callable[[PyramidPatches, PyramidPatches, torch.device], dict[str, float]] | None = None
    least_pictures: int = 1
    least_side: int = 1
    one_size: bool = False
    choice: str | None = None

    @property
    def chosen_by_name(self) -> bool:
        """Whether the option `metrics` chooses it."""
        return bool(self.of_pairs or self.of_sets or self.of_patches)


# fmt: off
METRICS: dict[str, MetricSpec] = {
    "psnr": MetricSpec("PSNR", "in decibels, mean over pictures", "higher", 2, of_pairs=PSNR),
    "ssim": MetricSpec("SSIM", "mean over pictures", "higher", 3, of_pairs=SSIM, least_side=WINDOW),
    "rmse": MetricSpec("RMSE", "of colours from 0 to 1, mean over pictures", "lower", 3, of_pairs=RMSE),
    "fd": MetricSpec("Fréchet distance", "of features to the real photos", "lower", 1,
                     of_sets=frechet_distance, least_pictures=2),
    "fid": MetricSpec("FID", "Fréchet distance of Inception's features", "lower", 1),
    "kid": MetricSpec("Kernel distance", "of features to the real photos", "lower", 4,
                      of_sets=kernel_distance, least_pictures=2),
    "precision": MetricSpec("Precision", "fraction of pictures among the photos", "higher", 3,
                            of_sets=precision, least_pictures=NEIGHBOURS + 1, choice="precision_recall"),
    "recall": MetricSpec("Recall", "fraction of photos among the pictures", "higher", 3,
                         of_sets=recall, least_pictures=NEIGHBOURS + 1, choice="precision_recall"),
    "swd": MetricSpec("Sliced Wasserstein", "distance of Laplacian pyramids, × 1000", "lower", 2,
                      of_patches=sliced_wasserstein_distance, least_side=LEAST_SIDE, one_size=True),
    "lpips": MetricSpec("LPIPS", "to the photo, mean over pictures", "lower", 3),
    "lpips_diversity": MetricSpec("Diversity", "LPIPS between samples of a label map", "higher", 3),
    "miou": MetricSpec("mIoU", "of a segmenter, unknown pixels ignored", "higher", 3),
    "miou_unknown": MetricSpec("mIoU", "of a segmenter, unknown pixels counted", "higher", 3),
    "pixel": MetricSpec("Pixel accuracy", "of a segmenter, unknown pixels ignored", "higher", 3),
    "pixel_accuracy_unknown": MetricSpec("Pixel accuracy", "of a segmenter, unknown counted", "higher", 3),
}
# fmt: on


def metric_label(name: str) -> MetricSpec:
    """How to write a metric: the entry with the longest beginning of `name`; KeyError for an unknown name."""
    starts = [start for start in METRICS if f"{name}_".startswith(f"{start}_")]
    return METRICS[max(starts, key=len, default=name)]


def written(value: float | None, label: MetricSpec) -> str:
    """A value with the decimals of its metric; "–" for None and NaN, where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return "∞" if math.isinf(value) else f"{value:.{label.decimals}f}"


def metric_choices() -> dict[str, MetricSpec]:
    """What the option `metrics` may name, in the table's order; precision and recall are one choice."""
    return {spec.choice or name: spec for name, spec in METRICS.items() if spec.chosen_by_name}


def choose_metrics(
    asked: Sequence[str], count: int, least_side: int | None
) -> tuple[frozenset[str], list[str]]:
    """The choices to compute for `count` pictures, and a note for each that `AUTO` among `asked` skips.

    `least_side`: the shorter side of all pictures in pixels, None where each has its own size. Raises
    ValueError where there are too few pictures for a metric that was asked for by its name.
    """
    choices, notes = metric_choices(), []
    chosen = {choice for choice in asked if choice != AUTO}
    for choice, spec in choices.items() if AUTO in asked else ():
        if count < spec.least_pictures:
            notes.append(
                f"{choice} is skipped: it takes at least {spec.least_pictures} pictures, there are {count}"
            )
        elif least_side is not None and least_side < spec.least_side:
            notes.append(f"{choice} is skipped: it takes at least {spec.least_side}×{spec.least_side} pixels")
        elif least_side is None and spec.one_size:
            notes.append(
                f"{choice} is skipped: it takes pictures of one size; where they have one, set"
                f" metrics=[{AUTO},{choice}]"
            )
        else:
            chosen.add(choice)
    for choice in chosen:
        if count < (least := choices[choice].least_pictures):
            possible = ", ".join(name for name, spec in choices.items() if spec.least_pictures <= count)
            raise ValueError(
                f"metrics={choice} takes at least {least} pictures, there are {count}; choose among"
                f" {possible}"
            )
    return frozenset(chosen), notes


@dataclass(frozen=True)
class MetricSet:
    """The metrics of an evaluation.

    `chosen`: of `metric_choices`; `lpips` and `segmenters` add theirs where they are given; `features`: the
    network of the distances between sets.
    """

    features: FeatureNetwork
    chosen: frozenset[str] = field(default_factory=lambda: frozenset(metric_choices()))
    lpips: LPIPSNetwork | None = None
    segmenters: tuple[Segmenter, ...] = ()

    def __post_init__(self) -> None:
        assert self.chosen <= set(metric_choices()), "options know the metrics' names"

    @property
    def device(self) -> torch.device:
        """Where the networks are."""
        return next(self.features.parameters()).device

    def allowed_by(self, count: int) -> MetricSet:
        """Without the metrics that take more than `count` pictures."""
        choices = metric_choices()
        return replace(
            self, chosen=frozenset(name for name in self.chosen if choices[name].least_pictures <= count)
        )

    def picture_metrics(self) -> dict[str, PictureMetric]:
        """New metrics of generated pictures with their photos, by name."""
        made = {name: spec.of_pairs() for name, spec in self._specs() if spec.of_pairs}
        return made | ({} if self.lpips is None else {f"lpips_{self.lpips.trunk}": LPIPS(self.lpips)})

    def picture_set(self, extract: Callable[[Tensor], Tensor]) -> PictureSet:
        """A new set of pictures, for `distances`; `extract`: the features, with or without a cache."""
        of_features, of_patches = (
            any(getattr(spec, kind) for _, spec in self._specs()) for kind in ("of_sets", "of_patches")
        )
        return PictureSet(extract if of_features else None, of_patches, self.device)

    def distances(self, pictures: SetDescription, photos: SetDescription) -> dict[str, float]:
        """The metrics of two sets of `picture_set`, by name.

        Raises ValueError where a set is too small for one, or pictures differ in size where they may not.
        """
        values = {}
        for name, spec in self._specs():
            if spec.of_sets and pictures.features is not None and photos.features is not None:
                distance = spec.of_sets(pictures.features, photos.features)
                values[self.features.metric_name(name)] = distance
            elif spec.of_patches and pictures.patches is not None and photos.patches is not None:
                by_ending = spec.of_patches(pictures.patches, photos.patches, self.device)
                values |= {f"{name}_{ending}".rstrip("_"): value for ending, value in by_ending.items()}
        return values

    def networks(self) -> dict[str, str]:
        """The pretrained networks that metrics look through, by the names of these metrics."""
        of_features = [self.features.metric_name(name) for name, spec in self._specs() if spec.of_sets]
        named = {", ".join(of_features): self.features.name} if of_features else {}
        named |= {} if self.lpips is None else {f"lpips_{self.lpips.trunk}": self.lpips.trunk}
        return named | {f"miou_{each.name}": each.backbone for each in self.segmenters}

    def _specs(self) -> list[tuple[str, MetricSpec]]:
        return [(name, spec) for name, spec in METRICS.items() if (spec.choice or name) in self.chosen]
