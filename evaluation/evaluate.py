"""Evaluation: the model's numbers, and beside them the scale to read them on.

Three rows. `model`: generated pictures against the photos of the same label maps. `null_model`: the same
label maps painted in mean training colours, what a generator must beat. `real_train`: real training photos
against the same photos, what the best generator can hope for; it has the Fréchet distance only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from data.sample import Batch
from evaluation.features import FeatureNetwork
from evaluation.frechet import FeatureStatistics, Gaussian, frechet_distance
from evaluation.null_model import MeanColours, paint
from evaluation.pictures import check_pairs, check_pictures, quantise
from evaluation.protocol import Protocol, Rows
from evaluation.psnr import PSNR
from evaluation.ssim import SSIM


@dataclass(frozen=True)
class Scale:
    """What training photos say: `colours` (K, 3) of the null model and the Gaussian of their features."""

    colours: Tensor
    train: Gaussian


class PairMetrics:
    """One row: all metrics of pictures with their photos."""

    def __init__(self, network: FeatureNetwork, device: torch.device) -> None:
        self.network = network
        self.psnr, self.ssim = PSNR().to(device), SSIM().to(device)
        self.statistics = FeatureStatistics(network.num_features).to(device)

    def update(self, pictures: Tensor, photo: Tensor) -> None:
        self.psnr.update(pictures, photo)
        self.ssim.update(pictures, photo)
        self.statistics.update(self.network(pictures))

    def compute(self, photos: Gaussian) -> dict[str, float]:
        statistics = self.statistics.compute()
        return {
            "images": statistics.images,
            "psnr": float(self.psnr.compute()),
            "ssim": float(self.ssim.compute()),
            f"fd_{self.network.name}": frechet_distance(statistics, photos),
        }


@torch.inference_mode()
def measure_scale(
    train_batches: Iterable[Batch], num_classes: int, network: FeatureNetwork, protocol: Protocol
) -> Scale:
    """One pass over training photos: what `evaluate` needs for the null model's row and the real one.

    It depends on nothing that is trained: one scale serves every evaluation of a run. Batches may be of any
    size and in any order, wrapped in a progress bar or not. Raises ValueError for batches without photos, or
    fewer than two photos.
    """
    device = _device(network)
    colours = MeanColours(num_classes).to(device)
    statistics = FeatureStatistics(network.num_features).to(device)
    for batch in train_batches:
        photo = _measured(_photo(batch).to(device), "training photo", protocol)
        colours.update(photo, batch.labels.to(device))
        statistics.update(network(photo))
    return Scale(colours.compute(), statistics.compute())


@torch.inference_mode()
def evaluate(
    pairs: Iterable[tuple[Tensor, Batch]],
    network: FeatureNetwork,
    protocol: Protocol,
    scale: Scale | None = None,
) -> Rows:
    """PSNR, SSIM and the Fréchet distance of generated pictures, with the scale's rows where one is given.

    `pairs`: generated pictures (B, 3, H, W) in [-1, 1] with the batch they were generated from, wrapped in a
    progress bar or not; consumed once, and no picture is kept. Pictures and photos are rounded to 8 bits
    first where the protocol says "png"; the null model's colours, which no file holds, stay unrounded. Each
    row also says its number of `images`. See `protocol.metric_name` for the figures' full names.

    Raises ValueError for batches without photos, pictures that differ in size from their photos or are out of
    range, fewer than two pictures, or another number of them than the protocol says.
    """
    device = _device(network)
    model, null_model = PairMetrics(network, device), PairMetrics(network, device)
    photos = FeatureStatistics(network.num_features).to(device)
    for generated, batch in pairs:
        check_pairs(generated, _photo(batch))
        photo = _measured(_photo(batch).to(device), "photo", protocol)
        model.update(_measured(generated.to(device), "generated", protocol), photo)
        photos.update(network(photo))
        if scale is not None:
            null_model.update(paint(scale.colours, batch.labels.to(device)), photo)
    reference = photos.compute()
    if reference.images != protocol.count:
        raise ValueError(
            f"{reference.images} pictures were measured where the protocol says {protocol.count};"
            " a figure's name carries its count: state the number that is measured"
        )
    rows = {"model": model.compute(reference)}
    if scale is not None:
        distance = frechet_distance(scale.train, reference)
        rows["null_model"] = null_model.compute(reference)
        rows["real_train"] = {"images": scale.train.images, f"fd_{network.name}": distance}
    return rows


def _device(network: FeatureNetwork) -> torch.device:
    return next(network.parameters()).device


def _photo(batch: Batch) -> Tensor:
    if batch.photo is None:
        raise ValueError(
            f"no photo for {batch.names[0]}; without photos there are no metrics: give their folder"
        )
    return batch.photo


def _measured(pictures: Tensor, what: str, protocol: Protocol) -> Tensor:
    check_pictures(pictures, what)
    return quantise(pictures) if protocol.pictures == "png" else pictures.float()
