"""The norms as their equations say them: slow, in float64, one pixel after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

EPS = 1e-5


@dataclass
class Conditions:
    """What a norm may look at, at the size of its maps; an independent picture of `Condition`."""

    labels: np.ndarray  # (B, H, W)
    edges: np.ndarray  # (B, H, W) bool
    codes: np.ndarray  # (B, D), or (B, K, D)
    style_ids: np.ndarray  # (B,)
    noise: np.ndarray | None = None  # (B, N, H, W)


def pixels(array: np.ndarray) -> Iterator[tuple[int, int, int]]:
    """Sample, row and column of every pixel of maps (B, ..., H, W)."""
    for b in range(array.shape[0]):
        for i in range(array.shape[-2]):
            for j in range(array.shape[-1]):
                yield b, i, j


def standardise(x: np.ndarray, statistics: str) -> np.ndarray:
    """(x - mean) / sqrt(var + eps) over the axes that the word says, x (B, C, H, W)."""
    batch, channels = x.shape[:2]
    groups: list[tuple]
    if statistics in ("batch", "sync_batch"):
        groups = [(slice(None), c) for c in range(channels)]
    elif statistics == "instance":
        groups = [(b, c) for b in range(batch) for c in range(channels)]
    else:
        groups = [(b,) for b in range(batch)]
    result = np.empty_like(x)
    for group in groups:
        values = x[group]
        mean = sum(values.flat) / values.size
        variance = sum((value - mean) ** 2 for value in values.flat) / values.size
        result[group] = (values - mean) / np.sqrt(variance + EPS)
    return result


def convolve(maps: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Maps (B, C, H, W) with a kernel (O, C, k, k), zeros around: (B, O, H, W)."""
    height, width = maps.shape[-2:]
    size = weight.shape[-1]
    half = size // 2
    result = np.zeros((len(maps), len(weight), height, width))
    for b, i, j in pixels(maps):
        result[b, :, i, j] = bias
        for di in range(size):
            for dj in range(size):
                y, x = i + di - half, j + dj - half
                if 0 <= y < height and 0 <= x < width:
                    result[b, :, i, j] += weight[:, :, di, dj] @ maps[b, :, y, x]
    return result


Pair = tuple[np.ndarray, np.ndarray]
Weights = dict[str, np.ndarray]


def affine_pair(w: Weights, conditions: Conditions, shape: tuple[int, ...]) -> Pair:
    """One learned pair a channel: batch, layer and instance norm."""
    scale, shift = np.empty(shape), np.empty(shape)
    for b, i, j in pixels(scale):
        scale[b, :, i, j], shift[b, :, i, j] = w["scale"], w["shift"]
    return scale, shift


def cin_pair(w: Weights, conditions: Conditions, shape: tuple[int, ...]) -> Pair:
    """Dumoulin et al. 2017, eq. 5: the pair of the sample's style."""
    scale, shift = np.empty(shape), np.empty(shape)
    for b, i, j in pixels(scale):
        scale[b, :, i, j], shift[b, :, i, j] = w[f"rows.{conditions.style_ids[b]}"]
    return scale, shift


def adain_pair(w: Weights, conditions: Conditions, shape: tuple[int, ...]) -> Pair:
    """A linear layer on the sample's style code."""
    scale, shift = np.empty(shape), np.empty(shape)
    for b, i, j in pixels(scale):
        scale[b, :, i, j] = 1 + w["to_gamma.weight"] @ conditions.codes[b] + w["to_gamma.bias"]
        shift[b, :, i, j] = w["to_beta.weight"] @ conditions.codes[b] + w["to_beta.bias"]
    return scale, shift


def clade_pair(w: Weights, conditions: Conditions, shape: tuple[int, ...]) -> Pair:
    """Tan et al. 2021: the row of the pixel's class."""
    scale, shift = np.empty(shape), np.empty(shape)
    for b, i, j in pixels(scale):
        scale[b, :, i, j] = w["gamma"][conditions.labels[b, i, j]]
        shift[b, :, i, j] = w["beta"][conditions.labels[b, i, j]]
        if conditions.noise is not None:
            to_gamma, to_beta = np.split(w["noise_pair.weight"][:, :, 0, 0], 2)
            scale[b, :, i, j] += to_gamma @ conditions.noise[b, :, i, j]
            shift[b, :, i, j] += to_beta @ conditions.noise[b, :, i, j]
    return scale, shift


