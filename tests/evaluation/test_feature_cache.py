"""Cached features: computed once, and never taken for those of another picture or network."""

from dataclasses import replace

import pytest
import torch

from engine.runtime.distributed import Processes
from evaluation.feature_cache import CachedFeatures, FeatureCache
from tests.evaluation.made_up import TinyFeatures, pictures, protocol

ALONE = Processes(rank=0, count=1)


class Counted(TinyFeatures):
    """Counts the pictures it is given."""

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
    first.save(ALONE)
    again = CachedFeatures(network, tmp_path / "reference.safetensors")
    assert torch.equal(again(photo.flip(0)), found.flip(0))
    assert network.shown == 5


def test_a_picture_that_changed_is_computed_anew(tmp_path):
    photo, network = pictures(3), Counted()
    first = CachedFeatures(network, tmp_path / "file")
    first(photo)
    first.save(ALONE)
    photo[1, 0, 0, 0] = -photo[1, 0, 0, 0]
    again = CachedFeatures(network, tmp_path / "file")
    torch.testing.assert_close(again(photo), TinyFeatures()(photo))
    assert network.shown == 4
    again.save(ALONE)
    kept = CachedFeatures(network, tmp_path / "file")
    kept(photo)
    assert network.shown == 4


def test_other_weights_of_the_same_name_are_not_taken(tmp_path):
    photo, network = pictures(2), Counted()
    first = CachedFeatures(network, tmp_path / "file")
    first(photo)
    first.save(ALONE)
    other = Counted()
    other.mixture.data *= 2
    torch.testing.assert_close(CachedFeatures(other, tmp_path / "file")(photo), 2 * TinyFeatures()(photo))
    assert other.shown == 2


def test_a_damaged_file_is_made_anew(tmp_path):
    (tmp_path / "file").write_bytes(b"half a file")
    cached = CachedFeatures(TinyFeatures(), tmp_path / "file")
    cached(pictures(2))
    cached.save(ALONE)
    network = Counted()
    CachedFeatures(network, tmp_path / "file")(pictures(2))
    assert network.shown == 0


def test_the_cache_of_a_protocol_is_written_at_the_end(tmp_path):
    network = Counted()
    for _ in range(2):
        with FeatureCache(network, tmp_path, ALONE).of(protocol(3)) as features:
            features(pictures(3))
    assert network.shown == 3


@pytest.mark.parametrize(
    "change",
    [
        {"dataset": "a/b"},
        {"split": "train"},
        {"count": 2},
        {"height": 8},
        {"width": 8},
        {"resize_filter": "none"},
    ],
)
def test_reference_sets_are_kept_apart(change, tmp_path):
    for other in (protocol(3), replace(protocol(3), seed=7), replace(protocol(3), **change)):
        with FeatureCache(TinyFeatures(), tmp_path, ALONE).of(other) as features:
            features(pictures(3))
    assert len(list((tmp_path / ".feature_cache").iterdir())) == 2
