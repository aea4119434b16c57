"""How many numbers the networks of the papers learn, layer by layer as the papers describe them.

`maps`: channels of the label map as the networks see it: its classes, unknown and instance borders.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise


def conv(inputs: int, outputs: int, kernel: int, bias: bool = True) -> int:
    """A convolution; a linear layer is one of kernel 1."""
    return outputs * (inputs * kernel**2 + bias)


def spade_norm(channels: int, maps: int, hidden: int = 128) -> int:
    """Park et al. 2019, figure 2: a shared convolution on the label map, then one for gamma, one for beta."""
    return conv(maps, hidden, 3) + 2 * conv(hidden, channels, 3)


def noisy_spade_norm(channels: int, maps: int) -> int:
    """The norm of SEAN's last block: SPADE, and the weight of the noise in each channel."""
    return spade_norm(channels, maps) + channels


def sean_norm(channels: int, maps: int, style: int = 512) -> int:
    """Zhu et al. 2020, figure 3.

    Beside noise and SPADE: a linear layer a class, a convolution each for gamma and beta, and the two scalars
    that blend.
    """
    classes = maps * conv(style, style, 1)
    return noisy_spade_norm(channels, maps) + classes + 2 * conv(style, channels, 3) + 2


def residual_block(inputs: int, outputs: int, norm: Callable[[int], int]) -> int:
    """Park et al. 2019, figure 4; where the width changes, the shortcut has a norm and a convolution."""
    middle = min(inputs, outputs)
    count = norm(inputs) + conv(inputs, middle, 3) + norm(middle) + conv(middle, outputs, 3)
    return count + (norm(inputs) + conv(inputs, outputs, 1, bias=False) if inputs != outputs else 0)


def spade_generator(maps: int, stem: int | None = None) -> int:
    """Park et al. 2019, figure 4 and appendix A; `stem`: in place of the convolution on the label map."""

    def norm(channels: int) -> int:
        return spade_norm(channels, maps)

    return _generator(maps, stem, norm, norm)


def sean_generator(maps: int) -> int:
    """The same body with SEAN in all blocks but the last (Zhu et al. 2020, supplement, A)."""

    def norm(channels: int) -> int:
        return sean_norm(channels, maps)

    def last_norm(channels: int) -> int:
        return noisy_spade_norm(channels, maps)

    return _generator(maps, None, norm, last_norm)


def _generator(
    maps: int, stem: int | None, norm: Callable[[int], int], last_norm: Callable[[int], int], width: int = 64
) -> int:
    widths = [width * multiple for multiple in (16, 16, 16, 16, 8, 4, 2, 1)]
    *ends, last = pairwise(widths)
    blocks = sum(residual_block(*pair, norm) for pair in ends) + residual_block(*last, last_norm)
    return (stem or conv(maps, widths[0], 3)) + blocks + conv(width, 3, 3)


def style_stem(style: int, height: int, width: int, channels: int = 1024) -> int:
    """The VAE's: a linear layer to maps of the smallest size."""
    return conv(style, channels * height * width, 1)


def image_encoder(style: int = 256, width: int = 64) -> int:
    """Park et al. 2019, figure 14: six convolutions down to 4x4, then two linear layers."""
    widths = [3, *(width * multiple for multiple in (1, 2, 4, 8, 8, 8))]
    convs = sum(conv(*ends, 3, bias=False) for ends in pairwise(widths))
    return convs + 2 * conv(widths[-1] * 16, style, 1)


def style_encoder(style: int = 512) -> int:
    """Zhu et al. 2020, supplement, A: 32, 64, 128 and 256 channels with instance norm, then the style's."""
    return sum(conv(*ends, 3, bias=False) for ends in pairwise((3, 32, 64, 128, 256))) + conv(256, style, 3)


def pix2pixhd_generator(maps: int, width: int = 64, halvings: int = 4, blocks: int = 9) -> int:
    """Wang et al. 2018, section 3.1: 7x7, halvings, residual blocks, doublings, 7x7; instance norm."""
    ladder = [width * 2**step for step in range(halvings + 1)]
    steps = sum(conv(*ends, 3, bias=False) for ends in pairwise(ladder))
    middle = 2 * blocks * conv(ladder[-1], ladder[-1], 3, bias=False)
    return conv(maps, width, 7, bias=False) + 2 * steps + middle + conv(width, 3, 7)


def local_enhancer(maps: int, width: int = 32, blocks: int = 3) -> int:
    """Wang et al. 2018, figure 3: what is put round the global generator, with half its width."""
    around = pix2pixhd_generator(maps, width, halvings=1, blocks=blocks)
    return around + pix2pixhd_generator(maps, 2 * width)


def discriminator(maps: int, scales: int, width: int = 64) -> int:
    """Park et al. 2019, appendix A: at each scale 4x4 convolutions to 64, 128, 256, 512 and 1 channels."""
    widths = [width * multiple for multiple in (1, 2, 4, 8)]
    hidden = sum(conv(*ends, 4, bias=False) for ends in pairwise(widths))
    return scales * (conv(maps + 3, width, 4) + hidden + conv(widths[-1], 1, 4))
