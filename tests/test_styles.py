"""Styles from the command line: own, of other photos, mixed by region, between two, drawn, by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from data.dataset_info import DatasetInfo
from data.image_range import from_uint8, to_uint8
from data.scenes.styles import STYLES as SCENE_STYLES
from data.sources.scenes import Scenes
from engine.checkpoint.checkpoint_paths import manifest_file, mean_styles_file, weights_file
from engine.checkpoint.serialization import save_weights
from inference.generator import LabelMapGenerator
from models import load_generator
from options.build.networks import build_generator
from options.run_config import read_options
from tests.data.trees import blocks, write_pair
from tests.tiny import tiny_words
from tests.verbs import Verbs

STYLES = {
    "sean": ("norm=sean", "encoder=region_style", "encoder.style_width=4"),
    "vae": ("encoder=image", "encoder.width=2", "encoder.style_width=4"),
    "cin": ("norm=cin",),
    "unet": ("generator=unet", "generator.width=2", "generator.depth=3", "generator.dropout=0.5"),
}
SIZE = ("dataset.height=64", "dataset.width=64", "dataset.instances=false")  # CIN's maps need two pixels
SKY, SUN = 0, 1


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Verbs:
    """Runs with each kind of style and without. A few steps move little: their weights are made larger."""
    verbs = Verbs(tmp_path_factory.mktemp("styles") / "checkpoints")
    for name, words in STYLES.items():
        verbs.succeeds("train", f"name={name}", "train.images=4", *tiny_words(*words, *SIZE))
        run = verbs.checkpoints / name
        network = build_generator(read_options(run), DatasetInfo.read(run))
        network.load_state_dict(load_file(weights_file(run, 4)))
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.mul_(20)
            for named, parameter in network.named_parameters():
                if "rows" in named:
                    parameter.normal_()  # at the start all styles by name have one pair
                if "to_mean" in named:
                    parameter.mul_(100)  # and those of all photos are nearly zero
        save_weights(network.state_dict(), weights_file(run, 4))
        manifest_file(run, 4).unlink()  # it knows other weights
    return verbs


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Label maps of classes 0 to 3 (sky, sun, cloud, mountain) with photos, in folders labels and photos."""
    for seed, name in enumerate("ab"):
        write_pair(tmp_path / "labels", tmp_path / "photos", name, blocks(64, 64, seed=seed, block=32))
    return tmp_path


def photo_of(given: Path, name: str) -> Tensor:
    return from_uint8(torch.from_numpy(np.array(Image.open(given / "photos" / f"{name}.png")))).permute(
        2, 0, 1
    )[None]


def labels_of(given: Path, name: str) -> Tensor:
    return torch.from_numpy(np.array(Image.open(given / "labels" / f"{name}.png"))).long()[None]


def image(given: Path, run: str, name: str, sample: int = 1) -> np.ndarray:
    folder = "images" if sample == 1 else f"images_{sample}"
    return np.asarray(Image.open(given / "out" / run / "own" / folder / f"{name}.png"))


def assert_shows(shown: np.ndarray, expected: Tensor) -> None:
    """The picture of an image (1, 3, H, W); rounding may fall either way."""
    assert shown.std() > 2, "a picture of one colour shows nothing"
    expected = to_uint8(expected)[0].permute(1, 2, 0).numpy()
    assert np.abs(shown.astype(int) - expected.astype(int)).max() <= 1


def words(given: Path, run: str, *others: str) -> tuple[str, ...]:
    return (
        f"name={run}", f"labels={given / 'labels'}", f"out={given / 'out'}", "hardware.num_workers=0", *others
    )  # fmt: skip


def generator_of(runs: Verbs, run: str) -> LabelMapGenerator:
    return load_generator(str(runs.checkpoints / run))


def test_the_end_of_training_keeps_mean_styles(verbs: Verbs) -> None:
    """Of as many photos as it was trained on: of 20,000 scenes these four."""
    verbs.succeeds("train", "name=x", "train.images=4", *tiny_words(*STYLES["sean"]))
    generator = generator_of(verbs, "x")
    source, found = Scenes("train", 32, 32), {label: [] for label in range(15)}
    for index in (0, 5_000, 10_000, 15_000):
        record = source.read(index)
        photo = torch.from_numpy(np.array(record.photo)).permute(2, 0, 1)[None] / 127.5 - 1
        codes = generator.G.encoder(photo, torch.from_numpy(record.labels)[None].long())[0]
        for label in range(15):
            if codes[label].any():
                found[label].append(codes[label])
    expected = [torch.stack(codes).mean(0) if codes else torch.zeros(4) for codes in found.values()]
    torch.testing.assert_close(generator.mean_styles, torch.stack(expected))
    verbs.succeeds("train", "name=x", "resume=true", "train.images=6", "train.keep=1")
    assert [file.name for file in (verbs.checkpoints / "x").glob("mean*")] == [
        "mean_styles-000000006.safetensors"
    ]


