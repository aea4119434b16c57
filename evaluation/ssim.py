"""Structural similarity of generated pictures to the photos of the same label maps.

Wang et al., "Image Quality Assessment: From Error Visibility to Structural Similarity", 2004, eq. 13, with
the paper's Gaussian window (11×11, σ = 1.5) and constants (0.01, 0.03), on each colour channel, averaged.
Means enter it, so that it depends on where black lies: at 0, as in the paper and in 8-bit files.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.functional.image import structural_similarity_index_measure

from evaluation.pictures import check_pairs

DATA_RANGE = 2.0  # of pictures in [-1, 1], and of those moved to [0, 2]
WINDOW = 11
MARGIN = WINDOW // 2


class SSIM(Metric):
    """Mean SSIM over pictures; 1 where a generated picture is its photo, higher is better.

    `latest`: those of the last batch, (B,).

    Only windows that lie within the picture count, as in the paper and in scikit-image. torchmetrics' own
    mean also counts the margin, where it mirrors the picture (and did not in earlier releases), so its map
    is taken and the margin cut here.
    """

    full_state_update = False
    total: Tensor
    count: Tensor
    latest: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("count", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, generated: Tensor, photo: Tensor) -> None:
        """Adds a batch, both (B, 3, H, W) in [-1, 1], sides of 11 pixels at least; else ValueError."""
        check_pairs(generated, photo)
        height, width = generated.shape[-2:]
        if min(height, width) < WINDOW:
            raise ValueError(
                f"pictures are {width}×{height}; SSIM takes at least {WINDOW}×{WINDOW}: use larger ones, or "
                "leave it out, metrics=[psnr,rmse,fd,kid]"
            )
        _, similarity = structural_similarity_index_measure(
            generated.double() + 1,
            photo.double() + 1,
            sigma=1.5,
            data_range=DATA_RANGE,
            return_full_image=True,
        )  # (B, 3, H, W)
        within = similarity[..., MARGIN : height - MARGIN, MARGIN : width - MARGIN]  # (B, 3, H - 10, W - 10)
        self.latest = within.mean(dim=(1, 2, 3))  # (B,)
        self.total += self.latest.sum()
        self.count += len(generated)

    def compute(self) -> Tensor:
        """The mean, a scalar; raises ValueError where no picture was added."""
        if self.count == 0:
            raise ValueError("SSIM was asked of no pictures; add at least one pair")
        return self.total / self.count
