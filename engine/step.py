"""One training step of the game: the generator moves, then the discriminator.

Park et al. 2019, section 3 and appendix A: hinge loss, feature matching (weight 10), perceptual loss
(10) and, with an encoder, the KL divergence (0.05), as the published code orders them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from data.batch import Batch
from data.resample import shrink
from engine.nonfinite import BufferSnapshot, backward, can_skip, step_unless
from engine.runtime.distributed import Processes, averaged_if, parallel
from engine.runtime.hardware import Hardware
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator, GeneratorOutput
from models.discriminators.diffaugment import LabelChannels, augment
from models.discriminators.multiscale import discriminate, discriminate_fake
from models.losses.adversarial import AdversarialLoss
from models.losses.feature_matching import feature_matching
from models.losses.kl import kl_divergence


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
    otherwise the updated generator makes it again, as published. `passes`: a batch is computed in so many
    equal parts, whose gradients are summed, where it would not fit in memory at once. `augmentations`: how
    the discriminator sees images changed, drawn anew for each player; none as published.

    A step in which a number is not finite is left out: nothing changes, and `skipped` is true.
    """

    def __init__(
        self,
        G: ConditionalGenerator,
        discriminator: nn.Module,
        generator_optimizer: torch.optim.Optimizer,
        discriminator_optimizer: torch.optim.Optimizer,
        objective: Objective,
        hardware: Hardware,
        processes: Processes,
        reuse_fake: bool,
        passes: int = 1,
        augmentations: Collection[str] = (),
    ) -> None:
        for optimizer in (generator_optimizer, discriminator_optimizer):
            assert can_skip(optimizer), "a step is left out on the device: give a fused optimizer"
        self.G = G
        self.discriminator = discriminator
        self.processes = processes
        self.parallel_discriminator = parallel(discriminator, processes)
        self.wrap()
        self.generator_optimizer = generator_optimizer
        self.discriminator_optimizer = discriminator_optimizer
        self.objective = objective
        self.hardware = hardware
        self.reuse_fake = reuse_fake
        self.passes = passes
        self.augmentations = augmentations
        self.noise = hardware.noise()
        self.skipped = torch.zeros((), dtype=torch.bool, device=hardware.device)

    def wrap(self) -> None:
        """Has the generator's gradients, of the parameters that want one now, averaged over processes."""
        self.parallel_G = parallel(self.G, self.processes)

    def __call__(self, batch: Batch, seed: int) -> dict[str, Tensor]:
        """One update of each player; every random number of the step comes from `seed`."""
        torch.manual_seed(seed)
        self.noise.manual_seed(seed)
        buffers = BufferSnapshot(self.G, self.discriminator)
        parts = [self._part(part) for part in batch.split(self.passes)]
        fakes, losses = self._update_generator(parts)
        if not self.reuse_fake:
            with torch.no_grad(), self.hardware.autocast():
                fakes = [self.G(condition, real).fake for condition, real in parts]
        losses |= self._update_discriminator(parts, fakes)
        buffers.restore_where(self.skipped)
        return losses

    def _part(self, batch: Batch) -> tuple[Condition, Tensor]:
        """Condition and photos, (B, 3, H, W)."""
        # Made once, so that all four passes share what is found out about these label maps.
        condition = self.G.condition(
            batch.labels, batch.instances, style_ids=batch.style_id, noise=self.noise
        )
        return condition, shrink(_photo(batch), self.G.scale)

    def _update_generator(
        self, parts: list[tuple[Condition, Tensor]]
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        fakes, losses = [], []
        for index, (condition, real) in enumerate(parts):
            with averaged_if(index == len(parts) - 1, self.parallel_G):
                with frozen(self.discriminator), self.hardware.autocast():
                    synthesis = self.parallel_G(condition, real)
                    losses.append(self.generator_losses(condition, synthesis, real))
                backward(_total(losses[-1]) / len(parts))
            fakes.append(synthesis.fake.detach())
        self.skipped = step_unless(torch.zeros_like(self.skipped), self.generator_optimizer)
        # At once: kept until its next move they would lie in memory beside the other player's.
        self.generator_optimizer.zero_grad(set_to_none=True)
        return fakes, _means(losses)

    def generator_losses(
        self, condition: Condition, synthesis: GeneratorOutput, real: Tensor
    ) -> dict[str, Tensor]:
        """The generator's weighted terms on its images."""
        objective, fake = self.objective, synthesis.fake
        fakes, reals = discriminate_fake(self.discriminator, *self._seen(fake, real, condition))
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

    def _seen(self, fake: Tensor, real: Tensor, condition: Condition) -> tuple[Tensor, Tensor, LabelChannels]:
        """Images, photos and label maps as the discriminator sees them."""
        return augment(self.augmentations, fake, real, condition, self.noise)

    def _update_discriminator(
        self, parts: list[tuple[Condition, Tensor]], fakes: list[Tensor]
    ) -> dict[str, Tensor]:
        losses = []
        for index, ((condition, real), fake) in enumerate(zip(parts, fakes, strict=True)):
            with averaged_if(index == len(parts) - 1, self.parallel_discriminator):
                with self.hardware.autocast():
                    seen = self._seen(fake, real, condition)
                    judged_fake, judged_real = discriminate(self.parallel_discriminator, *seen)
                    losses.append(
                        {
                            "discriminator/fake": self.objective.adversarial.fake(judged_fake),
                            "discriminator/real": self.objective.adversarial.real(judged_real),
                        }
                    )
                backward(_total(losses[-1]) / len(parts))
        self.skipped = step_unless(self.skipped, self.discriminator_optimizer)
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        return _means(losses)


def _photo(batch: Batch) -> Tensor:
    assert batch.photo is not None, "training needs photos"
    return batch.photo


def _total(losses: dict[str, Tensor]) -> Tensor:
    return torch.stack([loss.float() for loss in losses.values()]).sum()


def _means(losses: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Of the parts of a batch."""
    return {name: torch.stack([part[name].detach() for part in losses]).mean() for name in losses[0]}


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