def test_label_maps_alone_are_made_in_the_mean_style_which_is_taken_once(runs: Verbs, given: Path) -> None:
    file = mean_styles_file(runs.checkpoints / "sean", 4)
    file.unlink()
    runs.succeeds("test", *words(given, "sean", "train_images=3"))
    generator, written = generator_of(runs, "sean"), file.stat().st_mtime_ns
    assert generator.mean_styles is not None
    assert_shows(image(given, "sean", "a"), generator(labels_of(given, "a"), styles=generator.mean_styles))
    runs.succeeds("test", *words(given, "sean", "train_images=3"))
    assert file.stat().st_mtime_ns == written


def test_the_style_of_another_photo(runs: Verbs, given: Path) -> None:
    style = f"style={given / 'photos' / 'b.png'}", f"style_labels={given / 'labels' / 'b.png'}"
    runs.succeeds("test", *words(given, "sean", *style))
    generator = generator_of(runs, "sean")
    codes = generator.styles(photo_of(given, "b"), labels_of(given, "b"))
    assert_shows(image(given, "sean", "a"), generator(labels_of(given, "a"), styles=codes))
    # Of b it is the style of its own photo.
    own = generator(labels_of(given, "b"), photo=photo_of(given, "b"), first=1)  # the noise of the second map
    assert_shows(image(given, "sean", "b"), own)
    runs.succeeds("test", *words(given, "sean", style[0]))
    whole = generator.styles(photo_of(given, "b"))
    assert_shows(image(given, "sean", "a"), generator(labels_of(given, "a"), styles=whole))


def test_regions_in_styles_of_their_own_and_the_way_there(runs: Verbs, given: Path) -> None:
    b, its_labels = given / "photos" / "b.png", given / "labels" / "b.png"
    requested = (
        f"photos={given / 'photos'}", f"style.sky={b}", f"style_labels.sky={its_labels}", f"style.1={b}",
        "style.cloud=mean",
    )  # fmt: skip
    printed = runs.succeeds("test", *words(given, "sean", *requested))
    assert "psnr" not in printed, "in other styles than their photos' there is nothing to measure"
    generator = generator_of(runs, "sean")
    own = generator.styles(photo_of(given, "a"), labels_of(given, "a"))
    codes = own.clone()
    codes[:, SKY] = generator.styles(photo_of(given, "b"), labels_of(given, "b"))[:, SKY]
    codes[:, SUN] = generator.styles(photo_of(given, "b"))[:, SUN]
    codes[:, 2] = generator.mean_styles[2]
    expected = [
        generator(labels_of(given, "a"), styles=own + weight * (codes - own)) for weight in (0, 0.5, 1)
    ]
    assert not torch.allclose(expected[0], expected[2], atol=0.01)
    assert_shows(image(given, "sean", "a"), expected[2])
    assert f"style.sky={b}" in (given / "out" / "sean" / "own" / "index.html").read_text()

    runs.succeeds("test", *words(given, "sean", *requested, "interpolate=3"))
    strip = np.asarray(Image.open(given / "out" / "sean" / "own" / "interpolations" / "a.png"))
    for step in range(3):
        shown = image(given, "sean", "a", step + 1)
        assert_shows(shown, expected[step])
        assert np.array_equal(strip[:, 64 * step : 64 * (step + 1)], shown)
    with Image.open(given / "out" / "sean" / "own" / "interpolations" / "a.gif") as animation:
        assert animation.n_frames == 4


def test_several_samples_of_a_label_map(runs: Verbs, given: Path) -> None:
    runs.succeeds("test", *words(given, "vae", "samples=3"))
    first = {(name, sample): image(given, "vae", name, sample) for name in "ab" for sample in (1, 2, 3)}
    assert len({shown.tobytes() for shown in first.values()}) == 6
    page = (given / "out" / "vae" / "own" / "index.html").read_text()
    assert all(
        f"{folder}/{name}.png" in page for name in "ab" for folder in ("images", "images_2", "images_3")
    )
    runs.succeeds("test", *words(given, "vae", "samples=2"))
    for name in "ab":
        for sample in (1, 2):
            assert np.array_equal(image(given, "vae", name, sample), first[name, sample])
    runs.succeeds("test", *words(given, "vae", "samples=2", "seed=1"))
    assert not np.array_equal(image(given, "vae", "a"), first["a", 1])


