"""The table of metrics, and which are computed: all that the pictures allow, notes on the others."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evaluation.evaluate import evaluate
from evaluation.lpips import choose_lpips
from evaluation.metrics import METRICS, MetricSet, MetricSpec, choose_metrics, metric_choices, metric_label
from evaluation.pictures import PictureMetric
from options.schema.testing import METRICS as CHOICES
from tests.evaluation.made_up import TinyFeatures, batch, label_maps, pictures, protocol

ALL = ["psnr", "ssim", "rmse", "fd", "kid", "precision_recall", "swd"]


def test_the_option_offers_what_the_table_has() -> None:
    assert list(CHOICES) == ["auto", *metric_choices()] == ["auto", *ALL]


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("psnr", "PSNR"),
        ("fd_efficientnet_lite2", "Fréchet distance"),
        ("fid_inception", "FID"),
        ("recall_inception", "Recall"),
        ("swd_128x96", "Sliced Wasserstein"),
        ("lpips_alex", "LPIPS"),
        ("lpips_diversity_alex", "Diversity"),
        ("miou_unknown_counted_folder", "mIoU"),
        ("pixel_accuracy_folder", "Pixel accuracy"),
    ],
)
def test_each_metric_has_a_label(name: str, written: str) -> None:
    assert metric_label(name).name == written
    with pytest.raises(KeyError):
        metric_label("psnrs")


def test_auto_is_all_that_the_pictures_allow() -> None:
    assert choose_metrics(["auto"], 500, 64) == (frozenset(ALL), [])
    chosen, notes = choose_metrics(["auto"], 3, 8)
    assert chosen == {"psnr", "rmse", "fd", "kid"}
    assert [note.split()[0] for note in notes] == ["ssim", "precision_recall", "swd"]
    chosen, notes = choose_metrics(["auto"], 500, None)
    assert chosen == {*ALL} - {"swd"} and "metrics=[auto,swd]" in notes[0]


def test_what_was_asked_for_is_refused_where_it_cannot_be() -> None:
    assert choose_metrics(["kid", "psnr"], 2, None) == ({"kid", "psnr"}, [])
    said = "metrics=precision_recall takes at least 4 pictures, there are 3"
    with pytest.raises(ValueError, match=said):
        choose_metrics(["precision_recall"], 3, None)


class MaximumError(PictureMetric):
    """The largest difference of a pixel."""

    def values(self, generated: torch.Tensor, photo: torch.Tensor) -> torch.Tensor:
        return (generated - photo).abs().amax(dim=(1, 2, 3)).double()


def test_a_metric_is_one_line_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "max", MetricSpec("Maximum error", "", "lower", 3, of_pairs=MaximumError))
    monkeypatch.setitem(
        METRICS, "shift", MetricSpec("Shift", "", "lower", 3, of_sets=lambda x, y: float((x - y).abs().max()))
    )
    chosen, _ = choose_metrics(["max", "shift"], 4, None)
    generated, photo = pictures(4, seed=1), pictures(4, seed=2)
    network = TinyFeatures()
    pairs = [(generated, batch(photo, label_maps(4, 3)))]
    found = evaluate(pairs, MetricSet(network, chosen), protocol(4, "tensor"))
    assert found.rows["model"] == {
        "images": 4,
        "max": pytest.approx(float((generated - photo).abs().amax(dim=(1, 2, 3)).mean())),
        "shift_tiny": pytest.approx(float((network(generated) - network(photo)).abs().max())),
    }
    assert found.scores["picture2"]["max"] == pytest.approx(float((generated[2] - photo[2]).abs().max()))
    assert metric_label("shift_tiny").name == "Shift"


def test_lpips_is_skipped_with_a_note_where_its_weights_are_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *a, **k: pytest.fail("a download"))
    network, notes = choose_lpips("auto", None, 64)
    assert network is None and str(tmp_path) in notes[0] and "lpips=alex downloads" in notes[0]
    assert choose_lpips("auto", None, 8)[1] == ["lpips is skipped: it takes at least 31×31 pixels"]
    assert choose_lpips("none", None, 64) == (None, [])
    with pytest.raises(ValueError, match="does not go with lpips=none"):
        choose_lpips("none", Path("alexnet.pth"), 64)
