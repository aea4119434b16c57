"""A protocol names its values and travels with them."""

import json
import math

import pytest

from evaluation.protocol import Protocol, write_metrics
from tests.evaluation.made_up import protocol

ROWS = {
    "model": {"images": 101, "psnr": 14.5, "ssim": 0.25, "fd_tiny": 72.0},
    "real_train": {"images": 367, "fd_tiny": 50.5},
}


def test_names_carry_split_and_count():
    assert protocol(101).metric_name("fd_efficientnet_lite2") == "fd_efficientnet_lite2_val_101"


def test_metrics_file_holds_figures_names_and_protocol(tmp_path):
    write_metrics(tmp_path / "metrics.json", ROWS, protocol(101))
    content = json.loads((tmp_path / "metrics.json").read_text())
    assert content["metrics"] == ROWS
    assert content["names"] == {"psnr": "psnr_val_101", "ssim": "ssim_val_101", "fd_tiny": "fd_tiny_val_101"}
    assert Protocol(**content["protocol"]) == protocol(101)


def test_infinity_is_written_as_a_word_and_nan_not_at_all(tmp_path):
    write_metrics(tmp_path / "metrics.json", {"model": {"images": 2, "psnr": math.inf}}, protocol(2))
    content = json.loads((tmp_path / "metrics.json").read_text(), parse_constant=pytest.fail)
    assert math.isinf(float(content["metrics"]["model"]["psnr"]))
    with pytest.raises(ValueError, match="NaN"):
        write_metrics(tmp_path / "other.json", {"model": {"psnr": math.nan}}, protocol(2))
    assert not (tmp_path / "other.json").exists()
