"""The benchmark: what it compares computes the same, and its table says what was measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch.nn.utils import parametrize

from models.kernels.conv import GammaBetaConv2d
from models.kernels.inference.constant_conv import arranged_conv, arranged_linear
from models.norms.statistics import InstanceStatistics
from scripts.benchmark import cases, main
from scripts.benchmarking import cases as cases_file
from scripts.benchmarking.cases import Case, LabelMapOptions, LabelMaps, build_work
from scripts.benchmarking.measure import Worker, count_flops
from scripts.benchmarking.published import halves


@pytest.fixture(scope="module")
def maps() -> LabelMaps:
    """Two batches of the built-in scenes."""
    return LabelMapOptions(None, (64, 64), batch=2, batches=2).read()


@pytest.mark.parametrize("norm", ["spade", "sean"])
@pytest.mark.parametrize("work", ["generator", "editing"])
def test_every_form_makes_the_published_image(work: str, norm: str, maps: LabelMaps) -> None:
    images = []
    for form in ("reference", "dense", "indexed", "auto", "optimized"):
        made = build_work(Case(work, norm, form, "float32", width=4), maps)
        made.run(1)
        images.append(made.result())
    assert images[0].std() > 0.01, "an image that is not flat"
    for image in images[1:]:
        torch.testing.assert_close(image, images[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize("norm", ["spade", "sean"])
def test_every_step_has_the_published_gradient(norm: str, maps: LabelMaps) -> None:
    gradients = []
    for form in ("reference", "dense", "auto", "reuse_fake"):
        made = build_work(Case("step", norm, form, "float32", width=4), maps)
        made.run(0)
        gradients.append(made.result())
    largest = gradients[0].abs().max()
    assert largest > 0
    for gradient in gradients[1:]:
        assert (gradient - gradients[0]).abs().max() < 1e-3 * largest


@pytest.fixture
def _float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("_float64")
@pytest.mark.parametrize("norm", ["spade", "sean"])
def test_in_float64_it_is_the_same_to_the_last_digits(norm: str, maps: LabelMaps) -> None:
    """So that what differs in float32 is rounding, which ReLU's kinks make larger."""
    (batch, *_), gradients = maps.batches, []
    assert batch.photo is not None
    exact = replace(maps, batches=[replace(batch, photo=batch.photo.double())])
    for form in ("reference", "auto", "reuse_fake"):
        made = build_work(Case("step", norm, form, "float32", width=4), exact)
        made.run(0)
        gradients.append(made.result())
    assert gradients[0].dtype is torch.float64
    for gradient in gradients[1:]:
        assert (gradient - gradients[0]).abs().max() < 1e-11 * gradients[0].abs().max()


@pytest.mark.parametrize("norm", ["spade", "sean"])
def test_the_reference_has_torchs_layers(norm: str, monkeypatch: pytest.MonkeyPatch, maps: LabelMaps) -> None:
    """None that we have made faster: the ratios would be too low."""
    networks: list[torch.nn.Module] = []

    class Kept(cases_file.PublishedStep):
        def __init__(self, *published: torch.nn.Module) -> None:
            networks.extend(published)
            super().__init__(*published)  # type: ignore[arg-type]

    monkeypatch.setattr(cases_file, "PublishedStep", Kept)
    build_work(Case("step", norm, "reference", "float32", width=4), maps)
    assert len(networks) == 2
    layers = [module for network in networks for module in network.modules()]
    convs = [layer for layer in layers if isinstance(layer, torch.nn.Conv2d)]
    assert len(convs) > 50 and {type(layer) for layer in convs} == {torch.nn.Conv2d}
    assert not any(parametrize.is_parametrized(layer) for layer in layers)
    assert not any(isinstance(layer, InstanceStatistics) for layer in layers)
    assert all(p.is_contiguous() for network in networks for p in network.parameters())


def test_a_pair_is_cut_in_its_halves() -> None:
    pair, x = GammaBetaConv2d(3, 4, 3, padding=1), torch.randn(1, 3, 5, 5)
    gamma, beta = halves(pair)
    torch.testing.assert_close(torch.cat([gamma(x), beta(x)], dim=1), pair(x))


def test_the_reference_comes_first_and_in_float32() -> None:
    rows = cases("generator", "spade", None, ["float32", "bf16"], width=8)
    assert [row.form for row in rows] == ["reference", *2 * ["dense", "auto", "optimized"]]
    assert [row.precision for row in rows] == ["float32"] * 4 + ["bf16"] * 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--size", "50", "64"], "--size 50 64"),
        (["--runs", "0"], "--runs 0"),
        (["--labels", "/absent", "--size", "64", "64"], "--labels /absent"),
    ],
    ids=["size", "runs", "folder"],
)
def test_mistakes_are_named(arguments: list[str], message: str) -> None:
    """In one line, before a process is started."""
    with pytest.raises(ValueError, match=message):
        main([*arguments, "--width", "2"])


def test_operations_of_arranged_layers_are_counted() -> None:
    conv, weight = torch.nn.Conv2d(8, 16, 3, padding=1), torch.randn(6, 8)
    convolve, multiply = arranged_conv(conv), arranged_linear(weight)
    x, rows = torch.randn(1, 8, 10, 10), torch.randn(5, 8)

    @torch.no_grad()
    def compute() -> None:
        convolve(x)
        multiply(rows)

    assert count_flops(compute) == 2 * (9 * 8 * 16 * 100 + 5 * 8 * 6)


@pytest.mark.slow
def test_a_row_whose_process_is_killed_is_named() -> None:
    """As the kernel does where memory has run out."""
    worker = Worker(
        Case("generator", "spade", "auto", "float32", width=4), LabelMapOptions(None, (64, 64), 1, 1)
    )
    assert worker.seconds(0) > 0
    (process,) = worker._pool._processes.values()
    process.kill()
    process.join()
    for ask in (lambda: worker.seconds(0), worker.finish):
        with pytest.raises(ValueError, match="enough memory"):
            ask()


@pytest.mark.slow
def test_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--size", "64", "64", "--width", "2", "--maps", "1", "--runs", "1", "--forms", "auto"])
    printed = capsys.readouterr().out
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert [(row["work"], row["form"]) for row in rows] == [
        ("generator", "reference"), ("generator", "auto"), ("step", "reference"), ("step", "auto"),
    ]  # fmt: skip
    assert all(row["gflops"] > 0 and row["matrix_fraction"] > 0 for row in rows)
    assert rows[0]["ratio"] == 1 and all(row["seconds"] > 0 and row["peak_mb"] > 0 for row in rows)
    assert all(row["difference"] < 1e-3 for row in rows)
