"""What every norm of the family must do, whatever it looks at."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from models.condition import Condition
from models.norms import NORMS, STATISTICS, ConditionalNorm, statistics_for
from tests.models.norms.family import (
    CASES,
    CHANNELS,
    CLASSES,
    HIDDEN,
    NOISE_KINDS,
    NOISE_WIDTH,
    STYLE_COUNT,
    STYLE_WIDTH,
    WITH_NOISE,
    build,
    condition,
    conditions,
    maps,
    noisy,
    weights,
    with_noise,
)
from tests.references.norms import normalise


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_agrees_with_its_equation(name: str, statistics: str) -> None:
    norm, x, seen = build(name, statistics), maps(), condition(name)
    expected = normalise(name, weights(norm), x.numpy(), statistics, conditions(seen, (4, 3)))
    assert torch.allclose(norm(x, seen), torch.from_numpy(expected), atol=1e-10)


@pytest.mark.parametrize("kind", NOISE_KINDS)
@pytest.mark.parametrize("name", WITH_NOISE)
def test_agrees_with_its_equation_with_noise(name: str, kind: str) -> None:
    norm, x = build(name, noise_width=NOISE_WIDTH), maps()
    seen, noise = with_noise(condition(name), kind)
    slow = replace(conditions(seen, (4, 3)), noise=noise)
    expected = normalise(name, weights(norm), x.numpy(), "batch", slow)
    assert torch.allclose(norm(x, seen), torch.from_numpy(expected), atol=1e-10)
    slow = replace(slow, noise=0 * noise)
    without = normalise(name, weights(norm), x.numpy(), "batch", slow)
    assert not np.allclose(without, expected, atol=1e-3)


@pytest.mark.parametrize("kernel_size", [1, 5])
@pytest.mark.parametrize("name", ["spade", "sean"])
def test_agrees_with_its_equation_for_other_kernels(name: str, kernel_size: int) -> None:
    norm, x, seen = build(name, kernel_size=kernel_size), maps(), condition(name)
    expected = normalise(name, weights(norm), x.numpy(), "batch", conditions(seen, (4, 3)))
    assert torch.allclose(norm(x, seen), torch.from_numpy(expected), atol=1e-10)


@pytest.mark.parametrize(("kernel_size", "style_kernel_size"), [(3, 1), (1, 5), (5, 3)])
def test_sean_agrees_with_its_equation_for_two_kernels(kernel_size: int, style_kernel_size: int) -> None:
    norm = build("sean", kernel_size=kernel_size, style_kernel_size=style_kernel_size)
    x, seen = maps(), condition("sean")
    expected = normalise("sean", weights(norm), x.numpy(), "batch", conditions(seen, (4, 3)))
    assert torch.allclose(norm(x, seen), torch.from_numpy(expected), atol=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_keeps_shape_and_type(name: str, statistics: str, dtype: torch.dtype) -> None:
    norm, x, seen = build(name, statistics), maps(dtype), noisy(condition(name, dtype))
    assert seen.styles is not None
    exact = norm(x.double(), replace(seen, styles=seen.styles.double(), rng=None))
    y = norm.to(dtype)(x, seen)
    assert y.shape == x.shape and y.dtype == dtype
    assert torch.isfinite(y).all()
    without_noise = norm(x, replace(seen, rng=None)).double()
    # bf16 holds 8 binary digits, and some of these sums have ten terms.
    tolerance = 0.1 if dtype == torch.bfloat16 else 1e-4
    assert torch.allclose(without_noise, exact, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("name", NORMS)
def test_keeps_the_maps_type_under_autocast(name: str) -> None:
    norm, x, seen = build(name).float(), maps(torch.float32), condition(name, torch.float32)
    exact = norm(x, seen)
    with torch.autocast(x.device.type, dtype=torch.bfloat16):
        y = norm(x.bfloat16(), noisy(seen))
        without_noise = norm(x.bfloat16(), seen)
    assert y.dtype == torch.bfloat16
    assert torch.allclose(without_noise.float(), exact, atol=0.1, rtol=0.1)


@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_keeps_channels_last(name: str, statistics: str) -> None:
    norm, x, seen = build(name, statistics), maps(), condition(name)
    y = norm(x.contiguous(memory_format=torch.channels_last), noisy(seen))
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert torch.allclose(y, norm(x, noisy(seen)), atol=1e-12)


@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_gradients_reach_every_parameter(name: str, statistics: str) -> None:
    norm, x = build(name, statistics), maps().requires_grad_()
    y = norm(x, noisy(condition(name)))
    (y * torch.randn_like(y)).sum().backward()
    unreached = [path for path, p in norm.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unreached
    assert x.grad is not None and x.grad.any()


@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_permuting_the_batch_permutes_the_result(name: str, statistics: str) -> None:
    norm, x, seen = build(name, statistics), maps(), condition(name)
    order = torch.tensor([2, 0, 1])
    assert seen.edges is not None and seen.styles is not None and seen.style_ids is not None
    permuted = Condition(seen.labels[order], seen.edges[order], seen.styles[order], seen.style_ids[order])
    assert torch.allclose(norm(x[order], permuted), norm(x, seen)[order], atol=1e-12)


@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_gradients_agree_with_finite_differences(name: str, statistics: str) -> None:
    norm, x, seen = build(name, statistics), maps()[:2, :, :3, :2].clone().requires_grad_(), condition(name)
    assert seen.edges is not None and seen.styles is not None
    seen = Condition(seen.labels[:2], seen.edges[:2], seen.styles[:2].requires_grad_(), torch.tensor([2, 0]))
    names, parameters = zip(*norm.named_parameters())

    def run(x: Tensor, styles: Tensor, *values: Tensor) -> Tensor:
        arguments = (x, noisy(replace(seen, styles=styles)))
        return torch.func.functional_call(norm, dict(zip(names, values)), arguments)

    assert torch.autograd.gradcheck(run, (x, seen.styles, *parameters), atol=1e-6)


@pytest.mark.parametrize(("name", "statistics"), CASES)
def test_state_dict_round_trip(name: str, statistics: str) -> None:
    norm, other, x, seen = build(name, statistics), build(name, statistics), maps(), condition(name)
    norm(x, seen)  # moves running averages, where there are any
    norm.eval()
    other.eval()
    assert not torch.allclose(other(x, seen), norm(x, seen))
    file = io.BytesIO()
    torch.save(norm.state_dict(), file)
    file.seek(0)
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(x, seen), norm(x, seen))


def assert_compiled_agrees(name: str, backend: str | Callable) -> None:
    norm, x, seen = build(name), maps(), condition(name)
    torch._dynamo.reset()
    compiled = torch.compile(norm, fullgraph=True, backend=backend)
    results = []
    for function in (norm, compiled):
        norm.zero_grad()
        y = function(x, replace(seen))
        y.square().sum().backward()
        # SEAN's noise weight has no gradient here: no noise is drawn, which would break the graph in two.
        results.append([y.detach(), *(p.grad for p in norm.parameters() if p.grad is not None)])
    for eager, other in zip(*results, strict=True):
        assert torch.allclose(eager, other, atol=1e-9)


@pytest.mark.parametrize("name", NORMS)
def test_traces_as_one_graph(name: str) -> None:
    assert_compiled_agrees(name, "aot_eager")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[] if n == "instance" else [pytest.mark.slow]) for n in NORMS]
)
def test_compiles(name: str) -> None:
    assert_compiled_agrees(name, "inductor")


def with_other_labels(seen: Condition) -> Condition:
    return replace(seen, labels=(seen.labels + 1) % CLASSES)


def with_other_styles(seen: Condition) -> Condition:
    assert seen.styles is not None
    return replace(seen, styles=seen.styles + 1)


@pytest.mark.parametrize("name", NORMS)
def test_says_truly_what_it_looks_at(name: str) -> None:
    norm, x, seen = build(name), maps(), condition(name)
    y = norm(x, seen)
    assert torch.equal(norm(x, with_other_labels(seen)), y) != NORMS[name].sees_labels
    assert torch.equal(norm(x, with_other_styles(seen)), y) == (NORMS[name].styles == "none")


def test_statistics_that_a_paper_leaves_open_are_all_of_them() -> None:
    assert set(ConditionalNorm.allowed_statistics) == set(STATISTICS)
    for name in ("spade", "sean", "clade"):
        assert NORMS[name].allowed_statistics == ConditionalNorm.allowed_statistics


@pytest.mark.parametrize("name", NORMS)
def test_statistics_for_gives_the_default_and_refuses_what_the_norm_is_not(name: str) -> None:
    allowed = NORMS[name].allowed_statistics
    assert statistics_for(name) is STATISTICS[allowed[0]]
    for word in STATISTICS:
        if word in allowed:
            assert statistics_for(name, word) is STATISTICS[word]
        else:
            with pytest.raises(ValueError, match=rf"norm\.statistics={word} does not go with norm={name}"):
                statistics_for(name, word)


def test_the_number_of_weights_is_what_the_table_in_the_docs_says() -> None:
    c, k, d, s, hidden = CHANNELS, CLASSES, STYLE_WIDTH, STYLE_COUNT, HIDDEN
    # The instance borders are one input channel more.
    spade = hidden * (9 * (k + 1) + 1) + 2 * c * (9 * hidden + 1)
    expected = {"batch": 2 * c, "layer": 2 * c, "instance": 2 * c, "cin": 2 * c * s, "adain": 2 * c * (d + 1)}
    expected |= {"spade": spade, "clade": 2 * c * k}
    expected["sean"] = spade + k * (d**2 + d) + 2 * c * (9 * d + 1) + c + 2
    assert {name: sum(p.numel() for p in build(name).parameters()) for name in expected} == expected
