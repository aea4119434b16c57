"""Checkpoints: what goes in comes out; no fault of disk, file or stranger costs more than the newest."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import data.atomic_write
from engine.checkpoint.checkpoint import Checkpoint
from engine.checkpoint.checkpoint_paths import (
    LATEST,
    complete_checkpoints,
    latest_images,
    manifest_file,
    state_file,
    weights_file,
)
from engine.checkpoint.serialization import load_weights, read_state, read_weights, save_state
from engine.ema import ExponentialMovingAverage
from engine.progress import Progress


class SmallRun:
    """A network with its optimizer and average, and how far they are."""

    def __init__(self, run: Path, keep: int = 3, width: int = 4, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.network = nn.Sequential(nn.Linear(width, width), nn.BatchNorm1d(width))
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=0.1)
        self.ema = ExponentialMovingAverage(self.network, 10, 1.0)
        self.progress = Progress()
        parts = {"G": self.network, "opt_G": self.optimizer, "ema": self.ema, "progress": self.progress}
        self.checkpoint = Checkpoint(run, parts, self.ema.network, keep)

    def step(self, images: int = 2) -> None:
        x = torch.randn(8, self.network[0].in_features)
        self.optimizer.zero_grad()
        self.network(x).pow(2).mean().backward()
        self.optimizer.step()
        self.progress.images += images
        self.ema.update(self.network, self.progress.images, images)

    def save(self) -> None:
        self.checkpoint.save(self.progress.images)


def moments(optimizer: torch.optim.Optimizer) -> list[torch.Tensor]:
    return [value for state in optimizer.state_dict()["state"].values() for value in state.values()]


def assert_equal(first: SmallRun, second: SmallRun) -> None:
    for name, tensor in first.network.state_dict().items():
        assert torch.equal(tensor, second.network.state_dict()[name]), name
    for name, tensor in first.ema.state_dict().items():
        assert torch.equal(tensor, second.ema.state_dict()[name]), name
    assert all(torch.equal(a, b) for a, b in zip(moments(first.optimizer), moments(second.optimizer)))
    assert len(moments(first.optimizer)) == len(moments(second.optimizer)) > 0
    assert first.progress == second.progress


def test_a_restored_run_goes_on_as_the_saved_one(tmp_path: Path) -> None:
    saved, restored = SmallRun(tmp_path), SmallRun(tmp_path, seed=1)
    for _ in range(3):
        saved.step()
    saved.save()
    assert restored.checkpoint.restore() == 6
    assert_equal(saved, restored)
    for small in (saved, restored):
        torch.manual_seed(2)
        small.step()
    assert_equal(saved, restored)


def test_weights_are_the_averaged_ones(tmp_path: Path) -> None:
    small = SmallRun(tmp_path)
    small.step()
    small.step()
    small.save()
    weights = read_weights(weights_file(tmp_path, 4))
    assert set(weights) == set(small.network.state_dict())
    for name, tensor in small.ema.state_dict().items():
        assert torch.equal(weights[name], tensor), name
    assert not torch.equal(weights["0.weight"], small.network[0].weight)


def test_a_run_without_checkpoint(tmp_path: Path) -> None:
    assert SmallRun(tmp_path).checkpoint.restore() is None
    assert latest_images(tmp_path) is None


def test_the_newest_are_kept_and_latest_names_the_last(tmp_path: Path) -> None:
    small = SmallRun(tmp_path, keep=2)
    for count in range(1, 6):
        small.step()
        small.save()
        kept = [2 * number for number in range(max(1, count - 1), count + 1)]
        assert complete_checkpoints(tmp_path) == kept
        assert latest_images(tmp_path) == kept[-1] == int((tmp_path / LATEST).read_text())
    makes = (state_file, weights_file, manifest_file)
    files = {LATEST, *(make(tmp_path, images).name for images in kept for make in makes)}
    assert set(os.listdir(tmp_path)) == files


def test_a_run_taken_back_to_an_older_checkpoint_keeps_what_latest_names(tmp_path: Path) -> None:
    small = SmallRun(tmp_path, keep=3)
    for _ in range(3):
        small.step(images=10)
        small.save()
    (tmp_path / LATEST).write_text("10\n")
    again = SmallRun(tmp_path, keep=1, seed=1)
    assert again.checkpoint.restore() == 10
    again.step(images=2)
    again.save()
    assert latest_images(tmp_path) == 12 and 12 in complete_checkpoints(tmp_path)
    assert SmallRun(tmp_path).checkpoint.restore() == 12


def test_a_state_without_its_weights_is_not_complete(tmp_path: Path) -> None:
    small = SmallRun(tmp_path)
    for _ in range(2):
        small.step()
        small.save()
    weights_file(tmp_path, 4).unlink()
    assert complete_checkpoints(tmp_path) == [2]


def test_another_architecture_names_the_first_tensor_that_differs(tmp_path: Path) -> None:
    small = SmallRun(tmp_path)
    small.step()
    small.save()
    with pytest.raises(ValueError, match=r"state-000000002.*0\.weight is \(4, 4\) there and \(5, 5\)"):
        SmallRun(tmp_path, width=5).checkpoint.restore()
    weights = read_weights(weights_file(tmp_path, 2))
    with pytest.raises(ValueError, match=r"the file .*lacks 1\.weight \(4,\)"):
        load_weights(small.network, {n: t for n, t in weights.items() if n[0] == "0"}, Path("the file"))
    with pytest.raises(ValueError, match=r"network has no 1\."):
        load_weights(nn.Sequential(nn.Linear(4, 4)), weights, Path("the file"))


def test_another_kind_of_run_or_format(tmp_path: Path) -> None:
    small = SmallRun(tmp_path)
    small.step()
    small.save()
    small.checkpoint.parts["D"] = nn.Linear(1, 1)
    with pytest.raises(ValueError, match="holds no D"):
        small.checkpoint.restore()
    manifest_file(tmp_path, 2).unlink()
    save_state({"format": 99}, state_file(tmp_path, 2))
    with pytest.raises(ValueError, match="format 99; this version reads formats 1 to 3"):
        small.checkpoint.restore()
    save_file({}, state_file(tmp_path, 2), {"values": "[1, 2]"})
    with pytest.raises(ValueError, match="holds a list"):
        small.checkpoint.restore()


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.3, 0.9, 0.999])
def test_a_truncated_file_is_named(fraction: float, tmp_path: Path) -> None:
    small = SmallRun(tmp_path)
    small.step()
    small.save()
    for file in (state_file(tmp_path, 2), weights_file(tmp_path, 2)):
        whole = file.read_bytes()
        file.write_bytes(whole[: int(fraction * len(whole))])
    with pytest.raises(ValueError, match=r"state-000000002\.safetensors is damaged"):
        small.checkpoint.restore()
    with pytest.raises(ValueError, match=r"weights-000000002\.safetensors is damaged"):
        read_weights(weights_file(tmp_path, 2))


def test_what_is_absent_is_named(tmp_path: Path) -> None:
    (tmp_path / LATEST).write_text("8\n")
    with pytest.raises(ValueError, match=r"state-000000008\.safetensors is absent"):
        SmallRun(tmp_path).checkpoint.restore()
    with pytest.raises(ValueError, match=r"weights-000000008\.safetensors is absent"):
        read_weights(weights_file(tmp_path, 8))
    (tmp_path / LATEST).write_text("eight")
    with pytest.raises(ValueError, match="holds no number"):
        latest_images(tmp_path)


def test_where_latest_is_lost_the_files_say_which_is_newest(tmp_path: Path) -> None:
    small = SmallRun(tmp_path)
    for _ in range(2):
        small.step()
        small.save()
    for damage in (b"", b"\xff\xfe", b"-4", None):
        (tmp_path / LATEST).write_bytes(damage) if damage is not None else (tmp_path / LATEST).unlink()
        assert latest_images(tmp_path) == SmallRun(tmp_path, seed=1).checkpoint.restore() == 4


class Attack:
    """What unpickles to a call."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple[object, ...]:
        return (os.mkdir, (str(self.victim),))


