"""Noise from the command line: samples, other noise of a class, the way from one to another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from engine.checkpoint.checkpoint_paths import manifest_file, weights_file
from engine.runtime.determinism import noise_vector_seed
from inference.noise_sampling import mixed
from models import load_generator
from tests.data.trees import blocks, write_pair
from tests.tiny import tiny_words
from tests.verbs import Verbs

SIZE = ("dataset.height=64", "dataset.width=64", "dataset.instances=false")
NAMES = ("sky", "sun", "cloud", "mountain")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Verbs:
    """A run with noise, and one without. A few steps move little: weights are made larger."""
    verbs = Verbs(tmp_path_factory.mktemp("noise") / "checkpoints")
    for name, words in (("noisy", ("generator.noise=8", "generator.first_block=false")), ("plain", ())):
        verbs.succeeds("train", f"name={name}", "train.images=4", *tiny_words("norm=spade", *words, *SIZE))
        file = weights_file(verbs.checkpoints / name, 4)
        state = load_file(file)
        learned = [key for key in state if key.endswith(("weight", "bias", "original"))]
        save_file(state | {key: 20 * state[key] for key in learned}, file)
        manifest_file(verbs.checkpoints / name, 4).unlink()  # it knows other weights
    return verbs


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Label maps of classes 0 to 3 (sky, sun, cloud, mountain) whose names are those of samples."""
    for seed, name in enumerate(("a", "a_2")):
        write_pair(tmp_path / "labels", tmp_path / "photos", name, blocks(64, 64, seed=seed, block=32))
    return tmp_path


def words(given: Path, run: str, *others: str) -> tuple[str, ...]:
    return (
        f"name={run}", f"labels={given / 'labels'}", f"folder={given / 'out'}", "hardware.num_workers=0",
        *others,
    )  # fmt: skip


def shown(given: Path, name: str, folder: str = "images") -> np.ndarray:
    return np.asarray(Image.open(given / "out" / folder / f"{name}.png")).astype(int)


def expected(runs: Verbs, given: Path, name: str, z: Tensor) -> np.ndarray:
    labels = torch.from_numpy(np.array(Image.open(given / "labels" / f"{name}.png"))).long()
    made = load_generator(str(runs.checkpoints / "noisy"))(labels, z=z)[0].permute(1, 2, 0)
    return ((made + 1) * 127.5).round().numpy()


def drawn(seed: int, place: int, sample: int = 0) -> Tensor:
    rng = torch.Generator().manual_seed(noise_vector_seed(seed, sample, place))
    return torch.randn(8, generator=rng)


def test_samples_of_each_label_map(runs: Verbs, given: Path) -> None:
    runs.succeeds("test", *words(given, "noisy", "samples=3"))
    for place, name in enumerate(("a", "a_2")):
        for sample, folder in enumerate(("images", "images_2", "images_3")):
            image = shown(given, name, folder)
            assert image.std() > 2, "a picture of one colour shows nothing"
            assert np.abs(image - expected(runs, given, name, drawn(0, place, sample))).max() <= 1
    assert not np.array_equal(shown(given, "a"), shown(given, "a", "images_2"))
    runs.succeeds("test", *words(given, "noisy", "seed=1"))
    assert np.abs(shown(given, "a_2") - expected(runs, given, "a_2", drawn(1, 1))).max() <= 1


def test_other_noise_in_a_class(runs: Verbs, given: Path) -> None:
    label = int(np.array(Image.open(given / "labels" / "a.png"))[0, 0])
    runs.succeeds("test", *words(given, "noisy", f"noise.{NAMES[label]}=5", "interpolate=3"))
    strip = np.asarray(Image.open(given / "out" / "interpolations" / "a.png")).astype(int)
    for step, weight in enumerate((0, 0.5, 1)):
        z = drawn(0, 0).repeat(15, 1)[None]
        z[:, label] = mixed(drawn(0, 0), drawn(5, 0), weight)
        assert np.abs(strip[:, 64 * step : 64 * (step + 1)] - expected(runs, given, "a", z)).max() <= 1
    assert not np.array_equal(strip[:, :64], strip[:, -64:])
    assert f"noise.{NAMES[label]}=5" in (given / "out" / "index.html").read_text()


def test_other_noise_everywhere(runs: Verbs, given: Path) -> None:
    runs.succeeds("test", *words(given, "noisy", "noise=5"))
    assert np.abs(shown(given, "a") - expected(runs, given, "a", drawn(5, 0))).max() <= 1


def test_mistakes_get_one_line(runs: Verbs, given: Path) -> None:
    printed = runs.refuses("test", *words(given, "noisy", "noise.skyy=1"))
    assert "noise.skyy: no such class; did you mean sky? there are sky, sun, cloud, mountain," in printed
    assert "noise.sky=-1: give 0 or more" in runs.refuses("test", *words(given, "noisy", "noise.sky=-1"))
    printed = runs.refuses("test", *words(given, "plain", "noise.sky=1"))
    assert "noise.sky=1: that is for runs of generator.noise=64, which this one is not" in printed
    assert "noise" in runs.refuses("test", *words(given, "noisy", "noise.sky=blue"))
    printed = runs.refuses("train", "name=x", "train.images=4", "norm=batch", "generator.noise=8")
    assert "set norm=spade or sean or clade, or leave generator.noise out" in printed
