"""Features that several parts of a step share: computed once, with gradients where they are wanted."""

from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from models.pretrained.features import load_features
from models.pretrained.frozen_features import FrozenFeatures
from models.pretrained.timm_features import TimmFeatures


def counted(features: FrozenFeatures) -> list[int]:
    """Grows by one whenever the network runs."""
    runs: list[int] = []
    features.network.register_forward_hook(lambda *_: runs.append(1))
    return runs


@pytest.fixture
def features() -> FrozenFeatures:
    return FrozenFeatures("efficientnet_lite0")


def test_maps_are_the_networks_own(features: FrozenFeatures) -> None:
    photo = torch.rand(1, 3, 33, 64) * 2 - 1
    maps = features(photo)
    assert features.strides == (2, 4, 8, 16, 32) and features.channels == tuple(
        map(len, (m[0] for m in maps))
    )
    assert all(map(torch.equal, maps, load_features("efficientnet_lite0")(photo)))


def test_an_image_is_seen_once_while_it_lives(features: FrozenFeatures) -> None:
    runs, photo = counted(features), torch.rand(1, 3, 32, 32)
    first = features(photo)
    assert features(photo) is first and len(runs) == 1
    features(photo.clone())
    assert len(runs) == 2, "another tensor may hold another image"
    photo.zero_()
    assert len(runs) == 2 and not torch.equal(features(photo)[0], first[0]), "it has been changed in place"


def test_maps_without_a_gradient_do_not_serve_who_needs_one(features: FrozenFeatures) -> None:
    photo = torch.rand(1, 3, 32, 32, requires_grad=True)
    with torch.no_grad():
        features(photo)
    (gradient,) = torch.autograd.grad(features(photo)[-1].sum(), photo)
    assert gradient.any()


def resnet_with(weights: Path) -> dict[str, Tensor]:
    """Saves random weights of a small network as timm's files have them."""
    torch.manual_seed(0)
    state = timm.create_model("resnet18", pretrained=False).state_dict()
    save_file(state, weights) if weights.suffix == ".safetensors" else torch.save(state, weights)
    return state


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_network_of_timm_with_a_file_of_weights(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"resnet{suffix}"
    state = resnet_with(file)
    reference = timm.create_model("resnet18", pretrained=False, features_only=True).eval()
    reference.load_state_dict({name: value for name, value in state.items() if not name.startswith("fc")})
    photo = torch.rand(2, 3, 64, 96)
    mean, deviation = (
        torch.tensor(timm.get_pretrained_cfg("resnet18").to_dict()[key]) for key in ("mean", "std")
    )
    expected = reference((photo - mean[:, None, None]) / deviation[:, None, None])
    features = load_features("resnet18", str(file))
    assert features.strides == (2, 4, 8, 16, 32)
    for ours, theirs in zip(features(photo * 2 - 1), expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


def test_refusals_name_the_file_or_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no\.pth: no such file"):
        TimmFeatures("resnet18", str(tmp_path / "no.pth"))
    for name in ("broken.safetensors", "broken.pth"):
        (tmp_path / name).write_bytes(b"nothing")
        with pytest.raises(ValueError, match=f"{name} is damaged"):
            TimmFeatures("resnet18", str(tmp_path / name))
    resnet_with(tmp_path / "resnet.pth")
    with pytest.raises(ValueError, match=r"resnet\.pth does not hold the weights of resnet34"):
        TimmFeatures("resnet34", str(tmp_path / "resnet.pth"))
    with pytest.raises(ValueError, match="'nonsense' is unknown; choose one of efficientnet_lite0"):
        load_features("nonsense")


def test_a_size_that_a_network_does_not_take_is_refused(tmp_path: Path) -> None:
    name, file = "inception_v3", tmp_path / "weights.pth"
    torch.save(timm.create_model(name, pretrained=False).state_dict(), file)
    features = FrozenFeatures(name, str(file))
    features.check_size((96, 128))
    with pytest.raises(ValueError, match=r"inception_v3 does not take images of 32x64 .*; choose a network"):
        features.check_size((32, 64))


def test_weights_that_cannot_be_downloaded_name_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_connection(*_: object, **__: object) -> None:
        raise OSError("no connection")

    monkeypatch.setattr(timm, "create_model", no_connection)
    with pytest.raises(ValueError, match=r"no connection.*give their file, or choose efficientnet_lite0"):
        load_features("resnet18")


def test_a_network_whose_maps_do_not_halve_is_refused(tmp_path: Path) -> None:
    name = "vit_tiny_patch16_224"
    torch.save(timm.create_model(name, pretrained=False).state_dict(), tmp_path / "vit.pth")
    with pytest.raises(ValueError, match=f"maps of {name} have strides"):
        TimmFeatures(name, str(tmp_path / "vit.pth"))
