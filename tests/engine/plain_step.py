"""One training step written plainly: every image judged by itself, every sum spelt out, no shortcut."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators.base import DiscriminatorOutput
from models.discriminators.multiscale import MultiscaleDiscriminator


def plain_step(
    G: ConditionalGenerator,
    discriminator: MultiscaleDiscriminator,
    optimizers: tuple[torch.optim.Optimizer, torch.optim.Optimizer],
    make_condition: Callable[[], Condition],
    photo: Tensor,
    reuse_fake: bool = False,
) -> dict[str, float]:
    """Hinge loss, feature matching (10), KL (0.05) and L1 (2); Adam for the generator, then the other one.

    `discriminator` without spectral norm and batch norm, under which a pass changes the next.
    """
    condition = make_condition()
    fake, posterior = G(condition, photo)
    fakes, reals = judged_one_by_one(discriminator, fake, photo, condition)
    losses = {
        "generator/adversarial": sum(-output.logits.mean() for output in fakes) / len(fakes),
        "generator/feature_matching": 10 * matching(fakes, reals),
        "generator/l1": 2 * F.l1_loss(fake, photo),
    }
    if posterior is not None:
        mean, log_var = posterior
        divergences = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(dim=1)  # (B,)
        losses["generator/kl"] = 0.05 * divergences.mean()
    move(optimizers[0], sum(losses.values()))

    if not reuse_fake:
        fake = G(condition, photo).fake
    fakes, reals = judged_one_by_one(discriminator, fake.detach(), photo, condition)
    losses["discriminator/fake"] = sum(F.relu(1 + output.logits).mean() for output in fakes) / len(fakes)
    losses["discriminator/real"] = sum(F.relu(1 - output.logits).mean() for output in reals) / len(reals)
    move(optimizers[1], losses["discriminator/fake"] + losses["discriminator/real"])
    return {name: loss.item() for name, loss in losses.items()}


def judged_one_by_one(
    discriminator: nn.Module, fake: Tensor, real: Tensor, condition: Condition
) -> tuple[list[DiscriminatorOutput], list[DiscriminatorOutput]]:
    return discriminator(fake, condition), discriminator(real, condition)


def matching(fakes: list[DiscriminatorOutput], reals: list[DiscriminatorOutput]) -> Tensor:
    total = torch.zeros(())
    for fake, real in zip(fakes, reals):
        for fake_map, real_map in zip(fake.features, real.features):
            total = total + (fake_map - real_map.detach()).abs().mean() / len(fakes)
    return total


def move(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
