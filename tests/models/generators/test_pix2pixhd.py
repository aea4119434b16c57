"""pix2pixHD's global generator against the same as one plain sequence."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.condition import Condition
from models.generators.pix2pixhd import Pix2pixHDGenerator

CLASSES = 4


class Residual(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def plain_sequence(inputs: int, width: int, halvings: int, blocks: int, norm: str) -> nn.Sequential:
    """The generator layer by layer, from torch's own modules."""

    def after(channels: int) -> list[nn.Module]:
        return [nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels)]

    layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, width, 7, bias=False), *after(width), nn.ReLU()]
    for _ in range(halvings):
        layers += [nn.Conv2d(width, 2 * width, 3, 2, 1, bias=False), *after(2 * width), nn.ReLU()]
        width *= 2
    for _ in range(blocks):
        half = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=False), *after(width)]
        other = [nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3, bias=False), *after(width)]
        layers.append(Residual(*half, nn.ReLU(), *other))
    for _ in range(halvings):
        layers += [
            nn.ConvTranspose2d(width, width // 2, 3, 2, 1, 1, bias=False),
            *after(width // 2),
            nn.ReLU(),
        ]
        width //= 2
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())


def copy_in_order(source: nn.Module, target: nn.Module) -> None:
    """Both list their tensors in the order in which they are used."""
    tensors = list(source.state_dict().values())
    assert [tensor.shape for tensor in tensors] == [t.shape for t in target.state_dict().values()]
    target.load_state_dict(dict(zip(target.state_dict(), tensors, strict=True)))


@pytest.mark.parametrize("norm", ["instance", "batch"])
@pytest.mark.parametrize("edges", [True, False])
def test_agrees_with_the_plain_sequence(norm: str, edges: bool) -> None:
    torch.manual_seed(0)
    ours = Pix2pixHDGenerator(CLASSES, edges, width=6, downsamplings=3, blocks=2, norm=norm, spectral=False)
    plain = plain_sequence(CLASSES + edges, width=6, halvings=3, blocks=2, norm=norm)
    copy_in_order(plain, ours)
    labels, borders = torch.randint(CLASSES, (2, 32, 48)), torch.rand(2, 32, 48) < 0.3
    maps = torch.stack([(labels == label).float() for label in range(CLASSES)], dim=1)
    if edges:
        maps = torch.cat([maps, borders[:, None].float()], dim=1)
    for mode in (True, False):
        made = ours.train(mode)(Condition(labels, borders if edges else None))
        wanted = plain.train(mode)(maps)
        assert wanted.std() > 0.01
        torch.testing.assert_close(made, wanted, atol=1e-5, rtol=0)


def test_published_size() -> None:
    """Wang et al. 2018, appendix: c7s1-64, d128 to d1024, 9 R1024, u512 to u64, c7s1-3."""
    made = Pix2pixHDGenerator(35, spectral=False)
    convs = [module for module in made.modules() if isinstance(module, nn.Conv2d | nn.ConvTranspose2d)]
    widths = [64, 128, 256, 512, 1024, *[1024] * 18, 512, 256, 128, 64, 3]
    assert [conv.out_channels for conv in convs] == widths
    assert made.multiple == 16


def test_every_weight_is_spectrally_normalised_but_the_last() -> None:
    names = dict(Pix2pixHDGenerator(CLASSES, width=4, downsamplings=1, blocks=1).named_parameters())
    plain = [name for name in names if not name.endswith("parametrizations.weight.original")]
    assert plain == ["to_rgb.weight", "to_rgb.bias"]


@pytest.mark.parametrize("options", [{"kernel_size": 4}, {"first_kernel": 2}])
def test_even_kernels_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"generator\.\w+=\d is even"):
        Pix2pixHDGenerator(CLASSES, **options)


def test_an_unknown_norm_is_refused() -> None:
    with pytest.raises(ValueError, match=r"norm='spade'.*instance, instance_affine, batch, none"):
        Pix2pixHDGenerator(CLASSES, norm="spade")
