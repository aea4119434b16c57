"""One training step of the game: the generator moves, then the discriminator.

Park et al. 2019, section 3 and appendix A: hinge loss, feature matching (weight 10), perceptual loss
(10) and, with an encoder, the KL divergence (0.05), as the published code orders them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from data.resizing import shrink
from data.sample import Batch
from engine.distributed import Processes, parallel
from engine.hardware import Hardware
from models.condition import Condition
from models.discriminators.multiscale import judge, judge_fake
from models.losses.adversarial import AdversarialLoss
from models.losses.feature_matching import feature_matching
from models.losses.kl import kl_divergence
from models.synthesiser import Synthesis, Synthesiser


@dataclass(frozen=True)
class Objective:
    """What the players minimise; a weight of 0 leaves a term out.

    `perceptual`: maps (fake, real) to a scalar, or None.
    """

    adversarial: AdversarialLoss
    perceptual: nn.Module | None
    perceptual_weight: float
    feature_matching_weight: float
    kl_weight: float
    l1_weight: float


class TrainingStep:
    """Updates both players on a batch and answers the losses, as tensors that nobody has waited for.

    `reuse_fake`: the discriminator is shown the generator's image from before its update (faster);
    otherwise the updated generator makes it again, as published.
    """

    def __init__(
        self,
        synthesiser: Synthesiser,
        discriminator: nn.Module,
        generator_optimizer: torch.optim.Optimizer,
        discriminator_optimizer: torch.optim.Optimizer,
        objective: Objective,
        hardware: Hardware,
        processes: Processes,
        reuse_fake: bool,
    ) -> None:
        self.synthesiser = synthesiser
        self.discriminator = discriminator
        self.processes = processes
        self.parallel_discriminator = parallel(discriminator, processes)
        self.wrap()
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.objective = objective
        self.hardware = hardware
        self.reuse_fake = reuse_fake
        self.noise = hardware.noise()

    def wrap(self) -> None:
        """Has the generator's gradients, of the parameters that want one now, averaged over processes."""
        self.parallel_synthesiser = parallel(self.synthesiser, self.processes)

    def __call__(self, batch: Batch, seed: int) -> dict[str, Tensor]:
        """One update of each player; every random number of the step comes from `seed`."""
        torch.manual_seed(seed)
        self.noise.manual_seed(seed)
        # Made once, so that all four passes share what is found out about these label maps.
        condition = self.synthesiser.condition(
            batch.labels, batch.instances, style_ids=batch.style_id, noise=self.noise
        )
        real = shrink(_photo(batch), self.synthesiser.scale)
        fake, losses = self._update_generator(condition, real)
        if not self.reuse_fake:
            with torch.no_grad(), self.hardware.autocast():
                fake = self.synthesiser(condition, real).fake
        return losses | self._update_discriminator(condition, fake.detach(), real)

    def _update_generator(self, condition: Condition, real: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        with frozen(self.discriminator), self.hardware.autocast():
            synthesis = self.parallel_synthesiser(condition, real)
            losses = self.generator_losses(condition, synthesis, real)
        _update(self.generator_optimizer, losses)
        return synthesis.fake, losses

    def generator_losses(self, condition: Condition, synthesis: Synthesis, real: Tensor) -> dict[str, Tensor]:
        """The generator's weighted terms on its images."""
        objective, fake = self.objective, synthesis.fake
        fakes, reals = judge_fake(self.discriminator, fake, real, condition)
        losses = {"generator/adversarial": objective.adversarial.generator(fakes)}
        if objective.feature_matching_weight:
            matching = feature_matching(fakes, reals)
            losses["generator/feature_matching"] = objective.feature_matching_weight * matching
        if objective.perceptual is not None:
            losses["generator/perceptual"] = objective.perceptual_weight * objective.perceptual(fake, real)
        if objective.l1_weight:
            losses["generator/l1"] = objective.l1_weight * (fake - real).abs().mean()
        if synthesis.posterior is not None:
            losses["generator/kl"] = objective.kl_weight * kl_divergence(synthesis.posterior)
        return losses

    def _update_discriminator(self, condition: Condition, fake: Tensor, real: Tensor) -> dict[str, Tensor]:
        with self.hardware.autocast():
            fakes, reals = judge(self.parallel_discriminator, fake, real, condition)
            losses = {
                "discriminator/fake": self.objective.adversarial.fake(fakes),
                "discriminator/real": self.objective.adversarial.real(reals),
            }
        _update(self.discriminator_optimizer, losses)
        return losses


def _photo(batch: Batch) -> Tensor:
    assert batch.photo is not None, "training needs photos"
    return batch.photo


def _update(optimizer: torch.optim.Optimizer, losses: dict[str, Tensor]) -> None:
    """One step of one player down the sum of its losses."""
    optimizer.zero_grad(set_to_none=True)
    torch.stack([loss.float() for loss in losses.values()]).sum().backward()
    optimizer.step()


@contextmanager
def frozen(network: nn.Module) -> Iterator[None]:
    """No gradient is computed for the network's parameters; gradients still pass through it."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)
