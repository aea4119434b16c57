"""SPADE, SEAN, pix2pixHD, their encoders and discriminator, slowly, on tensors under the official names.

Written from the design's description, with none of our modules: dense one-hot maps, gamma and beta by a
convolution each, spectral norm as W / (u^T W v), a loop over samples and classes. Everything in eval mode.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.references.official_weights import BLOCKS

Tensors = dict[str, Tensor]
EPS = 1e-5


def semantics(labels: Tensor, classes: int, edges: Tensor | None = None) -> Tensor:
    """One-hot maps, and the instance borders after them."""
    maps = torch.stack([(labels == label).float() for label in range(classes)], dim=1)
    return maps if edges is None else torch.cat([maps, edges[:, None].float()], dim=1)


def weight(w: Tensors, name: str, transposed: bool = False) -> Tensor:
    if f"{name}.weight" in w:
        return w[f"{name}.weight"]
    original = w[f"{name}.weight_orig"]
    matrix = (original.transpose(0, 1) if transposed else original).flatten(1)
    return original / (w[f"{name}.weight_u"] @ matrix @ w[f"{name}.weight_v"])


def conv(w: Tensors, name: str, x: Tensor, stride: int = 1, padding: int = 0, reflect: int = 0) -> Tensor:
    if reflect:
        x = F.pad(x, (reflect, reflect, reflect, reflect), mode="reflect")
    return F.conv2d(x, weight(w, name), w.get(f"{name}.bias"), stride=stride, padding=padding)


def batch_norm(w: Tensors, name: str, x: Tensor) -> Tensor:
    mean, variance = w[f"{name}.running_mean"], w[f"{name}.running_var"]
    return (x - mean.view(1, -1, 1, 1)) / (variance.view(1, -1, 1, 1) + EPS).sqrt()


def instance_norm(x: Tensor) -> Tensor:
    mean = x.mean((2, 3), keepdim=True)
    variance = ((x - mean) ** 2).mean((2, 3), keepdim=True)
    return (x - mean) / (variance + EPS).sqrt()


def param_free_norm(w: Tensors, name: str, x: Tensor) -> Tensor:
    return batch_norm(w, name, x) if f"{name}.running_mean" in w else instance_norm(x)


def spade_pair(w: Tensors, name: str, maps: Tensor, size: torch.Size) -> tuple[Tensor, Tensor]:
    maps = F.interpolate(maps, size=size, mode="nearest")
    padding = w[f"{name}.mlp_gamma.weight"].shape[-1] // 2
    shared = F.relu(conv(w, f"{name}.mlp_shared.0", maps, padding=padding))
    gamma = conv(w, f"{name}.mlp_gamma", shared, padding=padding)
    return gamma, conv(w, f"{name}.mlp_beta", shared, padding=padding)


def spade(w: Tensors, name: str, x: Tensor, maps: Tensor) -> Tensor:
    gamma, beta = spade_pair(w, name, maps, x.shape[2:])
    return param_free_norm(w, f"{name}.param_free_norm", x) * (1 + gamma) + beta


def clade(w: Tensors, name: str, x: Tensor, maps: Tensor) -> Tensor:
    """Each pixel's class looks its scale and shift up."""
    regions = F.interpolate(maps, size=x.shape[2:], mode="nearest")
    affine = f"{name}.class_specified_affine"
    scale, shift = (
        torch.einsum("kc,bkhw->bchw", w[f"{affine}.{kind}"], regions) for kind in ("weight", "bias")
    )
    return param_free_norm(w, f"{name}.param_free_norm", x) * scale + shift


