"""Made-up pictures, label maps and a tiny feature network for the tests of evaluation."""

import torch
from torch import Tensor

from data.batch import Batch
from data.sources.classes import numbered_label_set
from data.sources.source import LabelSet
from evaluation.feature_extractors import FeatureNetwork
from evaluation.protocol import Protocol


class TinyFeatures(FeatureNetwork):
    """Mean and second moment of each colour, and a mixture of them: six features without weights to load."""

    name = "tiny"
    num_features = 6

    def __init__(self) -> None:
        super().__init__()
        self.mixture = torch.nn.Parameter(torch.eye(6) + 0.1, requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        moments = torch.cat([pictures.mean(dim=(2, 3)), pictures.square().mean(dim=(2, 3))], dim=1)  # (B, 6)
        return moments @ self.mixture


def pictures(count: int, height: int = 16, width: int = 20, seed: int = 0) -> Tensor:
    """Smooth-ish pictures (count, 3, height, width) in [-1, 1] that differ from each other."""
    random = torch.Generator().manual_seed(seed)
    level = torch.rand(count, 3, 1, 1, generator=random)
    return ((level + 0.5 * torch.rand(count, 3, height, width, generator=random)) / 1.5) * 2 - 1


def label_maps(count: int, num_classes: int, height: int = 16, width: int = 20, seed: int = 0) -> Tensor:
    return torch.randint(num_classes, (count, height, width), generator=torch.Generator().manual_seed(seed))


def batch(photo: Tensor | None, labels: Tensor, first: int = 0) -> Batch:
    """Of pictures that are called by their number, from `first` on."""
    names = tuple(f"picture{first + index}" for index in range(len(labels)))
    return Batch(photo, labels, None, torch.zeros(len(labels), dtype=torch.int64), names)


def protocol(count: int, kind: str = "png") -> Protocol:
    return Protocol("made-up", "val", count, 16, 20, "lanczos", kind, ema=True, seed=0)


def label_set(num_classes: int) -> LabelSet:
    return numbered_label_set(num_classes, has_unknown=False)