def spade_pair(w: Weights, conditions: Conditions, shape: tuple[int, ...]) -> Pair:
    """Park et al. 2019, eq. 1 and figure 2: convolutions on the one-hot label map, its edges behind it.

    Schönfeld et al. 2021, section 3.3: then noise.
    """
    noise_width = 0 if conditions.noise is None else conditions.noise.shape[1]
    batch, channels, height, width = shape
    inputs = np.zeros((batch, w["shared.weight"].shape[1], height, width))
    for b, i, j in pixels(conditions.labels):
        inputs[b, conditions.labels[b, i, j], i, j] = 1
        inputs[b, -1 - noise_width, i, j] = conditions.edges[b, i, j]
        if conditions.noise is not None:
            inputs[b, -noise_width:, i, j] = conditions.noise[b, :, i, j]
    hidden = np.maximum(convolve(inputs, w["shared.weight"], w["shared.bias"]), 0)
    gamma = convolve(hidden, w["pair.weight"][:channels], w["pair.bias"][:channels])
    beta = convolve(hidden, w["pair.weight"][channels:], w["pair.bias"][channels:])
    return 1 + gamma, beta


def sean_pair(w: Weights, conditions: Conditions, shape: tuple[int, ...]) -> Pair:
    """Zhu et al. 2020, section 3: the blend of the style's pair with SPADE's."""
    batch, channels, height, width = shape
    style_map = np.empty((batch, conditions.codes.shape[-1], height, width))
    for b, i, j in pixels(conditions.labels):
        k = conditions.labels[b, i, j]
        linear = w["style_linear.weight"][k] @ conditions.codes[b, k] + w["style_linear.bias"][k]
        style_map[b, :, i, j] = np.maximum(linear, 0)
    style_gamma = convolve(style_map, w["style_pair.weight"][:channels], w["style_pair.bias"][:channels])
    style_beta = convolve(style_map, w["style_pair.weight"][channels:], w["style_pair.bias"][channels:])
    spade_scale, spade_beta = spade_pair(w, conditions, shape)
    a = 1 / (1 + np.exp(-w["blending_gamma"]))
    b = 1 / (1 + np.exp(-w["blending_beta"]))
    return 1 + a * style_gamma + (1 - a) * (spade_scale - 1), b * style_beta + (1 - b) * spade_beta


PAIRS = {
    "batch": affine_pair,
    "layer": affine_pair,
    "instance": affine_pair,
    "cin": cin_pair,
    "adain": adain_pair,
    "spade": spade_pair,
    "sean": sean_pair,
    "clade": clade_pair,
}


def normalise(
    name: str,
    w: Weights,
    x: np.ndarray,
    statistics: str,
    conditions: Conditions,
    normal: np.ndarray | None = None,
) -> np.ndarray:
    """The norm of that name with weights `w`, on maps (B, C, H, W); `normal` (B, 1, H, W) is SEAN's noise."""
    if normal is not None:
        x = x + w["noise.weight"][None, :, None, None] * normal
    scale, shift = PAIRS[name](w, conditions, x.shape)
    return scale * standardise(x, statistics) + shift


def adain(content: np.ndarray, style: np.ndarray) -> np.ndarray:
    """Huang & Belongie 2017, eq. 8, with sqrt(var + eps) for sigma."""
    result = np.empty_like(content)
    for b in range(content.shape[0]):
        for c in range(content.shape[1]):
            x, y = content[b, c], style[b, c]
            sigma_x, sigma_y = np.sqrt(x.var() + EPS), np.sqrt(y.var() + EPS)
            result[b, c] = sigma_y * (x - x.mean()) / sigma_x + y.mean()
    return result


def nearest(maps: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Maps (B, H, W) at another size: source index floor(i * scale), scale and product in float32."""
    scale_y = np.float32(maps.shape[1]) / np.float32(size[0])
    scale_x = np.float32(maps.shape[2]) / np.float32(size[1])
    result = np.empty((len(maps), *size), maps.dtype)
    for b, i, j in pixels(result):
        y = min(int(np.float32(i) * scale_y), maps.shape[1] - 1)
        x = min(int(np.float32(j) * scale_x), maps.shape[2] - 1)
        result[b, i, j] = maps[b, y, x]
    return result


def region_means(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """Mean of features (B, D, h, w) over the pixels of each class, (B, K, D); labels are at their size."""
    means = np.zeros((len(features), classes, features.shape[1]))
    for b in range(len(features)):
        for k in range(classes):
            members = [
                features[b, :, i, j] for b_, i, j in pixels(labels) if b_ == b and labels[b, i, j] == k
            ]
            if members:
                means[b, k] = sum(members) / len(members)
    return means
