"""The experiments in configs/: what they compose, and a step or two of a copy that is scaled down."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data.dataset_info import DatasetInfo
from data.sources.facades import LABEL_FORMAT
from engine.ema import ExponentialMovingAverage
from engine.run_log import read_log
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.generators import UnetGenerator
from models.layers.normed_conv import AffineInstance
from options.build.networks import build_discriminator, build_generator
from options.schema import TrainOptions
from tests.composed import composed
from tests.data.trees import blocks, write_facade
from tests.verbs import Verbs


@pytest.fixture(scope="module")
def pix2pix() -> TrainOptions:
    return composed("experiment=pix2pix_facades", "dataset.root=/x")


def test_pix2pix_is_told_what_the_paper_says(pix2pix: TrainOptions) -> None:
    """Isola et al. 2017: section 3.3 and appendix 6.2."""
    optimizer, loss, data = pix2pix.optimizer, pix2pix.loss, pix2pix.dataset
    assert (optimizer.generator_lr, optimizer.discriminator_lr) == (2e-4, 2e-4)
    assert (optimizer.beta1, optimizer.beta2, optimizer.lr_decay_start) == (0.5, 0.999, 1)
    assert (loss.adversarial, loss.l1, loss.feature_matching) == ("non_saturating", 100, 0)
    assert loss.perceptual == "none"
    assert (data.name, data.height, data.width, data.resize_to, data.flip) == ("facades", 256, 256, 286, True)
    assert (pix2pix.train.batch_size, pix2pix.train.images, pix2pix.train.minutes) == (1, 200 * 400, None)


def test_pix2pix_builds_the_networks_of_the_paper(pix2pix: TrainOptions) -> None:
    """Widths, one patch discriminator of 70x70 pixels, no spectral norm, weights of deviation 0.02."""
    facts = DatasetInfo(LABEL_FORMAT.label_set, edges=False, styles=("default",))
    torch.manual_seed(0)
    G, discriminator = build_generator(pix2pix, facts), build_discriminator(pix2pix, facts)
    generator = G.generator
    assert isinstance(generator, UnetGenerator) and G.encoder is None
    assert [conv.conv.out_channels for conv in generator.down] == [64, 128, 256, *[512] * 5]
    assert generator.dropout == 0.5
    assert isinstance(discriminator, MultiscaleDiscriminator)
    (patches,) = discriminator.scales
    layers = [patches.first, *(hidden.conv for hidden in patches.hidden), patches.to_logits]
    assert [layer.out_channels for layer in layers] == [64, 128, 256, 512, 1]
    assert [hidden.conv.stride[0] for hidden in patches.hidden] == [2, 2, 1]
    side = 1
    for layer in reversed(layers):
        side = (side - 1) * layer.stride[0] + layer.kernel_size[0]
    assert side == 70
    more = (12 - 3) * 64 * 4 * 4  # of the first layers: classes in place of colours
    counts = [sum(p.numel() for p in network.parameters()) - more for network in (generator, discriminator)]
    # As the authors' PyTorch code, and biases of the two layers without a norm, which their first code has.
    assert counts == [54_413_955 + 64 + 512, 2_768_705]
    for network in (generator, discriminator):
        assert not [name for name, _ in network.named_parameters() if "original" in name], "spectral norm"
        convolutions = [weight for weight in network.parameters() if weight.dim() == 4]
        assert torch.cat([w.flatten() for w in convolutions]).std().item() == pytest.approx(0.02, rel=0.01)
        assert any(isinstance(module, AffineInstance) for module in network.modules())
    ema = ExponentialMovingAverage(torch.nn.Linear(1, 1), pix2pix.ema.half_life_images, pix2pix.ema.ramp)
    assert ema.half_life_images == 0


def test_pix2pix_takes_two_steps(verbs: Verbs, tmp_path: Path) -> None:
    root = tmp_path / "facades"
    for number in range(1, 7):
        write_facade(root / "base", f"cmp_b{number:04d}", blocks(50, 30 + number, seed=number) + 1)
    small = (
        f"dataset.root={root}", "dataset.height=32", "dataset.width=32", "dataset.resize_to=36",
        "generator.width=2", "generator.depth=5", "discriminator.width=2", "hardware.num_workers=0",
        "hardware.device=cpu", "train.images=2", "train.log_every_images=1",
    )  # fmt: skip
    verbs.succeeds("train", "name=x", "experiment=pix2pix_facades", *small)
    rows = read_log(verbs.checkpoints / "x")
    terms = {"generator/adversarial", "generator/l1", "discriminator/fake", "discriminator/real"}
    for row in rows:
        assert {name for name in row if name.startswith(("generator", "discriminator"))} == terms
        assert all(np.isfinite(list(row.values())))
    assert [row["images"] for row in rows] == [1, 2]
    assert rows[0]["learning_rate/generator"] == rows[1]["learning_rate/generator"] == 2e-4
    verbs.succeeds(
        "test", "name=x", "split=test", "train_images=2", f"out={tmp_path}", "hardware.num_workers=0"
    )
    made = next(tmp_path.glob("x/**/images/cmp_b0006.png"))
    assert np.asarray(Image.open(made)).shape == (32, 32, 3)


def test_camvid_in_40_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size and the length that its name promises, and each choice that its header gives a reason for."""
    monkeypatch.setattr("engine.runtime.hardware.multiplies_bf16", lambda: True)
    options = composed("experiment=camvid_40_minutes", "dataset.root=/x", "hardware.device=cpu")
    assert (options.dataset.name, options.dataset.height, options.dataset.width) == ("camvid", 96, 128)
    assert (options.train.minutes, options.train.images) == (40, None)
    assert options.dataset.resize_to is None and not options.diffaugment
    assert (options.generator.width, options.loss.perceptual) == (32, "efficientnet_lite0")
    assert (options.optimizer.generator_lr, options.optimizer.reuse_fake) == (5e-4, True)
    assert options.optimizer.lr_decay_start == 1
    assert options.ema.half_life_images > 0
    assert options.hardware.precision == "bf16"
