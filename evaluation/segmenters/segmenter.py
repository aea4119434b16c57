"""The contract of every segmenter: pictures in, the data set's class ids out."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from data.sources.source import LabelSet

OTHER = -1
"""What a segmenter predicts for classes that the data set does not have."""


class Segmenter(nn.Module):
    """A frozen network that finds classes in pictures (B, 3, H, W) in [-1, 1].

    It predicts ids (B, H, W) of `label_set`, or `OTHER`. `name` goes into the metrics' names: values of
    different segmenters cannot be compared. `backbone`: the pretrained network under it, "none" where there
    is none or it is not known.
    """

    backbone = "none"

    def __init__(self, name: str, label_set: LabelSet) -> None:
        super().__init__()
        self.name = name
        self.label_set = label_set

    def forward(self, pictures: Tensor) -> Tensor:
        raise NotImplementedError


class MappedSegmenter(Segmenter):
    """Maps scores of a network's own classes, (B, M, h, w) of any size, to ids of the data set.

    `scores`: pictures (B, 3, H, W) in [-1, 1] to scores; `partners` (M,): the data set's id of each class, or
    `OTHER`.
    """

    partners: Tensor

    def __init__(
        self,
        name: str,
        label_set: LabelSet,
        network: nn.Module,
        scores: Callable[[Tensor], Tensor],
        partners: Tensor,
    ) -> None:
        super().__init__(name, label_set)
        self.network = network.eval()
        for parameter in network.parameters():  # one by one: a TorchScript module knows no other way
            parameter.requires_grad_(False)
        self._scores = scores
        self.register_buffer("partners", partners)

    def forward(self, pictures: Tensor) -> Tensor:
        scores = self._scores(pictures)  # (B, M, h, w)
        if scores.ndim != 4 or scores.shape[:2] != (len(pictures), len(self.partners)):
            raise ValueError(
                f"segmenter {self.name} returns {tuple(scores.shape)} for {len(pictures)} pictures; it must"
                f" return scores (B, {len(self.partners)}, h, w), one per class"
            )
        at_pixels = F.interpolate(scores.float(), pictures.shape[-2:], mode="bilinear", align_corners=False)
        return self.partners[at_pixels.argmax(dim=1)]  # (B, H, W)
