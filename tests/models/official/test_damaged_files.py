"""Files that are damaged, hold a program, or claim a size beyond their own are refused; nothing is run."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from models.official import read_release
from tests.models.official.refused import refused
from tests.references.official_weights import Weights


def test_a_program_is_never_run(weights: Weights, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return (Path.touch, (tmp_path / "touched",))

    for content in ({"fc.weight": Evil()}, Evil()):
        torch.save(content, tmp_path / "latest_net_G.pth")
        refused(tmp_path, "latest_net_G.pth", "holds more than tensors")
    weights.save(tmp_path, "G")
    (tmp_path / "opt.pkl").write_bytes(pickle.dumps(Evil()))
    assert read_release(tmp_path).family == "spade"
    assert not (tmp_path / "touched").exists()


def test_damaged_files(weights: Weights, tmp_path: Path) -> None:
    path = tmp_path / "latest_net_G.pth"
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"not a state dict", whole[: 3 * len(whole) // 4]):
        path.write_bytes(damaged)
        refused(tmp_path, "latest_net_G.pth", "damaged")


@pytest.mark.parametrize("content", [[torch.zeros(1)], {}, {"a": 1}, {1: torch.zeros(1)}, torch.zeros(2)])
def test_what_is_no_state_dict(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "latest_net_G.pth")
    refused(tmp_path, "latest_net_G.pth")


def test_integers_are_no_weights(weights: Weights, tmp_path: Path) -> None:
    weights.tensors["fc.bias"] = torch.zeros(32, dtype=torch.int64)
    weights.save(tmp_path, "G")
    refused(tmp_path, "'fc.bias'", "int64")


def test_a_shape_larger_than_its_file(weights: Weights, tmp_path: Path) -> None:
    """A few bytes that claim to be a thousand gigabytes."""
    weights.tensors["fc.weight"] = torch.zeros(1).expand(2**19, 2**19)
    weights.save(tmp_path, "G")
    refused(tmp_path, "'fc.weight' (524288, 524288)", "larger than its file")


def test_a_file_that_swells(weights: Weights, tmp_path: Path) -> None:
    """A compressed archive: few bytes on the disk, any number in memory."""
    weights.tensors["fc.bias"] = torch.zeros(2**20)
    weights.save(tmp_path, "G")
    path = tmp_path / "latest_net_G.pth"
    with zipfile.ZipFile(path) as packed, zipfile.ZipFile(tmp_path / "new", "w", zipfile.ZIP_DEFLATED) as new:
        for entry in packed.infolist():
            new.writestr(entry.filename, packed.read(entry))
    (tmp_path / "new").rename(path)
    refused(tmp_path, "latest_net_G.pth", "more than its own size")
