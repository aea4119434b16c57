"""Whatever is not an official release is refused in one line that names what does not fit."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from models.official import read_release
from tests.models.official.refused import refused, states
from tests.references import official_weights as made_up
from tests.references.official_weights import Generator, Weights


def test_a_tensor_too_many(weights: Weights, tmp_path: Path) -> None:
    weights.tensors["attention.weight"] = torch.zeros(3, 3)
    weights.tensors["further.weight"] = torch.zeros(3, 3)
    weights.save(tmp_path, "G")
    refused(tmp_path, "latest_net_G.pth", "'attention.weight' (3, 3)", "SPADE")


def test_a_tensor_too_few(weights: Weights, tmp_path: Path) -> None:
    del weights.tensors["up_1.norm_0.mlp_beta.bias"], weights.tensors["up_3.norm_0.mlp_beta.bias"]
    weights.save(tmp_path, "G")
    refused(tmp_path, "'up_1.norm_0.mlp_beta.bias' (16,)", "missing")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("head_0.norm_0.mlp_shared.0.weight", (8, 5, 3)),
        ("G_middle_0.norm_1.mlp_shared.0.weight", (9, 5, 3, 3)),
        ("up_0.conv_s.weight_orig", (16, 32, 3, 3)),
        ("up_2.conv_1.weight_u", (5,)),
        ("fc.weight", (32, 4, 3, 3)),
        ("conv_img.weight", (4, 2, 3, 3)),
        ("head_0.norm_0.param_free_norm.running_var", (31,)),
    ],
)
def test_a_shape_that_does_not_fit(
    name: str, shape: tuple[int, ...], weights: Weights, tmp_path: Path
) -> None:
    weights.tensors[name] = torch.zeros(shape)
    weights.save(tmp_path, "G")
    refused(tmp_path, f"'{name}' has shape {shape}")


def test_another_network(tmp_path: Path) -> None:
    torch.save(torch.nn.Sequential(torch.nn.Linear(3, 3)).state_dict(), tmp_path / "latest_net_G.pth")
    refused(tmp_path, "'0.weight' (3, 3)", "SPADE, SEAN, CLADE, pix2pixHD or OASIS")


def test_a_sean_whose_classes_disagree(tmp_path: Path) -> None:
    made = made_up.spade_generator(Generator(styles=4, hidden=8))
    del made.tensors["G_middle_1.ace_0.fc_mu4.weight"]
    made.save(tmp_path, "G")
    refused(tmp_path, "'G_middle_1.ace_0.fc_mu4.weight' (4, 4)", "missing", "SEAN")


def test_a_sean_with_borders(tmp_path: Path) -> None:
    """The official code gives the border channel a style of its own, so no other network agrees with it."""
    made_up.spade_generator(Generator(channels=6, styles=4, hidden=8, linears=19)).save(tmp_path, "G")
    refused(tmp_path, "'head_0.ace_0.Spade.mlp_shared.0.weight'", "instance border", no_instance=False)
    (tmp_path / "options.json").write_text('{"label_nc": 5, "no_instance": false}')
    refused(tmp_path, "'head_0.ace_0.Spade.mlp_shared.0.weight'", "instance border")


def test_a_sean_with_linear_layers_that_none_has(tmp_path: Path) -> None:
    made_up.spade_generator(Generator(channels=6, styles=4, hidden=8, linears=20)).save(tmp_path, "G")
    refused(tmp_path, "'head_0.ace_0.fc_mu19.weight' (4, 4)", "SEAN")


def test_an_encoder_of_small_images(tmp_path: Path) -> None:
    """Below a crop of 256 the official encoder has five layers, and cannot run."""
    made_up.spade_generator(Generator(latent=(2, 2), styles=6, hidden=8)).save(tmp_path, "G")
    made = made_up.image_encoder(2, 6)
    for name in [name for name in made.tensors if name.startswith("layer6.")]:
        del made.tensors[name]
    made.save(tmp_path, "E")
    refused(tmp_path, "latest_net_E.pth", "'layer6.0.weight_orig' (16, 16, 3, 3)", "missing")


def test_the_original_pix2pixhd(tmp_path: Path) -> None:
    """Of another code, with its norms beside its convolutions."""
    names = {"model.1.weight": (8, 5, 7, 7), "model.4.weight": (16, 8, 3, 3)}
    names |= {"model.7.conv_block.1.weight": (16, 16, 3, 3)}
    torch.save({name: torch.ones(shape) for name, shape in names.items()}, tmp_path / "latest_net_G.pth")
    refused(tmp_path, "'model.4.weight' (16, 8, 3, 3)", "pix2pixHD")


def test_a_pix2pixhd_with_another_sequence(tmp_path: Path) -> None:
    made = made_up.pix2pixhd_generator(5)
    made.tensors["model.12.0.weight"] = torch.zeros(1)
    made.save(tmp_path, "G")
    refused(tmp_path, "'model.12.0.weight' (1,)", "pix2pixHD")


def test_a_discriminator_of_other_classes(weights: Weights, tmp_path: Path) -> None:
    made_up.discriminator(6).save(tmp_path, "D")
    refused(
        tmp_path,
        "latest_net_D.pth",
        "'discriminator_0.model0.0.weight' has shape (4, 9, 4, 4)",
        "(4, 8, 4, 4)",
    )


def test_a_discriminator_of_one_layer(weights: Weights, tmp_path: Path) -> None:
    made = made_up.discriminator(5)
    made.tensors = {name: tensor for name, tensor in made.tensors.items() if ".model0." in name}
    made.save(tmp_path, "D")
    refused(tmp_path, "latest_net_D.pth", "'discriminator_0.model1.0.0.weight' is missing")


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("Zencoder.model.10.bias", (128,), "(256,)"),
        ("Zencoder.model.1.bias", None, "missing"),
        ("up_3.ace_s.blending_beta", None, "missing"),
        ("up_3.ace_0.blending_gamma", (2,), "(1,)"),
        ("up_1.ace_0.fc_mu7.bias", (5,), "(4,)"),
        ("up_1.ace_0.Spade.param_free_norm.running_var", (15,), "(16,)"),
        ("up_1.ace_0.Spade.param_free_norm.num_batches_tracked", (1,), "()"),
        ("up_1.ace_0.Spade.param_free_norm.weight", (16,), "is no part"),
        ("up_3.ace_0.fc_mu7.bias", (4,), "is no part"),
    ],
)
def test_what_the_official_sean_never_uses(
    name: str, shape: tuple[int, ...] | None, expected: str, tmp_path: Path
) -> None:
    made = made_up.spade_generator(Generator(channels=6, styles=4, hidden=8, linears=19))
    made.save(tmp_path, "G")
    states(read_release(tmp_path, {"no_instance": True}))
    if shape is None:
        del made.tensors[name]
    else:
        made.tensors[name] = torch.zeros(shape)
    made.save(tmp_path, "G")
    refused(tmp_path, f"'{name}'", expected, no_instance=True)


def test_an_encoder_of_another_generator(weights: Weights, tmp_path: Path) -> None:
    made_up.image_encoder(2, 7).save(tmp_path, "E")
    refused(tmp_path, "latest_net_E.pth", "'fc_mu.weight'", "width 7", "takes none")
    made_up.spade_generator(Generator(latent=(2, 2), styles=6)).save(tmp_path, "G")
    refused(tmp_path, "latest_net_E.pth", "'fc_mu.weight'", "width 7", "takes 6")
    for other in (made_up.spade_generator(Generator(styles=4, hidden=8)), made_up.pix2pixhd_generator(5)):
        other.save(tmp_path, "G")
        refused(tmp_path, "latest_net_E.pth", "'fc_mu.weight'", "width 7", "takes none")


def test_which_file_is_the_generator(weights: Weights, tmp_path: Path) -> None:
    path = tmp_path / "latest_net_G.pth"
    refused(tmp_path / "absent", "absent", "not a folder")
    path.rename(tmp_path / "30_net_G.pth")
    made_up.discriminator(5).save(tmp_path, "D", epoch="40")
    found = read_release(tmp_path)
    assert "D" not in found.files, "a discriminator of another epoch"
    shutil.copy(tmp_path / "30_net_G.pth", tmp_path / "40_net_G.pth")
    refused(tmp_path, "30_net_G.pth, 40_net_G.pth", "latest_net_G.pth")
    shutil.copy(tmp_path / "40_net_G.pth", path)
    assert read_release(tmp_path).family == "spade"
    for file in tmp_path.glob("*_net_G.pth"):
        file.unlink()
    refused(tmp_path, "no file *_net_G.pth")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"label_nc": 9}, ("mlp_shared.0.weight", "5 input channels", "9")),
        ({"label_nc": 5, "no_instance": False}, ("5 input channels", "no_instance=False")),
        ({"label_nc": "five"}, ("options.json", "label_nc='five'")),
        ({"label_nc": True}, ("options.json", "label_nc=True")),
        ({"no_instance": 1}, ("options.json", "no_instance=1")),
        ({"crop_size": 0}, ("options.json", "crop_size=0")),
        ({"crop_size": 64.5}, ("options.json", "crop_size=64.5")),
        ({"aspect_ratio": 0}, ("options.json", "aspect_ratio=0")),
        ({"aspect_ratio": "wide"}, ("options.json", "aspect_ratio='wide'")),
        ({"num_upsampling_layers": "most"}, ("'most'", "up_4")),
        ({"num_upsampling_layers": "lots"}, ("options.json", "lots", "normal or more")),
    ],
)
def test_options_that_disagree(
    options: dict[str, object], words: tuple[str, ...], weights: Weights, tmp_path: Path
) -> None:
    (tmp_path / "options.json").write_text(json.dumps(options))
    refused(tmp_path, *words)


@pytest.mark.parametrize("text", ["{", "[1, 2]", "[" * 100_000, "\xff\xfe"])
def test_options_that_are_no_options(text: str, weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "options.json").write_text(text, encoding="latin-1")
    refused(tmp_path, "options.json")


def test_arguments(weights: Weights, tmp_path: Path) -> None:
    refused(tmp_path, "'lots'", "normal or more", num_upsampling_layers="lots")
    refused(tmp_path, "aspect_ratio=0", aspect_ratio=0)
    refused(tmp_path, "'most'", "up_4", num_upsampling_layers="most")


def test_a_vae_that_is_not_square(tmp_path: Path) -> None:
    made_up.spade_generator(Generator(latent=(3, 4), styles=6)).save(tmp_path, "G")
    refused(tmp_path, "12 pixels", "--aspect-ratio")
    refused(tmp_path, "12 pixels", "aspect ratio 2", aspect_ratio=2)
    assert "no encoder" in read_release(tmp_path, {"aspect_ratio": 4 / 3}).setup.warnings[-1]


OPT_TXT = """----------------- Options ---------------
             aspect_ratio: 2.0                           \t[default: 1.0]
   contain_dontcare_label: False
                crop_size: 128                           \t[default: 256]
                 label_nc: 4                             \t[default: 13]
                     name: a [default: strange] name     \t[default: label2coco]
              no_instance: False
                   norm_G: spectralspadesyncbatch3x3     \t[default: spectralinstance]
    num_upsampling_layers: more                          \t[default: normal]
                    lr_sc: None