def ace(w: Tensors, name: str, x: Tensor, maps: Tensor, codes: Tensor) -> Tensor:
    """SEAN's norm without its noise; in the last block, which has no linear layers, SPADE alone."""
    normalised = param_free_norm(w, f"{name}.param_free_norm", x)
    gamma, beta = spade_pair(w, f"{name}.Spade", maps, x.shape[2:])
    if f"{name}.fc_mu0.weight" not in w:
        return normalised * (1 + gamma) + beta
    regions = F.interpolate(maps, size=x.shape[2:], mode="nearest")
    style = torch.zeros(len(x), codes.shape[2], *x.shape[2:])
    for sample in range(len(x)):
        for label in range(maps.shape[1]):
            linear = (w[f"{name}.fc_mu{label}.weight"], w[f"{name}.fc_mu{label}.bias"])
            code = F.relu(F.linear(codes[sample, label], *linear))
            style[sample] += code[:, None, None] * regions[sample, label]
    padding = w[f"{name}.conv_gamma.weight"].shape[-1] // 2
    a = torch.sigmoid(w[f"{name}.blending_gamma"])
    b = torch.sigmoid(w[f"{name}.blending_beta"])
    gamma = a * conv(w, f"{name}.conv_gamma", style, padding=padding) + (1 - a) * gamma
    beta = b * conv(w, f"{name}.conv_beta", style, padding=padding) + (1 - b) * beta
    return normalised * (1 + gamma) + beta


