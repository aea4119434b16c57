"""R1 against finite differences and a discriminator whose gradient is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.condition import Condition
from models.discriminators import Discriminator, DiscriminatorOutput, MultiscaleDiscriminator
from models.kernels.dispatch import twice_differentiable
from models.losses import PatchObjective
from models.losses.r1 import r1_penalty

CLASSES = 3
LABELS = Condition(torch.arange(2 * 24 * 24).view(2, 24, 24) % CLASSES)


class Linear(Discriminator):
    """Logits w . x at each of four places: the gradient of their mean is w / 4 on each quarter."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 12, stride=12, bias=False)

    def forward(self, images: Tensor, condition: Condition) -> list[DiscriminatorOutput]:
        return [DiscriminatorOutput(self.conv(images), [])]


def test_a_known_gradient() -> None:
    torch.manual_seed(0)
    D = Linear()
    penalty = r1_penalty(D, torch.randn(2, 3, 24, 24), LABELS)
    torch.testing.assert_close(penalty, D.conv.weight.square().sum() / 4)
    penalty.backward()
    torch.testing.assert_close(D.conv.weight.grad, D.conv.weight / 2)


@pytest.mark.parametrize("norm", ["instance", "instance_affine", "none"])
@pytest.mark.parametrize("spectral", [True, False])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_its_gradient_is_that_of_differences(norm: str, spectral: bool, layout: torch.memory_format) -> None:
    """Along a random direction of all weights, in float64; spectral vectors stand still."""
    torch.manual_seed(0)
    D = MultiscaleDiscriminator(CLASSES, width=4, layers=3, norm=norm, spectral=spectral).double().eval()
    D = D.to(memory_format=layout)
    real = torch.randn(2, 3, 24, 24, dtype=torch.float64).to(memory_format=layout)
    weights = list(D.parameters())
    along = [torch.randn_like(weight) for weight in weights]

    def moved(length: float) -> float:
        with torch.no_grad():
            torch._foreach_add_(weights, along, alpha=length)
        found = wide_penalty(D, real).item()
        with torch.no_grad():
            torch._foreach_add_(weights, along, alpha=-length)
        return found

    gradients = torch.autograd.grad(wide_penalty(D, real), weights, materialize_grads=True)
    slope = sum((gradient * direction).sum().item() for gradient, direction in zip(gradients, along))
    step = 1e-8  # so short that no number crosses a kink of leaky ReLU
    assert slope == pytest.approx((moved(step) - moved(-step)) / (2 * step), rel=1e-4, abs=1e-10)


def wide_penalty(D: Discriminator, real: Tensor) -> Tensor:
    """`r1_penalty` as its equation says, without its float32."""
    with twice_differentiable():
        real = real.detach().requires_grad_()
        mean = torch.stack([output.logits.flatten(1).mean(1) for output in D(real, LABELS)]).mean(0)
        (gradient,) = torch.autograd.grad(mean.sum(), real, create_graph=True)
    return gradient.square().sum((1, 2, 3)).mean()


def test_the_plain_form_has_the_same_numbers() -> None:
    torch.manual_seed(0)
    D = MultiscaleDiscriminator(CLASSES, width=8, layers=3).eval().to(memory_format=torch.channels_last)
    real = torch.randn(2, 3, 24, 24)
    torch.testing.assert_close(r1_penalty(D, real, LABELS), wide_penalty(D, real), rtol=1e-4, atol=0)
    with torch.no_grad(), twice_differentiable():
        plain = D(real, LABELS)
    for ours, wanted in zip(D(real, LABELS), plain):
        torch.testing.assert_close(ours.logits, wanted.logits, atol=1e-5, rtol=0)


def test_it_is_taken_once_an_interval_and_counts_so_many_times() -> None:
    torch.manual_seed(0)
    D = MultiscaleDiscriminator(CLASSES, width=4, layers=2).eval()
    fake, real = torch.randn(2, 2, 3, 24, 24)
    objective = PatchObjective(r1=3.0, r1_every_steps=4)
    terms = [objective.discriminator(D, fake, real, LABELS, step)["r1"] for step in range(6)]
    wanted = 4 * 3.0 / 2 * r1_penalty(D, real, LABELS)
    expected = [wanted, *[wanted * 0] * 3, wanted, wanted * 0]
    torch.testing.assert_close(torch.stack(terms), torch.stack(expected))
    assert "r1" not in PatchObjective().discriminator(D, fake, real, LABELS, 0)


def test_real_images_are_not_seen_where_nothing_asks_for_them() -> None:
    D, seen = MultiscaleDiscriminator(CLASSES, width=4, layers=2), []
    D.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    fake, real = torch.randn(2, 2, 3, 24, 24)
    assert set(PatchObjective(feature_matching=0).generator(D, fake, real, LABELS, step=0)) == {"adversarial"}
    assert len(seen) == 1 and seen[0] is fake
    PatchObjective().generator(D, fake, real, LABELS, step=0)
    assert len(seen) == 3
