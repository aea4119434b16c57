"""DINOv2's features with made-up weights against timm called directly; where its weights are sought."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.transforms.functional import normalize, to_tensor

from evaluation.feature_extractors import DINOv2Features, load_metric_network
from tests.evaluation.folders import write_photos
from tests.evaluation.made_up import pictures
from tests.verbs import Verbs

SMALL = "vit_small_patch14_dinov2.lvd142m"


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same network with fewer channels: a tenth of the time and the memory."""
    monkeypatch.setattr(DINOv2Features, "ARCHITECTURE", SMALL)


@pytest.fixture(scope="module", params=["model.safetensors", "model.pth"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as timm publishes it, positions for 518×518 and all, but for its numbers."""
    file = tmp_path_factory.mktemp("weights") / request.param
    torch.manual_seed(0)
    network = timm.create_model(SMALL, pretrained=False)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    state = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    if file.suffix == ".safetensors":
        save_file(state, file)
    else:
        torch.save(state, file)
    return file


@torch.no_grad()
def test_features_are_timms_of_pictures_resized_by_pillow(weights: Path, small: None) -> None:
    overlay = {"file": str(weights)}
    theirs = timm.create_model(
        SMALL, pretrained=True, pretrained_cfg_overlay=overlay, img_size=224, num_classes=0
    ).eval()
    shown = pictures(2, 40, 300)
    pixels = ((shown + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    inputs = []
    for picture in pixels:
        resized = Image.fromarray(np.ascontiguousarray(picture)).resize((224, 224), Image.Resampling.BICUBIC)
        inputs.append(normalize(to_tensor(resized), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    expected = theirs.forward_features(torch.stack(inputs))[:, 0]  # the class token
    network = load_metric_network("dinov2", dinov2_weights=weights)
    found = network(shown)
    assert found.shape == (2, network.num_features) and expected.std() > 0.01
    assert not torch.allclose(expected[0], expected[1], atol=0.1)
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=0)  # bilinear is off by 6e-3
    assert network.metric_name("fd") == "fd_dinov2"


def test_it_is_the_large_network_with_1024_features() -> None:
    with torch.device("meta"):
        network = timm.create_model(DINOv2Features.ARCHITECTURE, img_size=224, num_classes=0)
    assert network.num_features == 1024 and network.global_pool == "token" and len(network.blocks) == 24
    assert network.pretrained_cfg["mean"] == (0.485, 0.456, 0.406)


def test_weights_that_cannot_be_had_name_the_file_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: None
) -> None:
    def offline(*args: object, **more: object) -> None:
        raise OSError("no route to host")

    monkeypatch.setattr(timm, "create_model", offline)
    said = r"vit_small_patch14_dinov2.*no route to host.*dinov2_weights=FILE.*features=efficientnet_lite2"
    with pytest.raises(ValueError, match=said):
        load_metric_network("dinov2")
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"no\.pth: no such file"):
        load_metric_network("dinov2", dinov2_weights=tmp_path / "no.pth")
    with pytest.raises(ValueError, match="dinov2_weights=x go with features=dinov2, not efficientnet_lite2"):
        load_metric_network("efficientnet_lite2", dinov2_weights=Path("x"))


def test_damaged_and_other_files_are_refused(tmp_path: Path, small: None) -> None:
    (damaged := tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ValueError, match=r"model\.safetensors is damaged"):
        DINOv2Features(damaged)
    save_file({"weight": torch.zeros(3)}, other := tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match=r"other\.safetensors does not hold the weights of vit_small"):
        DINOv2Features(other)


def test_pictures_of_folders_are_measured_by_it(
    weights: Path, small: None, verbs: Verbs, tmp_path: Path
) -> None:
    photos = write_photos(tmp_path, 4)
    words = (f"generated={photos}", f"real={photos}", f"folder={tmp_path / 'out'}", f"out={tmp_path}")
    said = verbs.succeeds("test", *words, "metrics=[fd]", "features=dinov2", f"dinov2_weights={weights}")
    assert "fd_dinov2_real_4" in said
