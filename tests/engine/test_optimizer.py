"""Adam in the order of memory against torch's own, unfused."""

import pytest
import torch
from torch import Tensor, nn

from engine.optimizer import Adam, step_unless

SHAPES = ((8, 6, 3, 3), (4, 5, 1, 1), (7, 3), (5,), (1, 6, 4, 4))


def weights(layout: torch.memory_format) -> list[nn.Parameter]:
    """The same ones every time, convolutions in this layout."""
    torch.manual_seed(0)
    made = [torch.randn(shape) for shape in SHAPES]
    return [nn.Parameter(w.to(memory_format=layout) if w.dim() == 4 else w) for w in made]


def gradients(seed: int) -> list[Tensor]:
    """All of them contiguous."""
    torch.manual_seed(seed)
    return [torch.randn(shape) for shape in SHAPES]


@pytest.mark.parametrize("amsgrad", [False, True])
def test_the_same_steps(amsgrad: bool) -> None:
    """Of channels-last weights with contiguous gradients, which `step_unless` lays out as the weights lie."""
    ours, theirs = weights(torch.channels_last), weights(torch.contiguous_format)
    optimizers = (
        Adam(ours, lr=0.1, betas=(0.5, 0.9), fused=True, amsgrad=amsgrad),
        torch.optim.Adam(theirs, lr=0.1, betas=(0.5, 0.9), amsgrad=amsgrad),
    )
    for seed in range(4):
        for group in (ours, theirs):
            for weight, gradient in zip(group, gradients(seed), strict=True):
                weight.grad = gradient
        assert any(weight.grad.stride() != weight.stride() for weight in ours)
        assert not step_unless(torch.tensor(False), optimizers[0])
        assert all(weight.grad.stride() == weight.stride() for weight in ours)
        optimizers[1].step()
        if seed == 1:  # moments that come from a file lie as they may
            state = optimizers[0].state_dict()
            for moments in state["state"].values():
                moments["exp_avg"] = moments["exp_avg"].contiguous()
            optimizers[0].load_state_dict(state)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, other)


def test_nothing_is_copied() -> None:
    weight = nn.Parameter(torch.randn(64, 32, 3, 3).to(memory_format=torch.channels_last))
    optimizer = Adam([weight], lr=0.1, fused=True)
    weight.grad = torch.randn_like(weight)
    optimizer.step()
    with torch.profiler.profile() as profile:
        optimizer.step()
    assert "aten::_fused_adam_" in {event.name for event in profile.events()}
    assert "aten::clone" not in {event.name for event in profile.events()}
