"""Dense or indexed: what the count decides, and that a person's word goes before it."""

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from models.condition import Condition
from models.kernels.patch_index import patch_index
from models.kernels.upsample_norm_act import is_spade_indexed, spade_costs, upsample_norm_act
from models.norms import STATISTICS, Spade

CLASSES = 20


def label_maps(kind: str, side: int = 64) -> Tensor:
    torch.manual_seed(0)
    if kind == "regions":
        return (
            torch.randint(CLASSES, (1, 4, 4)).repeat_interleave(side // 4, 1).repeat_interleave(side // 4, 2)
        )
    return torch.randint(CLASSES, (1, side, side))


@pytest.mark.parametrize(
    ("implementation", "kind", "side", "expected"),
    [
        ("auto", "regions", 64, True),
        ("auto", "random", 64, False),
        ("auto", "regions", 8, False),  # too few pixels to look for anything
        ("indexed", "random", 64, True),
        ("dense", "regions", 64, False),
    ],
)
def test_what_is_taken(implementation: str, kind: str, side: int, expected: bool) -> None:
    norm = Spade(64, STATISTICS["batch"](64), CLASSES, implementation=implementation)
    condition = Condition(label_maps(kind, side))
    assert is_spade_indexed(norm, condition, norm.shared, norm.pair) is expected


@pytest.mark.parametrize("kind", ["regions", "random"])
def test_products_are_counted_as_they_are_computed(kind: str) -> None:
    """Against torch's own count; looking up is no product and is left out of it."""
    norm, condition = Spade(8, STATISTICS["batch"](8), CLASSES, hidden=16), Condition(label_maps(kind))
    index, x = patch_index(condition, CLASSES, 3), torch.randn(1, 8, 64, 64)
    counted = {}
    for norm.implementation in ("dense", "indexed"):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            upsample_norm_act(norm, x, condition, None, (64, 64))
        counted[norm.implementation] = counter.get_total_flops() / 2
    costs = spade_costs(index, CLASSES, 16, 16)
    assert counted["dense"] == costs.dense
    assert counted["indexed"] == len(index.first) * 9 * 16 * 16 < costs.indexed