def test_the_style_of_a_photo_of_any_size(runs: Verbs, given: Path) -> None:
    Image.open(given / "photos" / "b.png").resize((45, 70)).save(given / "tall.png")
    runs.succeeds("test", *words(given, "vae", f"style={given / 'photos' / 'b.png'}"))
    generator = generator_of(runs, "vae")
    expected = generator(labels_of(given, "a"), styles=generator.styles(photo_of(given, "b")))
    assert_shows(image(given, "vae", "a"), expected)
    runs.succeeds("test", *words(given, "vae", f"style={given / 'tall.png'}", "interpolate=2"))
    assert (given / "out" / "vae" / "own" / "interpolations" / "b.gif").is_file()


def test_noise_does_not_depend_on_the_batch(runs: Verbs, tmp_path: Path) -> None:
    """Of a U-Net, whose noise is dropout: test.py in batches of three and of one, and in Python."""

    def pictures(batch_size: int) -> list[np.ndarray]:
        folder = tmp_path / str(batch_size)
        runs.succeeds(
            "test", "name=unet", "images=3", f"batch_size={batch_size}", f"folder={folder}",
            "metrics=[psnr]", "lpips=none", "hardware.num_workers=0",
        )  # fmt: skip
        return [np.asarray(Image.open(file)) for file in sorted((folder / "images").iterdir())]

    alone, together = pictures(1), pictures(3)
    assert len(alone) == 3 and all(np.array_equal(*pair) for pair in zip(alone, together))
    labels = torch.from_numpy(Scenes("val", 64, 64).read(2).labels).long()
    assert_shows(alone[2], generator_of(runs, "unet")(labels, first=2))


def test_styles_by_name(runs: Verbs, given: Path) -> None:
    names = tuple(SCENE_STYLES)
    runs.succeeds("test", *words(given, "cin", "style_name=all"))
    generator = generator_of(runs, "cin")
    for style_id in range(len(names)):
        expected = generator(labels_of(given, "a"), style_id=torch.tensor([style_id]))
        assert_shows(image(given, "cin", "a", style_id + 1), expected)
    runs.succeeds("test", *words(given, "cin", f"style_name={names[2]}"))
    expected = generator(labels_of(given, "a"), style_id=torch.tensor([2]))
    assert_shows(image(given, "cin", "a"), expected)


def test_mistakes_get_one_line(runs: Verbs, given: Path) -> None:
    b = given / "photos" / "b.png"
    printed = runs.refuses("test", *words(given, "sean", f"style.skyy={b}"))
    assert "style.skyy: no such class; did you mean sky? there are sky, sun, cloud, mountain," in printed
    printed = runs.refuses("test", *words(given, "sean", f"style.sky={b}", "style_label.sky=x"))
    assert "style_label.sky: no such option; did you mean style_labels?" in printed
    printed = runs.refuses("test", *words(given, "sean", f"+style.sky={b}"))
    assert "options are neither added nor taken away" in printed
    assert "interpolate=1: give 2 or more" in runs.refuses(
        "test", *words(given, "sean", f"style={b}", "interpolate=1")
    )
    assert "samples=0: give 1 or more" in runs.refuses("test", *words(given, "vae", "samples=0"))
    assert "there is no such file" in runs.refuses("test", *words(given, "sean", "style.sky=absent.png"))
    printed = runs.refuses("test", *words(given, "vae", f"style.sky={b}"))
    assert "style.sky: this run has one style for all regions; write style=PHOTO" in printed
    assert "norm=sean, norm=adain or encoder=image" in runs.refuses(
        "test", *words(given, "cin", f"style={b}")
    )
    Image.fromarray(np.full((64, 64), SUN, np.uint8)).save(given / "sun.png")
    printed = runs.refuses(
        "test", *words(given, "sean", f"style.sky={b}", f"style_labels.sky={given / 'sun.png'}")
    )
    assert "sun.png shows no sky, but sun; without its label map the style of the whole photo" in printed
    Image.fromarray(np.zeros((64, 63), np.uint8)).save(given / "narrow.png")
    printed = runs.refuses(
        "test", *words(given, "sean", f"style={b}", f"style_labels={given / 'narrow.png'}")
    )
    assert "a label map, its photo and its instance map must have one size" in printed