def generator(
    w: Tensors,
    maps: Tensor,
    upsampling: str,
    latent: tuple[int, int] | None = None,
    codes: Tensor | None = None,
) -> Tensor:
    """The image of SPADE, of SPADE with a VAE (`codes` (B, D), `latent` size), or SEAN (B, K, D)."""
    sean = "head_0.ace_0.noise_var" in w

    def norm(name: str, x: Tensor) -> Tensor:
        if f"{name}.class_specified_affine.weight" in w:
            return clade(w, name, x, maps)
        return ace(w, name.replace("norm", "ace"), x, maps, codes) if sean else spade(w, name, x, maps)

    def block(name: str, x: Tensor) -> Tensor:
        shortcut = x
        if f"{name}.conv_s.weight" in w or f"{name}.conv_s.weight_orig" in w:
            shortcut = conv(w, f"{name}.conv_s", norm(f"{name}.norm_s", x))
        dx = conv(w, f"{name}.conv_0", F.leaky_relu(norm(f"{name}.norm_0", x), 0.2), padding=1)
        dx = conv(w, f"{name}.conv_1", F.leaky_relu(norm(f"{name}.norm_1", dx), 0.2), padding=1)
        return shortcut + dx

    def up(x: Tensor) -> Tensor:
        return x.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)

    if latent is not None:
        x = F.linear(codes, w["fc.weight"], w["fc.bias"]).view(len(maps), -1, *latent)
    else:
        doublings = {"normal": 5, "more": 6, "most": 7}[upsampling]
        size = (maps.shape[2] // 2**doublings, maps.shape[3] // 2**doublings)
        x = conv(w, "fc", F.interpolate(maps, size=size, mode="nearest"), padding=1)
    x = block("G_middle_0", up(block("head_0", x)))
    x = up(x) if upsampling in ("more", "most") else x
    x = block("G_middle_1", x)
    for name in BLOCKS[3 : 8 if upsampling == "most" else 7]:
        x = block(name, up(x))
    return torch.tanh(conv(w, "conv_img", F.leaky_relu(x, 0.2), padding=1))


def region_codes(w: Tensors, photo: Tensor, maps: Tensor) -> Tensor:
    """SEAN's style encoder: (B, K, D)."""

    def step(x: Tensor) -> Tensor:
        return F.leaky_relu(instance_norm(x), 0.2)

    x = step(conv(w, "Zencoder.model.1", photo, reflect=1))
    x = step(conv(w, "Zencoder.model.4", x, stride=2, padding=1))
    x = step(conv(w, "Zencoder.model.7", x, stride=2, padding=1))
    up = (w["Zencoder.model.10.weight"], w["Zencoder.model.10.bias"])
    x = step(F.conv_transpose2d(x, *up, stride=2, padding=1, output_padding=1))
    x = torch.tanh(conv(w, "Zencoder.model.14", x, reflect=1))
    regions = F.interpolate(maps, size=x.shape[2:], mode="nearest").bool()
    codes = torch.zeros(len(x), maps.shape[1], x.shape[1])
    for sample in range(len(x)):
        for label in range(maps.shape[1]):
            if regions[sample, label].any():
                codes[sample, label] = x[sample][:, regions[sample, label]].mean(dim=1)
    return codes


def normed_conv(w: Tensors, name: str, x: Tensor, **geometry: int) -> Tensor:
    """A convolution with the norm that its names show: none, batch norm with affine, or instance norm."""
    if f"{name}.weight" in w or f"{name}.weight_orig" in w:
        return conv(w, name, x, **geometry)
    return plain_norm(w, name, conv(w, f"{name}.0", x, **geometry))


def plain_norm(w: Tensors, name: str, x: Tensor) -> Tensor:
    if f"{name}.1.running_mean" not in w:
        return instance_norm(x)
    scale, shift = w[f"{name}.1.weight"].view(1, -1, 1, 1), w[f"{name}.1.bias"].view(1, -1, 1, 1)
    return batch_norm(w, f"{name}.1", x) * scale + shift


def image_encoder(w: Tensors, photo: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log-variance of a VAE's style."""
    x = F.interpolate(photo, size=(256, 256), mode="bilinear", align_corners=False)
    for index in range(1, 7):
        x = F.leaky_relu(normed_conv(w, f"layer{index}", x, stride=2, padding=1), 0.2)
    x = x.flatten(1)
    return tuple(F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"]) for name in ("fc_mu", "fc_var"))


def discriminator(w: Tensors, maps: Tensor, images: Tensor, layers: int, scales: int) -> list[list[Tensor]]:
    """For each scale the output of each layer, the last one the prediction."""
    x = torch.cat([maps, images], dim=1)
    outputs = []
    for scale in range(scales):
        name = f"discriminator_{scale}.model"
        y = F.leaky_relu(conv(w, f"{name}0.0", x, stride=2, padding=2), 0.2)
        outputs.append([y])
        for index in range(1, layers):
            stride = 1 if index == layers - 1 else 2
            y = F.leaky_relu(normed_conv(w, f"{name}{index}.0", y, stride=stride, padding=2), 0.2)
            outputs[-1].append(y)
        outputs[-1].append(conv(w, f"{name}{layers}.0", y, padding=2))
        x = F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
    return outputs


def pix2pixhd(w: Tensors, maps: Tensor, halvings: int, blocks: int) -> Tensor:
    """The global generator's image."""

    def reach(name: str) -> int:
        return next(w[key].shape[-1] // 2 for key in w if key.startswith(name) and w[key].dim() == 4)

    def transposed(name: str, x: Tensor) -> Tensor:
        alone = f"{name}.weight" in w or f"{name}.weight_orig" in w
        inner = name if alone else f"{name}.0"
        kernel = weight(w, inner, transposed=True)
        x = F.conv_transpose2d(x, kernel, w.get(f"{inner}.bias"), stride=2, padding=1, output_padding=1)
        return x if alone else plain_norm(w, name, x)

    x = F.relu(normed_conv(w, "model.1", maps, reflect=reach("model.1.")))
    for place in range(3, 3 + 2 * halvings, 2):
        x = F.relu(normed_conv(w, f"model.{place}", x, stride=2, padding=1))
    start = 3 + 2 * halvings
    for place in range(start, start + blocks):
        name = f"model.{place}.conv_block"
        dx = F.relu(normed_conv(w, f"{name}.1", x, reflect=reach(f"{name}.1.")))
        x = x + normed_conv(w, f"{name}.4", dx, reflect=reach(f"{name}.4."))
    for place in range(start + blocks, start + blocks + 2 * halvings, 2):
        x = F.relu(transposed(f"model.{place}", x))
    return torch.tanh(conv(w, f"model.{start + blocks + 2 * halvings + 1}", x, reflect=3))