----------------- End -------------------
"""


def test_the_official_text_of_options(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "opt.txt").write_text(OPT_TXT)
    found = read_release(tmp_path)
    setup, networks = found.setup, found.networks
    assert setup.warnings == [] and not setup.unknown and setup.crop_size == (64, 128)
    assert (setup.classes, setup.edges, networks["generator"]["upsampling"]) == (4, True, "more")
    assert networks["norm"]["statistics"] == "sync_batch"
    assert setup.options["aspect_ratio"] == 2.0 and "lr_sc" not in setup.options
    assert setup.options["norm_G"] == "spectralspadesyncbatch3x3"
    (tmp_path / "options.json").write_text('{"num_upsampling_layers": "normal"}')
    upsampling = read_release(tmp_path).networks["generator"]["upsampling"]
    assert upsampling == "normal", "options.json goes first"
    (tmp_path / "options.json").unlink()
    (tmp_path / "opt.txt").write_text("nothing of the kind")
    refused(tmp_path, "opt.txt", "name: value")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("up_0.norm_s.inst_conv.weight", "no_instance=False"),
        ("head_0.norm_0.class_specified_affine.dist_conv_w.weight", "CLADE-ICPE"),
    ],
)
def test_a_clade_with_more_than_a_row_a_class(name: str, what: str, tmp_path: Path) -> None:
    made = made_up.spade_generator(Generator(clade=True))
    made.tensors[name] = torch.zeros(1, 1, 1, 1)
    made.save(tmp_path, "G")
    refused(tmp_path, "latest_net_G.pth", name, what, "cannot be opened")
