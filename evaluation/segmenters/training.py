"""Trains a segmenter on real photos, so that mIoU can be had on any data set."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F

from data.batch import Batch
from data.sources.source import LabelSet
from evaluation.segmentation import SegmentationScores, segmentation_figures
from models.segmenter import PyramidSegmenter

WEIGHT_DECAY = 1e-4


def train_segmenter(
    network: PyramidSegmenter, batches: Iterable[Batch], steps: int, learning_rate: float
) -> None:
    """Cross-entropy over all classes (unknown is one), AdamW, the rate rising to a peak and falling to zero.

    `batches`: `steps` of them, with photos, on the network's device. The frozen part stays as it is.
    Raises ValueError for batches without photos.
    """
    optimizer = torch.optim.AdamW(network.pyramid.parameters(), learning_rate, weight_decay=WEIGHT_DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    network.train()
    for batch in batches:
        if batch.photo is None:
            raise ValueError(f"no photo for {batch.names[0]}; a segmenter is trained on photos: give them")
        loss = F.cross_entropy(network(batch.photo), batch.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
    network.eval()


@torch.inference_mode()
def segmenter_figures(
    network: PyramidSegmenter, batches: Iterable[Batch], label_set: LabelSet
) -> dict[str, float]:
    """mIoU and pixel accuracy on photos of `batches`, as `segmentation_figures` names them."""
    scores: SegmentationScores | None = None
    for batch in batches:
        assert batch.photo is not None, "held-back photos were asked for"
        scores = scores or SegmentationScores(label_set).to(batch.photo.device)
        scores.update(network(batch.photo).argmax(dim=1), batch.labels)
    assert scores is not None, "a split has pictures"
    return segmentation_figures(scores.compute(), label_set)
