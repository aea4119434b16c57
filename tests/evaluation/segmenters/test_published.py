"""Segmenters from elsewhere, tiny and untrained: against the libraries called by hand."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision.models import segmentation

from data.image_range import to_uint8
from data.sources.classes import numbered_label_set
from data.sources.source import LabelSet
from evaluation.segmenters.published import (
    torchscript_segmenter,
    torchvision_segmenter,
    transformers_segmenter,
)
from tests.evaluation.made_up import pictures

LABELS = LabelSet(("sky", "road", "car"), ((0, 0, 0),) * 3, has_unknown=False)
PARTNERS = torch.tensor([1, 2, 0])


def mapped(names, count):
    assert count == 3
    return PARTNERS


@pytest.fixture(scope="module")
def segformer(tmp_path_factory):
    """A folder as the transformers library saves it."""
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.SegformerConfig(
        num_encoder_blocks=2,
        depths=[1, 1],
        sr_ratios=[2, 1],
        hidden_sizes=[8, 8],
        patch_sizes=[7, 3],
        strides=[4, 2],
        num_attention_heads=[1, 1],
        mlp_ratios=[1, 1],
        decoder_hidden_size=8,
        id2label={0: "Road", 1: "car", 2: "sky"},
        label2id={"Road": 0, "car": 1, "sky": 2},
    )
    folder = tmp_path_factory.mktemp("models") / "segformer"
    transformers.SegformerForSemanticSegmentation(config).save_pretrained(folder)
    transformers.SegformerImageProcessor(size={"height": 64, "width": 64}).save_pretrained(folder)
    return folder


@torch.no_grad()
def test_a_model_of_the_transformers_library(segformer):
    transformers = pytest.importorskip("transformers")
    seen = []

    def by_name(names, count):
        seen.append((names, count))
        return PARTNERS

    segmenter = transformers_segmenter(str(segformer), LABELS, by_name)
    assert seen == [(["Road", "car", "sky"], 3)] and segmenter.name == "segformer"
    photo = pictures(2, 30, 40)
    found = segmenter(photo)
    processor = transformers.SegformerImageProcessor.from_pretrained(segformer)
    model = transformers.SegformerForSemanticSegmentation.from_pretrained(segformer).eval()
    files = [Image.fromarray(np.moveaxis(each.numpy(), 0, -1)) for each in to_uint8(photo)]
    result = model(**processor(files, return_tensors="pt"))
    maps = processor.post_process_semantic_segmentation(result, target_sizes=[(30, 40)] * 2)
    expected = PARTNERS[torch.stack(maps)]
    assert found.shape == (2, 30, 40)
    assert (found == expected).float().mean() > 0.99


def test_a_model_that_is_not_there_or_is_a_pickle_is_refused(segformer, tmp_path):
    with pytest.raises(ValueError, match="no such semantic segmentation model"):
        transformers_segmenter(str(tmp_path / "absent"), LABELS, mapped)
    for name in ("config.json", "preprocessor_config.json"):
        (tmp_path / name).write_bytes((segformer / name).read_bytes())
    torch.save({"decode_head.classifier.weight": torch.zeros(3)}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ValueError, match="safetensors"):
        transformers_segmenter(str(tmp_path), LABELS, mapped)


def normalised(photo):
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    return ((photo + 1) / 2 - mean[:, None, None]) / deviation[:, None, None]


@torch.no_grad()
def test_a_network_of_torchvision(tmp_path):
    torch.manual_seed(1)
    network = segmentation.lraspp_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=3
    ).eval()
    torch.save(network.state_dict(), tmp_path / "street.pth")
    segmenter = torchvision_segmenter("lraspp_mobilenet_v3_large", tmp_path / "street.pth", LABELS, mapped)
    photo = pictures(2, 40, 48)
    expected = PARTNERS[network(normalised(photo))["out"].argmax(1)]
    assert torch.equal(segmenter(photo), expected) and segmenter.name == "street"
    with pytest.raises(ValueError, match="choose one of"):
        torchvision_segmenter("resnet", tmp_path / "street.pth", LABELS, mapped)
    with pytest.raises(ValueError, match="does not hold the weights"):
        torchvision_segmenter("fcn_resnet50", tmp_path / "street.pth", LABELS, mapped)


class Scores(torch.nn.Module):
    """Scores at half size: the three colours."""

    def forward(self, photo: torch.Tensor) -> torch.Tensor:
        return F.avg_pool2d(photo, 2)


@pytest.mark.filterwarnings("ignore:.torch.jit.script")
@torch.no_grad()
def test_a_torchscript_file_is_only_run_where_a_person_says_so(tmp_path):
    file = tmp_path / "colours.pt"
    torch.jit.script(Scores()).save(str(file))
    with pytest.raises(ValueError, match=r"is a program.*segmenter\.run_code=true"):
        torchscript_segmenter(file, LABELS, mapped, run_code=False)
    segmenter = torchscript_segmenter(file, LABELS, mapped, run_code=True)
    photo = torch.full((1, 3, 8, 8), -1.0)
    photo[:, 2, :, 4:] = 1
    found = segmenter(photo)
    assert found[0, 0, -1] == PARTNERS[2] and found.shape == (1, 8, 8)
    file.write_bytes(b"no archive")
    with pytest.raises(ValueError, match="no TorchScript file"):
        torchscript_segmenter(file, LABELS, mapped, run_code=True)


@pytest.mark.filterwarnings("ignore:.torch.jit.script")
def test_scores_of_another_number_of_classes_are_refused(tmp_path):
    file = tmp_path / "colours.pt"
    torch.jit.script(Scores()).save(str(file))
    segmenter = torchscript_segmenter(
        file, numbered_label_set(4, has_unknown=False), lambda names, count: torch.arange(4), run_code=True
    )
    with pytest.raises(ValueError, match="it must return scores"):
        segmenter(torch.zeros(1, 3, 8, 8))
