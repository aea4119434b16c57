"""One training step: the generator is updated, then the discriminator (Park et al. 2019, appendix A)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from data.batch import Batch
from data.resample import shrink
from engine.optimizer import BufferSnapshot, backward, can_skip, step_unless
from engine.runtime.distributed import Processes, average_gradients
from engine.runtime.hardware import Hardware
from models.condition import Condition
from models.conditional_generator import ConditionalGenerator
from models.discriminators.base import Discriminator
from models.discriminators.diffaugment import augment
from models.losses.generator_terms import GeneratorTerms
from models.losses.objective import GanObjective

Part = tuple[Condition, Tensor]
"""Condition and photos (B, 3, H, W) of a part of a batch."""


class TrainingStep:
    """Updates generator `G` and discriminator `D` on a batch; returns the losses, as tensors not waited for.

    It knows order, accumulation, averaging over processes and skipping, and no loss by name: `objective` and
    `generator_terms` say what is minimised.

    `reuse_fake`: the discriminator sees the generator's image from before its update (faster); otherwise the
    updated generator makes it again, as published. `passes`: a batch is computed in so many equal parts,
    whose gradients are summed, where it would not fit in memory at once. `augmentations`: how the
    discriminator sees images changed, drawn anew for each update; none as published.

    A step in which a number is not finite is skipped: nothing changes, and `skipped` is true.
    """

    def __init__(
        self,
        G: ConditionalGenerator,
        D: Discriminator,
        generator_optimizer: torch.optim.Optimizer,
        discriminator_optimizer: torch.optim.Optimizer,
        objective: GanObjective,
        generator_terms: GeneratorTerms,
        hardware: Hardware,
        processes: Processes,
        reuse_fake: bool = False,
        passes: int = 1,
        augmentations: Collection[str] = (),
    ) -> None:
        for optimizer in (generator_optimizer, discriminator_optimizer):
            assert can_skip(optimizer), "a step is skipped on the device: give a fused optimizer"
        self.G, self.D = G, D
        self.generator_optimizer, self.discriminator_optimizer = generator_optimizer, discriminator_optimizer
        self.objective, self.generator_terms = objective, generator_terms
        self.hardware, self.processes = hardware, processes
        self.reuse_fake, self.passes, self.augmentations = reuse_fake, passes, augmentations
        self.rng = hardware.rng()
        self.skipped = torch.zeros((), dtype=torch.bool, device=hardware.device)

    def __call__(self, batch: Batch, seed: int, step: int = 0) -> dict[str, Tensor]:
        """One update of each network, the run's step number `step`; every random number comes from `seed`."""
        torch.manual_seed(seed)
        self.rng.manual_seed(seed)
        buffers = BufferSnapshot(self.G, self.D)
        parts = [self._part(part) for part in (batch.split(self.passes) if self.passes > 1 else [batch])]
        fakes, losses = self._update_generator(parts, step)
        if not self.reuse_fake:
            with torch.no_grad(), self.hardware.autocast():
                fakes = [self.G(condition, real).fake for condition, real in parts]
        losses |= self._update_discriminator(parts, fakes, step)
        buffers.restore_where(self.skipped)
        return losses

    def _part(self, batch: Batch) -> Part:
        assert batch.photo is not None, "training needs photos"
        # Made once, so that all passes share what is found out about these label maps.
        condition = self.G.condition(batch.labels, batch.instances, style_ids=batch.style_id, rng=self.rng)
        return condition, batch.photo if self.G.scale == 1 else shrink(batch.photo, self.G.scale)

    def _update_generator(self, parts: list[Part], step: int) -> tuple[list[Tensor], dict[str, Tensor]]:
        fakes, losses = [], []
        for condition, real in parts:
            with frozen(self.D), self.hardware.autocast():
                output = self.G(condition, real)
                seen = self._augmented(output.fake, real, condition)
                terms = self.objective.generator(self.D, *seen, step)
                losses.append(terms | self.generator_terms(output, real))
            backward(_total(losses[-1]) / len(parts))
            fakes.append(output.fake.detach())
        self._average_gradients(self.G)
        self.skipped = step_unless(torch.zeros_like(self.skipped), self.generator_optimizer)
        # At once: kept until its next update they would lie in memory beside the discriminator's.
        self.generator_optimizer.zero_grad(set_to_none=True)
        return fakes, _means("generator", losses)

    def _update_discriminator(self, parts: list[Part], fakes: list[Tensor], step: int) -> dict[str, Tensor]:
        losses = []
        for (condition, real), fake in zip(parts, fakes, strict=True):
            with self.hardware.autocast():
                seen = self._augmented(fake, real, condition)
                losses.append(self.objective.discriminator(self.D, *seen, step))
            backward(_total(losses[-1]) / len(parts))
        self._average_gradients(self.D)
        self.skipped = step_unless(self.skipped, self.discriminator_optimizer)
        self.discriminator_optimizer.zero_grad(set_to_none=True)
        return _means("discriminator", losses)

    def _average_gradients(self, network: nn.Module) -> None:
        if self.processes.count > 1:
            average_gradients(network, self.processes)

    def _augmented(
        self, fake: Tensor, real: Tensor, condition: Condition
    ) -> tuple[Tensor, Tensor, Condition]:
        """Images, photos and their condition as the discriminator sees them."""
        if not self.augmentations:
            return fake, real, condition
        return augment(self.augmentations, fake, real, condition, self.rng)


def _total(losses: dict[str, Tensor]) -> Tensor:
    return torch.stack([loss.float() for loss in losses.values()]).sum()


def _means(network: str, losses: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """Of the parts of a batch, named as in the curves."""
    means = {name: torch.stack([part[name].detach() for part in losses]).mean() for name in losses[0]}
    return {f"{network}/{name}": mean for name, mean in means.items()}


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
