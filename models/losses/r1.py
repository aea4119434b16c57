"""R1: the gradient penalty on real images (Mescheder et al. 2018, eq. 9)."""

from __future__ import annotations

import torch
from torch import Tensor

from models.condition import Condition
from models.discriminators.base import Discriminator
from models.kernels.dispatch import twice_differentiable


def r1_penalty(D: Discriminator, real: Tensor, condition: Condition) -> Tensor:
    """Mean over real images of |d D(x) / d x|^2, without Mescheder's gamma / 2; differentiable.

    D(x) of an image is the mean of its logits over patches, then over scales, as the adversarial losses take
    it. Computed in float32: in bf16 a gradient's gradient would be mostly rounding.
    """
    device = real.device.type
    with torch.autocast(device, enabled=False), twice_differentiable():
        real = real.detach().float().requires_grad_()
        outputs = [output.logits.flatten(1).mean(1) for output in D(real, condition)]  # (B,) each
        (gradient,) = torch.autograd.grad(torch.stack(outputs).mean(0).sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()
