"""Which metrics are made: all that the pictures allow, and a word on what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import options.build.metrics
from data.sources.classes import numbered_label_set
from engine.runtime.hardware import select_hardware
from evaluation.lpips import LPIPSNetwork
from evaluation.metric_set import MetricSet
from evaluation.segmenters.trained import Description, write_segmenter
from models.segmenter import PyramidSegmenter
from options.build.metrics import build_diversity, build_lpips, build_segmenter, chosen_words, shared_networks
from options.schema import TestOptions as Options  # pytest takes Test… for a test
from options.schema.testing import SegmenterOptions
from tests.evaluation.made_up import TinyFeatures

ALL = ["psnr", "ssim", "rmse", "fd", "kid", "precision_recall"]


def test_auto_is_all_that_the_pictures_allow() -> None:
    assert chosen_words(["auto"], 500, 64) == (ALL, [])
    words, notes = chosen_words(["auto"], 3, 8)
    assert words == ["psnr", "rmse", "fd", "kid"]
    assert [note.split()[0] for note in notes] == ["ssim", "precision_recall"]


def test_what_was_asked_for_is_refused_where_it_cannot_be() -> None:
    assert chosen_words(["kid", "psnr"], 2, None) == (["kid", "psnr"], [])
    with pytest.raises(ValueError, match="metrics=precision_recall takes 4 pictures at least, there are 3"):
        chosen_words(["precision_recall"], 3, None)


def test_lpips_is_left_out_with_a_word_where_its_weights_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *a, **k: pytest.fail("a download"))
    network, notes = build_lpips(Options(), 64)
    assert network is None and str(tmp_path) in notes[0] and "lpips=alex fetches" in notes[0]
    assert build_lpips(Options(lpips="none"), 64) == (None, [])
    hardware = select_hardware("cpu", "float32", True)
    assert build_diversity(Options(samples=1), hardware) == (None, [])
    diversity, notes = build_diversity(Options(samples=2), hardware)
    assert diversity is None and notes[0].startswith("diversity is left out")
    with pytest.raises(ValueError, match="does not go with lpips=none"):
        build_lpips(Options(lpips="none", lpips_weights="alexnet.pth"), 64)


class MadeUpLpips(LPIPSNetwork):
    """One by name only."""

    def __init__(self, trunk: str) -> None:
        torch.nn.Module.__init__(self)
        self.trunk = trunk


@pytest.mark.parametrize(
    ("loss", "trunk", "warned"),
    [("vgg19", "vgg", True), ("vgg19", "alex", False), ("none", "vgg", False)],
)
def test_a_metric_that_shares_its_network_with_the_loss_is_named(loss: str, trunk: str, warned: bool) -> None:
    notes = shared_networks(loss, MetricSet(TinyFeatures(), lpips=MadeUpLpips(trunk)))
    assert bool(notes) == warned
    assert not warned or ("lpips_vgg flatters" in notes[0] and "loss.perceptual=vgg19" in notes[0])


def test_a_segmenter_that_lies_ready_is_used_for_its_classes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options.build.metrics, "SEGMENTERS", tmp_path)
    own, other = numbered_label_set(3, has_unknown=True), numbered_label_set(4, has_unknown=True)
    assert build_segmenter(SegmenterOptions(), own, "streets") is None
    description = Description("streets", own.names, True, 32, 32, channels=4, images=8, val_miou=None)
    write_segmenter(tmp_path / "streets", PyramidSegmenter(4, width=4), description)
    found = build_segmenter(SegmenterOptions(), own, "streets")
    assert found is not None and found.name == "streets"
    assert found(torch.zeros(1, 3, 32, 40)).shape == (1, 32, 40)
    assert build_segmenter(SegmenterOptions(), other, "streets") is None
    assert build_segmenter(SegmenterOptions(kind="none"), own, "streets") is None
    named = SegmenterOptions(path=str(tmp_path / "streets"))
    with pytest.raises(ValueError, match="train one on this data set"):
        build_segmenter(named, other, "streets")


@pytest.mark.parametrize(
    ("segmenter", "said"),
    [
        (SegmenterOptions(kind="torchscript"), "needs segmenter.path"),
        (SegmenterOptions(kind="none", path="x"), "does not go with"),
        (SegmenterOptions(kind="torchvision", path="x"), "needs segmenter.architecture"),
        (SegmenterOptions(path=__file__), "say what it is"),
    ],
)
def test_options_of_segmenters_that_contradict_are_refused(segmenter: SegmenterOptions, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build_segmenter(segmenter, numbered_label_set(3, has_unknown=False), "streets")
