"""Remembered features: computed once, and never taken for those of another picture or network."""

from dataclasses import replace

import pytest
import torch

from evaluation.feature_cache import CachedFeatures, ReferenceKey
from tests.evaluation.made_up import TinyFeatures, pictures

KEY = ReferenceKey("camvid", "/data/camvid", "val", 101, 96, 128, "bicubic", "tiny")


class Counted(TinyFeatures):
    """Counts the pictures it is shown."""

    def __init__(self):
        super().__init__()
        self.shown = 0

    def forward(self, pictures):
        self.shown += len(pictures)
        return super().forward(pictures)


def test_each_picture_is_computed_once_over_all_evaluations(tmp_path):
    photo, network = pictures(5), Counted()
    first = CachedFeatures(network, tmp_path / "reference.safetensors")
    found = torch.cat([first(part) for part in photo.split(2)])
    torch.testing.assert_close(found, TinyFeatures()(photo))
    first.save()
    again = CachedFeatures(network, tmp_path / "reference.safetensors")
    assert torch.equal(again(photo.flip(0)), found.flip(0))
    assert network.shown == 5


def test_a_picture_that_changed_is_computed_anew(tmp_path):
    photo, network = pictures(3), Counted()
    first = CachedFeatures(network, tmp_path / "file")
    first(photo)
    first.save()
    photo[1, 0, 0, 0] = -photo[1, 0, 0, 0]
    again = CachedFeatures(network, tmp_path / "file")
    torch.testing.assert_close(again(photo), TinyFeatures()(photo))
    assert network.shown == 4
    again.save()
    kept = CachedFeatures(network, tmp_path / "file")
    kept(photo)
    assert network.shown == 4


def test_other_weights_of_the_same_name_are_not_taken(tmp_path):
    photo, network = pictures(2), Counted()
    first = CachedFeatures(network, tmp_path / "file")
    first(photo)
    first.save()
    other = Counted()
    other.mixture.data *= 2
    torch.testing.assert_close(CachedFeatures(other, tmp_path / "file")(photo), 2 * TinyFeatures()(photo))
    assert other.shown == 2


def test_a_damaged_file_is_made_anew(tmp_path):
    (tmp_path / "file").write_bytes(b"half a file")
    remembered = CachedFeatures(TinyFeatures(), tmp_path / "file")
    remembered(pictures(2))
    remembered.save()
    network = Counted()
    CachedFeatures(network, tmp_path / "file")(pictures(2))
    assert network.shown == 0


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "folder"},
        {"root": "/data/other"},
        {"split": "train"},
        {"count": 100},
        {"height": 192},
        {"width": 256},
        {"resize_filter": "lanczos"},
        {"network": "inception"},
    ],
)
def test_all_that_a_reference_depends_on_is_in_its_key(change):
    assert replace(KEY, **change).file_name() != KEY.file_name()
    assert replace(KEY).file_name() == KEY.file_name()
