"""The contract of every segmenter: pictures in, the data set's class ids out."""

from __future__ import annotations

from torch import Tensor, nn

from data.sources.source import LabelSet


class Segmenter(nn.Module):
    """A frozen network that finds classes in pictures (B, 3, H, W) in [-1, 1].

    It answers ids (B, H, W) of `label_set`, or `OTHER` for classes that the data set has not.
    `name` goes into the metrics' names: figures of different segmenters cannot be compared.
    """

    def __init__(self, name: str, label_set: LabelSet) -> None:
        super().__init__()
        self.name = name
        self.label_set = label_set

    def forward(self, pictures: Tensor) -> Tensor:
        raise NotImplementedError
