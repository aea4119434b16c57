"""Inception with made-up weights against torch-fidelity's own extractor; where its weights are sought."""

import pickle

import pytest
import torch
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

from data.image_range import to_uint8
from evaluation.feature_extractors import INCEPTION_WEIGHTS, InceptionFeatures, load_metric_network
from tests.evaluation.made_up import pictures


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file as torch-fidelity publishes it, but for its numbers."""
    file = tmp_path_factory.mktemp("weights") / "inception.pth"
    with pytest.MonkeyPatch.context() as patch:
        # Without a file it would fetch one; these are drawn.
        patch.setattr(FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        patch.setattr(
            "torch_fidelity.feature_extractor_inceptionv3.load_state_dict_from_url", lambda *a, **k: {}
        )
        torch.manual_seed(0)
        torch.save(FeatureExtractorInceptionV3("made-up", ["2048"]).state_dict(), file)
    return file


@torch.no_grad()
def test_features_are_torch_fidelitys_of_8_bit_pictures(weights):
    theirs = FeatureExtractorInceptionV3("theirs", ["2048"], str(weights))
    photo = pictures(1, 40, 48)
    (expected,) = theirs(to_uint8(photo))
    network = InceptionFeatures(weights)
    found = network(photo)
    assert found.shape == (1, network.num_features) and expected.std() > 0
    torch.testing.assert_close(found, expected)
    assert network.metric_name("fd") == "fid_inception"
    assert network.metric_name("kid") == "kid_inception"


def test_auto_takes_inception_where_it_is_at_hand_and_downloads_nothing(weights, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", lambda *a, **k: pytest.fail("a download"))
    network = load_metric_network("auto")
    assert (network.name, network.metric_name("fd")) == ("efficientnet_lite2", "fd_efficientnet_lite2")
    assert load_metric_network("auto", weights).name == "inception"
    INCEPTION_WEIGHTS.cached.parent.mkdir(parents=True)
    INCEPTION_WEIGHTS.cached.write_bytes(weights.read_bytes())
    assert load_metric_network("auto").name == "inception"
    with pytest.raises(ValueError, match="go with features=inception"):
        load_metric_network("efficientnet_lite2", weights)


def test_weights_that_cannot_be_had_name_the_file_and_the_way_out(tmp_path, monkeypatch):
    def offline(url, *others, **more):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    said = r"weights-inception-2015-12-05-6726825d\.pth.*put the file https.*features=efficientnet_lite2"
    with pytest.raises(ValueError, match=said):
        load_metric_network("inception")


class Program:
    """Unpickled, it would write a file."""

    def __init__(self, file):
        self.file = file

    def __reduce__(self):
        return (open, (str(self.file), "w"))


def test_nothing_in_a_file_is_executed(tmp_path):
    mark = tmp_path / "executed"
    with (tmp_path / "evil.pth").open("wb") as file:
        pickle.dump({"fc.weight": Program(mark)}, file)
    with pytest.raises(ValueError, match="more than tensors"):
        InceptionFeatures(tmp_path / "evil.pth")
    assert not mark.exists()
    torch.save({"fc.weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="does not hold the weights of Inception"):
        InceptionFeatures(tmp_path / "other.pth")
