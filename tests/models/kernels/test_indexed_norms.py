"""The indexed form of SPADE and SEAN: the dense one's numbers and gradients, in float64."""

import pytest
import torch
from torch import Tensor

from models.condition import Condition, instance_edges
from models.kernels.patch_index import unique_patches
from models.kernels.upsample_norm_act import upsample_norm_act
from models.norms import STATISTICS, ConditionalNorm, Spade
from models.norms.clade import Clade
from models.norms.sean import Sean

CLASSES, WIDTH = 5, 6


def label_maps(kind: str) -> Tensor:
    """Ids (2, 26, 35): random, large regions, one class, or a checkerboard."""
    generator = torch.Generator().manual_seed(1)
    if kind == "one class":
        return torch.full((2, 26, 35), 3)
    if kind == "checkerboard":
        return ((torch.arange(26)[:, None] + torch.arange(35)) % 2).expand(2, -1, -1).contiguous()
    if kind == "regions":
        coarse = torch.randint(0, CLASSES, (2, 4, 5), generator=generator)
        return coarse.repeat_interleave(7, 1).repeat_interleave(7, 2)[:, :26, :35].contiguous()
    return torch.randint(0, CLASSES, (2, 26, 35), generator=generator)


@pytest.mark.parametrize("kind", ["random", "regions", "one class", "checkerboard"])
@pytest.mark.parametrize("kernel_size", [1, 3, 5])
@pytest.mark.parametrize("edges", [False, True])
@pytest.mark.parametrize("norm", ["spade", "sean"])
def test_indexed_equals_dense(norm: str, edges: bool, kernel_size: int, kind: str) -> None:
    torch.manual_seed(0)
    labels = label_maps(kind)
    borders = instance_edges(labels) if edges else None
    styles = torch.randn(2, CLASSES, WIDTH, dtype=torch.float64, requires_grad=True)
    options = {"classes": CLASSES, "edges": edges, "kernel_size": kernel_size, "hidden": 7}
    if norm == "sean":
        # Its two kernels need not agree.
        options["style_kernel_size"] = {1: 5, 3: 3, 5: 1}[kernel_size]
        layer = Sean(4, STATISTICS["instance"](4), style_width=WIDTH, **options).double()
        torch.nn.init.constant_(layer.blending_gamma, 0.3)
        torch.nn.init.constant_(layer.blending_beta, -0.7)
    else:
        layer = Spade(4, STATISTICS["instance"](4), **options).double()
    x = torch.randn(2, 4, 26, 35, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(2, 4, 26, 35, dtype=torch.float64)
    inputs = [x, *layer.parameters()] + ([styles] if norm == "sean" else [])
    results = []
    for implementation in ("dense", "indexed"):
        layer.implementation = implementation
        result = upsample_norm_act(layer, x, Condition(labels, borders, styles), None, (26, 35))
        gradients = torch.autograd.grad((result * weight).sum(), inputs, allow_unused=True)
        results.append([result, *gradients])
    for dense, indexed in zip(*results, strict=True):
        if dense is None or indexed is None:
            assert dense is indexed is None
            continue
        torch.testing.assert_close(indexed, dense, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("kind", ["random", "regions", "one class"])
@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("edges", [False, True])
@pytest.mark.parametrize("per_class", [False, True])
@pytest.mark.parametrize("norm", [Spade, Sean, Clade])
def test_with_noise(
    norm: type[ConditionalNorm], per_class: bool, edges: bool, kernel_size: int, kind: str
) -> None:
    """The plain form is the norm's own; the gradient of the noise is compared as well."""
    torch.manual_seed(0)
    labels = label_maps(kind)
    borders = instance_edges(labels) if edges else None
    shape = (2, CLASSES, 3) if per_class else (2, 3)
    noise = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    styles = torch.randn(2, CLASSES, WIDTH, dtype=torch.float64)
    options = {"classes": CLASSES, "noise_width": 3}
    if norm is not Clade:
        options |= {"edges": edges, "kernel_size": kernel_size, "hidden": 7, "implementation": "indexed"}
    if norm is Sean:
        options |= {"style_width": WIDTH}
    layer = norm(4, STATISTICS["instance"](4), **options).double()
    weight = torch.randn(2, 4, 26, 35, dtype=torch.float64)
    x = torch.randn(2, 4, 26, 35, dtype=torch.float64)
    condition = Condition(labels, borders, styles, noise=noise)
    parameters = [one for name, one in layer.named_parameters() if name != "noise.weight"]
    results = []
    for result in (layer(x, condition), upsample_norm_act(layer, x, condition, None, (26, 35))):
        results.append([result, *torch.autograd.grad((result * weight).sum(), [noise, *parameters])])
    assert results[0][1].abs().max() > 1e-3
    for plain, table in zip(*results, strict=True):
        torch.testing.assert_close(table, plain, rtol=1e-9, atol=1e-10)
    assert any(key[2] == "patch_index" for key in condition._cache) == (norm is not Clade)


def test_an_index_serves_any_noise_of_its_label_maps() -> None:
    """What is cached depends on the label maps alone: other noise, and none, must not meet the wrong one."""
    torch.manual_seed(0)
    noisy = Spade(4, STATISTICS["instance"](4), CLASSES, hidden=7, implementation="indexed", noise_width=3)
    plain = Spade(4, STATISTICS["instance"](4), CLASSES, hidden=7, implementation="indexed")
    x, condition = torch.randn(2, 4, 26, 35), Condition(label_maps("regions"))
    results = []
    for noise in (torch.randn(2, 3), torch.randn(2, CLASSES, 3), torch.randn(2, 3, 26, 35)):
        seen = condition.with_noise(noise)
        results.append(upsample_norm_act(noisy, x, seen, None, (26, 35)))
        torch.testing.assert_close(results[-1], noisy(x, seen), rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(upsample_norm_act(plain, x, seen, None, (26, 35)), plain(x, seen))
    assert not torch.allclose(results[0], results[1], atol=1e-3)


def test_neighbourhoods_hold_what_the_map_shows() -> None:
    labels = label_maps("regions")
    found = unique_patches(labels, CLASSES, 3)
    seen = {}
    for sample in range(2):
        for y in range(26):
            for x in range(35):
                content = tuple(
                    int(labels[sample, v, u]) if 0 <= v < 26 and 0 <= u < 35 else CLASSES
                    for v in (y - 1, y, y + 1)
                    for u in (x - 1, x, x + 1)
                )
                number = int(found.pixels[sample, y, x])
                assert tuple(found.ids[number].tolist()) == content
                seen[content] = number
    assert len(seen) == len(found)


@pytest.mark.parametrize("edges", [False, True])
def test_auto_counts(edges: bool) -> None:
    """`auto` gives the same numbers whichever form it takes."""
    torch.manual_seed(0)
    layer = Spade(4, STATISTICS["batch"](4), CLASSES, edges, hidden=7)
    for kind in ("random", "regions"):
        labels = label_maps(kind)
        borders = instance_edges(labels) if edges else None
        x = torch.randn(2, 4, 26, 35)
        results = []
        for implementation in ("auto", "dense"):
            layer.implementation = implementation
            results.append(upsample_norm_act(layer, x, Condition(labels, borders), None, (26, 35)))
        torch.testing.assert_close(results[0], results[1], rtol=1e-5, atol=1e-5)
