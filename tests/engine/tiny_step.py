"""A training step of tiny networks, and a batch for it."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from data.batch import Batch
from data.dataset_info import DatasetInfo
from engine.runtime.distributed import Processes
from engine.runtime.hardware import select_hardware
from engine.step import TrainingStep
from models.losses import GanObjective, PatchObjective
from models.losses.generator_terms import GeneratorTerms
from options.build.data import build_source
from options.build.networks import build_discriminator, build_generator
from tests.tiny import tiny_options

CPU = select_hardware("cpu", "float32", channels_last=False)
HINGE = PatchObjective("hinge", feature_matching=10.0)
TERMS = GeneratorTerms(l1=2.0, kl=0.05)
VAE = ("encoder=image", "encoder.width=2", "encoder.style_width=4")
SEAN = ("norm=sean", "encoder=region_style", "encoder.style_width=4")


def descents(networks: tuple[nn.Module, ...]) -> tuple[torch.optim.Optimizer, ...]:
    """Gradient descent: Adam's first moves are signs of gradients, which rounding turns round."""
    return tuple(
        torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.5, fused=True) for network in networks
    )


ALONE = Processes(rank=0, count=1)


def tiny_step(
    *words: str,
    objective: GanObjective = HINGE,
    terms: GeneratorTerms = TERMS,
    reuse_fake: bool = False,
    processes: Processes = ALONE,
    augmentations: Collection[str] = (),
) -> TrainingStep:
    """A step whose discriminator has no spectral norm, under which a pass changes the next."""
    options = tiny_options("discriminator.spectral=false", *words)
    facts = DatasetInfo.of(build_source(options.dataset, "train"), edges=True)
    torch.manual_seed(0)
    networks = CPU.place(build_generator(options, facts)), CPU.place(build_discriminator(options, facts))
    with torch.no_grad():
        for network in networks:
            for weight in network.parameters():
                weight.mul_(10)  # initial weights are so small that all gradients vanish
    optimizers = descents(networks)
    return TrainingStep(
        *networks, *optimizers, objective, terms, CPU, processes, reuse_fake, augmentations=augmentations
    )


def tiny_batch(seed: int = 0, count: int = 2, height: int = 32, width: int = 64) -> Batch:
    """Noise for photos, label maps and instance maps."""
    noise = torch.Generator().manual_seed(seed)
    return Batch(
        torch.rand(count, 3, height, width, generator=noise) * 2 - 1,
        torch.randint(15, (count, height, width), generator=noise),
        torch.randint(4, (count, height, width), generator=noise),
        torch.zeros(count, dtype=torch.long),
        tuple("abcdefgh"[:count]),
    )


def gradients_of(step: TrainingStep) -> dict[str, Tensor | None]:
    """What the networks' gradients are when they move, in each step that follows: G and D and a name."""
    found: dict[str, Tensor | None] = {}
    networks = (
        ("G", step.G, step.generator_optimizer),
        ("D", step.D, step.discriminator_optimizer),
    )
    for which, network, optimizer in networks:

        def remember(*_: object, which: str = which, network: nn.Module = network) -> None:
            for name, weight in network.named_parameters():
                found[f"{which} {name}"] = None if weight.grad is None else weight.grad.clone()

        optimizer.register_step_pre_hook(remember)
    return found