@pytest.mark.parametrize("plain", [True, False])
def test_a_file_with_code_in_it_is_refused_and_not_run(plain: bool, tmp_path: Path) -> None:
    victim = tmp_path / "made by the stranger's code"
    file = tmp_path / "state-000000002.pt"
    state = {"format": 2, "G": Attack(victim)}
    if plain:
        file.write_bytes(pickle.dumps(state, protocol=2))
    else:
        torch.save(state, file)
    with pytest.raises(ValueError, match="holds more than tensors"):
        read_state(file)
    assert not victim.exists()
    pickle.loads(pickle.dumps(Attack(victim)))
    assert victim.exists(), "the attack would not have worked, so this test shows nothing"


@pytest.mark.parametrize("fatal", ["weights", "state", "latest"])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_previous_checkpoint(
    fatal: str, call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = SmallRun(tmp_path, keep=1)
    small.step()
    small.save()
    small.step()
    with monkeypatch.context() as patch:
        real = getattr(os, call)

        def full(first: object, *rest: object) -> object:
            name = os.readlink(f"/proc/self/fd/{first}") if isinstance(first, int) else str(first)
            if Path(name).name.startswith(f".{fatal}"):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(first, *rest)

        patch.setattr(data.atomic_write.os, call, full)
        with pytest.raises(OSError, match="No space left"):
            small.save()
    assert_usable_after_failure(tmp_path)
    small.save()
    assert SmallRun(tmp_path).checkpoint.restore() == 4


@pytest.fixture(params=[1500, 2000])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A file system of so many KiB: one checkpoint takes 1350, a second ends in its weights or its state."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={request.param}k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not permitted here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path) -> None:
    small = SmallRun(small_disk, width=260)
    small.step()
    small.save()
    small.step()
    with pytest.raises(OSError, match=f"{small_disk}: .*No space left"):
        small.save()
    assert_usable_after_failure(small_disk)


def assert_usable_after_failure(run: Path) -> None:
    """The checkpoint after two images restores and generates; nothing half-written lies about."""
    assert SmallRun(run, width=_width(run), seed=3).checkpoint.restore() == 2
    assert read_weights(weights_file(run, 2))
    assert not list(run.glob(".*"))


def _width(run: Path) -> int:
    return len(read_weights(weights_file(run, 2))["0.bias"])
