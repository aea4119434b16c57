"""Mean styles against means taken photo by photo and class by class; kept and read back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from data.batch import Batch
from engine.runtime.hardware import select_hardware
from inference.generator import LabelMapGenerator
from inference.mean_styles import mean_styles, provided_mean_styles, read_mean_styles, write_mean_styles
from models.encoders.region_style import RegionStyleEncoder
from tests.inference.test_generator import SEAN, generator_of

CLASSES, WIDTH = 4, 6


def batches() -> list[Batch]:
    """Three photos in two batches; class 2 is in the first and the last only, class 3 in none."""
    random = torch.Generator().manual_seed(0)
    photo = torch.rand(3, 3, 16, 16, generator=random) * 2 - 1
    labels = torch.zeros(3, 16, 16, dtype=torch.int64)
    labels[:, 8:] = 1
    labels[0, :4], labels[2, :, 12:] = 2, 2
    cut = [slice(0, 2), slice(2, 3)]
    return [
        Batch(photo[part], labels[part], None, torch.zeros(len(labels[part])), tuple("abc"[part]))
        for part in cut
    ]


def test_each_photo_that_shows_a_class_counts_once() -> None:
    torch.manual_seed(0)
    encoder = RegionStyleEncoder(CLASSES, WIDTH)
    codes: dict[int, list[torch.Tensor]] = {label: [] for label in range(CLASSES)}
    for batch in batches():
        for photo, labels in zip(batch.photo, batch.labels):
            features = torch.tanh(encoder.to_codes(activations(encoder, photo)))[0]  # (D, 8, 8)
            small = labels[::2, ::2]
            for label in labels.unique().tolist():
                codes[label].append(features[:, small == label].mean(1))
    assert [len(found) for found in codes.values()] == [3, 3, 2, 0]
    expected = torch.stack([torch.stack(found).mean(0) for found in list(codes.values())[:3]])
    means = mean_styles(encoder, batches())
    torch.testing.assert_close(means[:3], expected)
    assert means.shape == (CLASSES, WIDTH) and not means[3].any()


def activations(encoder: RegionStyleEncoder, photo: torch.Tensor) -> torch.Tensor:
    x = photo[None]
    for conv in encoder.convs:
        x = torch.nn.functional.leaky_relu(conv(x), 0.2)
    return x


def test_photos_are_needed() -> None:
    encoder = RegionStyleEncoder(CLASSES, WIDTH)
    without = [Batch(None, batch.labels, None, batch.style_id, batch.names) for batch in batches()]
    with pytest.raises(ValueError, match="no photo for a"):
        mean_styles(encoder, without)
    with pytest.raises(ValueError, match="no photos"):
        mean_styles(encoder, [])


def test_kept_as_tensors_and_read_back(tmp_path: Path) -> None:
    styles, file = torch.randn(CLASSES, WIDTH), tmp_path / "means.safetensors"
    assert read_mean_styles(file, (CLASSES, WIDTH)) is None
    write_mean_styles(styles, file)
    assert torch.equal(load_file(file)["mean_styles"], styles)
    assert torch.equal(read_mean_styles(file, (CLASSES, WIDTH)), styles)


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "means.safetensors"
    write_mean_styles(torch.zeros(CLASSES, WIDTH), file)
    with pytest.raises(ValueError, match=r"\(4, 6\), not \(4, 7\); remove it"):
        read_mean_styles(file, (CLASSES, WIDTH + 1))
    save_file({"other": torch.zeros(1)}, file)
    with pytest.raises(ValueError, match="holds no mean styles"):
        read_mean_styles(file, (CLASSES, WIDTH))
    file.write_bytes(file.read_bytes()[:-3])
    with pytest.raises(ValueError, match="is damaged"):
        read_mean_styles(file, (CLASSES, WIDTH))


def test_taken_once_and_kept_unless_there_are_no_photos(tmp_path: Path) -> None:
    generator, file, opened = generator_of(*SEAN), tmp_path / "means.safetensors", []

    def absent() -> list[Batch]:
        raise ValueError("no such folder")

    def photos() -> list[Batch]:
        opened.append(1)
        return batches()

    with pytest.raises(ValueError, match="no training photos to take them from: no such folder; give these"):
        provided_mean_styles(generator, absent, file)
    first = provided_mean_styles(generator, photos, file)
    torch.testing.assert_close(first, mean_styles(generator.G.encoder, batches()))
    assert torch.equal(read_mean_styles(file, (15, 4)), first)
    assert provided_mean_styles(generator, photos, file) is first and len(opened) == 1


def test_taken_with_weights_of_reduced_precision(tmp_path: Path) -> None:
    """A generator that is prepared for inference in bf16 keeps its encoder in bf16 as well."""
    plain = generator_of(*SEAN)
    expected = mean_styles(plain.G.encoder, batches())
    reduced = LabelMapGenerator(plain.G, 15, 4, select_hardware("cpu", "bf16", True), optimize=True)
    found = provided_mean_styles(reduced, batches, tmp_path / "means.safetensors")
    torch.testing.assert_close(found, expected, rtol=0.05, atol=0.05)


def test_a_file_that_cannot_be_written_is_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    write_mean_styles(torch.zeros(CLASSES, WIDTH), tmp_path / "absent" / "means.safetensors")
    assert "warning: the mean styles could not be kept in" in capsys.readouterr().out
