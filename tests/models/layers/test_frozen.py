"""A frozen network inside another is a tool: used, moved to devices, and nothing else."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators import Discriminator, DiscriminatorOutput
from models.layers.frozen import Frozen
from models.layers.initialisation import INITIALISATIONS
from models.losses.patch import mixes_samples


class OnFeatures(Discriminator):
    """A convolution on the features of a network with batch norm."""

    def __init__(self) -> None:
        super().__init__()
        self.features = Frozen(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)))
        self.head = nn.Conv2d(4, 1, 1)

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        return [DiscriminatorOutput(self.head(self.features(images)), [])]


def tensors(network: nn.Module) -> list[Tensor]:
    return [tensor.clone() for tensor in network.state_dict().values()]


def test_it_is_no_part_of_the_network() -> None:
    D = OnFeatures()
    assert set(D.state_dict()) == {"head.weight", "head.bias"}
    assert len(list(D.parameters())) == 2 and not list(D.buffers())
    assert not mixes_samples(D), "its batch norm uses constants"
    D.load_state_dict(D.state_dict())


def test_nothing_changes_it() -> None:
    D = OnFeatures()
    before = tensors(D.features.network)
    for initialise in INITIALISATIONS.values():
        initialise(D)
    D.train().requires_grad_(True)
    images = torch.randn(2, 3, 8, 8, requires_grad=True)
    D(images, Condition(torch.zeros(2, 8, 8).long()))[0].logits.sum().backward()
    assert images.grad is not None and images.grad.any(), "gradients pass through it"
    assert all(torch.equal(a, b) for a, b in zip(before, tensors(D.features.network)))
    assert not any(
        weight.requires_grad or weight.grad is not None for weight in D.features.network.parameters()
    )
    assert copy.deepcopy(D).features.network is D.features.network, "a copy would be of what never changes"


def test_it_follows_to_types_and_devices() -> None:
    D = OnFeatures().double()
    assert all(weight.dtype == torch.float64 for weight in D.features.network.parameters())
