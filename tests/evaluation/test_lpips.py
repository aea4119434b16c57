"""LPIPS with made-up weights of AlexNet: against eq. 1 of the paper written slowly."""

from pathlib import Path

import lpips
import pytest
import torch
from torchvision.models import alexnet

from evaluation.lpips import LPIPS, TRUNKS, LPIPSDiversity, LPIPSNetwork
from tests.evaluation.made_up import pictures

SIDE = 64


@pytest.fixture(scope="module")
def trunk():
    torch.manual_seed(0)
    return alexnet(weights=None).eval()


@pytest.fixture(scope="module")
def weights(trunk, tmp_path_factory):
    file = tmp_path_factory.mktemp("weights") / "alexnet.pth"
    torch.save(trunk.state_dict(), file)
    return file


@pytest.fixture(scope="module")
def network(weights):
    return LPIPSNetwork("alex", weights)


def by_definition(trunk, first, second):
    """Eq. 1: unit features, squared differences weighted by the package's numbers, averaged over space."""
    mean = torch.tensor([-0.030, -0.088, -0.188])[:, None, None]
    deviation = torch.tensor([0.458, 0.448, 0.450])[:, None, None]
    stored = torch.load(
        Path(lpips.__file__).parent / "weights/v0.1/alex.pth", map_location="cpu", weights_only=True
    )
    x, y = (first - mean) / deviation, (second - mean) / deviation
    total, depth = torch.zeros(len(first)), 0
    for layer in trunk.features:
        x, y = (layer(each.clone()) for each in (x, y))
        if isinstance(layer, torch.nn.ReLU):
            units = [each / (each.norm(dim=1, keepdim=True) + 1e-10) for each in (x, y)]
            weight = stored[f"lin{depth}.model.1.weight"]  # (1, C, 1, 1)
            total += ((units[0] - units[1]) ** 2 * weight).sum(dim=1).mean(dim=(1, 2))
            depth += 1
    assert depth == 5
    return total


@torch.no_grad()
def test_is_its_definition(network, trunk):
    first, second = pictures(3, SIDE, SIDE, seed=1), pictures(3, SIDE, SIDE, seed=2)
    expected = by_definition(trunk, first, second)
    assert expected.min() > 1e-4
    torch.testing.assert_close(network(first, second), expected, rtol=1e-4, atol=1e-7)
    metric = LPIPS(network)
    for g, p in zip(first.split(2), second.split(2)):
        metric.update(g, p)
    assert float(metric.compute()) == pytest.approx(float(expected.mean()), rel=1e-4)


def test_a_picture_is_no_distance_from_itself_and_noise_grows(network):
    photo = pictures(2, SIDE, SIDE)
    noise = torch.randn(photo.shape, generator=torch.Generator().manual_seed(0))
    found = []
    for amount in (0, 0.05, 0.2, 0.6):
        metric = LPIPS(network)
        metric.update((photo + amount * noise).clamp(-1, 1), photo)
        found.append(float(metric.compute()))
    assert found[0] == 0 and found == sorted(found) and found[1] > 0


def test_diversity_is_the_mean_over_pairs_of_samples(network):
    samples = [pictures(2, SIDE, SIDE, seed=seed) for seed in range(3)]
    metric = LPIPSDiversity(network)
    metric.update_samples(samples)
    pairs = [(0, 1), (0, 2), (1, 2)]
    expected = torch.cat([network(samples[i], samples[j]) for i, j in pairs]).mean()
    assert float(metric.compute()) == pytest.approx(float(expected), rel=1e-5)


def test_pictures_out_of_range_are_refused(network):
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        LPIPS(network).update(pictures(1, SIDE, SIDE) * 127 + 128, pictures(1, SIDE, SIDE))


def test_weights_that_cannot_be_had_name_the_file_and_the_way_out(tmp_path, monkeypatch):
    def offline(url, *others, **more):
        raise OSError("no route to host")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(
        ValueError, match=r"alexnet-owt-7be5be79\.pth.*no route.*put the file.*lpips=none"
    ) as raised:
        LPIPSNetwork("alex")
    assert str(tmp_path) in str(raised.value)
    with pytest.raises(ValueError, match="no such file"):
        LPIPSNetwork("alex", tmp_path / "absent.pth")


def test_other_files_are_refused(tmp_path):
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match="does not hold the weights of AlexNet"):
        LPIPSNetwork("alex", tmp_path / "other.pth")
    (tmp_path / "cut.pth").write_bytes(b"PK half a file")
    with pytest.raises(ValueError, match="damaged"):
        LPIPSNetwork("alex", tmp_path / "cut.pth")


def test_weights_are_looked_for_in_torchs_cache(weights, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    cached = TRUNKS["alex"].cached
    cached.parent.mkdir(parents=True)
    cached.write_bytes(weights.read_bytes())
    assert LPIPSNetwork("alex").trunk == "alex"
