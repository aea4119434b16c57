"""Damaged checkpoints, and those of strangers: named, passed over or refused, and nothing of them is run."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from engine.checkpoint.checkpoint import Checkpoint, read_network
from engine.checkpoint.checkpoint_paths import (
    BEST,
    LATEST,
    complete_checkpoints,
    discriminator_file,
    latest_images,
    manifest_file,
    state_file,
    weights_file,
)
from engine.checkpoint.serialization import read_state, save_state, save_weights
from tests.engine.checkpoint.test_checkpoint import SmallRun, assert_equal
from tests.test_train_and_generate import assert_same

FORMER = {version: Path(__file__).parent / f"format_{version}" for version in (1, 2)}
"""Runs that earlier versions saved."""


def saved_twice(run: Path) -> SmallRun:
    small = SmallRun(run)
    for _ in range(2):
        small.step()
        small.save()
    return small


def flip(file: Path, place: float) -> None:
    """One bit of a file."""
    content = bytearray(file.read_bytes())
    content[int(place * (len(content) - 1))] ^= 16
    file.write_bytes(content)


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_a_flipped_bit_is_named_and_the_one_before_is_used(place: float, tmp_path: Path) -> None:
    saved_twice(tmp_path)
    flip(state_file(tmp_path, 4), place)
    with pytest.raises(ValueError, match=r"state-000000004.* is damaged.*SHA-256.*resume=true would go on"):
        SmallRun(tmp_path, seed=1).checkpoint.restore(exact=True)
    again = SmallRun(tmp_path, seed=1)
    assert again.checkpoint.restore() == again.progress.images == 2
    (why,) = again.checkpoint.passed_over
    assert str(state_file(tmp_path, 4)) in why


@pytest.mark.parametrize("name", ["state", "manifest"])
@pytest.mark.parametrize("length", [0, 10, 200])
def test_a_truncated_file_is_named_and_the_one_before_is_used(name: str, length: int, tmp_path: Path) -> None:
    saved_twice(tmp_path)
    file = (state_file if name == "state" else manifest_file)(tmp_path, 4)
    file.write_bytes(file.read_bytes()[:length])
    again = SmallRun(tmp_path, seed=1)
    assert again.checkpoint.restore() == 2
    assert f"{file} is damaged" in again.checkpoint.passed_over[0]


def test_a_run_that_went_back_writes_over_the_damaged_one(tmp_path: Path) -> None:
    saved_twice(tmp_path)
    flip(state_file(tmp_path, 4), 0.5)
    again = SmallRun(tmp_path, seed=1)
    again.checkpoint.restore()
    again.step()
    again.save()
    other = SmallRun(tmp_path, seed=2)
    assert other.checkpoint.restore(exact=True) == 4
    assert_equal(again, other)


def test_where_none_is_whole_all_are_named(tmp_path: Path) -> None:
    saved_twice(tmp_path)
    for images in (2, 4):
        flip(state_file(tmp_path, images), 0.5)
    with pytest.raises(ValueError, match=r"no checkpoint to go on from: .*-000000004\..*-000000002\."):
        SmallRun(tmp_path).checkpoint.restore()


def test_a_part_that_is_not_what_it_should_be(tmp_path: Path) -> None:
    """With a right checksum, and on the inside another thing."""
    small = saved_twice(tmp_path)
    sound = read_state(state_file(tmp_path, 4))
    for part, nonsense in [
        ("progress", {"images": "many", "seconds": 1.0}),
        ("progress", {"images": -4, "seconds": 1.0}),
        ("progress", 3),
        ("opt_G", {"state": {99: {"exp_avg": torch.zeros(2)}}}),
        ("opt_G", {"state": {"first": {"exp_avg": torch.zeros(2)}}}),
        ("opt_G", {"state": {0: {"exp_avg": 3}}}),
        ("opt_G", []),
        ("G", None),
        ("ema", {"0.weight": 1}),
    ]:
        manifest_file(tmp_path, 4).unlink(missing_ok=True)
        save_state(sound | {part: nonsense}, state_file(tmp_path, 4))
        assert small.checkpoint.restore() == 2, (part, nonsense)
        assert f"state-000000004.safetensors: {part} is damaged" in small.checkpoint.passed_over[0]


def test_moments_of_another_shape_are_refused_before_they_are_taken(tmp_path: Path) -> None:
    small = saved_twice(tmp_path)
    state = read_state(state_file(tmp_path, 4))
    state["opt_G"]["state"]["0"]["exp_avg"] = torch.zeros(7)
    manifest_file(tmp_path, 4).unlink()
    save_state(state, state_file(tmp_path, 4))
    with pytest.raises(ValueError, match=r"exp_avg of weight 0 is \(7,\) there and \(4, 4\)"):
        small.checkpoint.restore()


def test_rates_are_those_of_the_options(tmp_path: Path) -> None:
    """What users change when resuming is not undone by the file."""
    saved_twice(tmp_path)
    again = SmallRun(tmp_path, seed=1)
    again.optimizer.param_groups[0]["betas"] = (0.5, 0.9)
    again.checkpoint.restore()
    assert again.optimizer.param_groups[0]["betas"] == (0.5, 0.9)


@pytest.mark.parametrize("version", [1, 2])
def test_a_checkpoint_of_a_former_format_is_taken(version: int, tmp_path: Path) -> None:
    """Written by earlier versions of the program: 3 steps from seed 0."""
    run = tmp_path / "run"
    shutil.copytree(FORMER[version], run)
    again = SmallRun(run, seed=1)
    assert again.checkpoint.restore(exact=True) == again.progress.images == 6
    stored = torch.load(run / "state-000000006.pt", weights_only=True)
    assert stored["format"] == version
    for name, tensor in again.network.state_dict().items():
        assert torch.equal(tensor, stored["G"][name]), name
    assert_same(again.optimizer.state_dict()["state"], stored["opt_G"]["state"])
    again.step()
    again.save()
    assert complete_checkpoints(run) == [6, 8] and manifest_file(run, 8).is_file()
    assert SmallRun(run, seed=2).checkpoint.restore(exact=True) == 8


@pytest.mark.parametrize("version", [1, 2])
def test_a_network_of_a_former_checkpoint(version: int) -> None:
    stored = torch.load(FORMER[version] / "state-000000006.pt", weights_only=True)
    for part in ("G", "ema"):
        found = read_network(FORMER[version], 6, part)
        assert_same(dict(sorted(found.items())), dict(sorted(stored[part].items())))


def test_a_former_state_gives_way_to_a_new_one_of_as_many_images(tmp_path: Path) -> None:
    """A run was taken back, and has come there again."""
    run = tmp_path / "run"
    shutil.copytree(FORMER[2], run)
    small = SmallRun(run, keep=1)
    while small.progress.images < 6:
        small.step()
    small.save()
    assert not (run / "state-000000006.pt").exists() and state_file(run, 6).suffix == ".safetensors"
    again = SmallRun(run, seed=1)
    assert again.checkpoint.restore(exact=True) == 6
    assert_equal(small, again)


def test_networks_of_a_checkpoint(tmp_path: Path) -> None:
    small = saved_twice(tmp_path)
    assert_same(read_network(tmp_path, 4, "G"), dict(small.network.state_dict()))
    averaged = read_network(tmp_path, 4, "ema")
    for name, tensor in small.ema.state_dict().items():
        assert torch.equal(averaged[name], tensor), name
    with pytest.raises(ValueError, match=r"state-000000004\.safetensors holds no D"):
        read_network(tmp_path, 4, "D")
    flip(state_file(tmp_path, 4), 0.5)
    with pytest.raises(ValueError, match=r"state-000000004\.safetensors is damaged"):
        read_network(tmp_path, 4, "G")


def test_networks_of_an_imported_release(tmp_path: Path) -> None:
    """It has weights and at most a discriminator, and no training state."""
    network = {"0.weight": torch.rand(3, 3)}
    save_weights(network, weights_file(tmp_path, 0))
    assert_same(read_network(tmp_path, 0, "ema"), network)
    for part in ("G", "D"):
        with pytest.raises(ValueError, match=f"{tmp_path} has kept no {part} after 0 images"):
            read_network(tmp_path, 0, part)
    save_weights({"1.bias": torch.ones(2)}, discriminator_file(tmp_path, 0))
    assert_same(read_network(tmp_path, 0, "D"), {"1.bias": torch.ones(2)})


def test_the_best_and_one_every_so_often_are_kept(tmp_path: Path) -> None:
    small = SmallRun(tmp_path, keep=1)
    small.checkpoint.keep_every = 10
    for _ in range(8):  # after 4, 8, ... 32 images
        small.step(images=4)
        small.save()
        if small.progress.images == 16:
            (tmp_path / BEST).write_text("16\n")
    assert complete_checkpoints(tmp_path) == [12, 16, 20, 32]
    assert not state_file(tmp_path, 8).exists() and not manifest_file(tmp_path, 8).exists()


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    small = saved_twice(tmp_path)
    half = tmp_path / f".{state_file(tmp_path, 6).name}.partial"
    half.write_bytes(b"half of it")
    of_library = tmp_path / ".tmpAb12Cd"
    of_library.write_bytes(b"half of it")
    discriminator_file(tmp_path, 3).write_bytes(b"of a checkpoint that is gone")
    weights_file(tmp_path, 3).write_bytes(b"weights whose state was never written")
    again = SmallRun(tmp_path, seed=1)
    assert again.checkpoint.restore() == 4
    small.step()
    small.save()
    assert not half.exists() and not of_library.exists()
    assert not weights_file(tmp_path, 3).exists() and not discriminator_file(tmp_path, 3).exists()
    assert complete_checkpoints(tmp_path) == [2, 4, 6]


class Call:
    """Unpickles to a call of `function`."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.reduced = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.reduced


def archive(file: Path, pickled: bytes, compression: int = zipfile.ZIP_STORED, more: bytes = b"") -> None:
    """What `torch.load` takes for a file of `torch.save`."""
    with zipfile.ZipFile(file, "w", compression) as written:
        written.writestr("archive/data.pkl", pickled)
        written.writestr("archive/version", "3\n")
        if more:
            written.writestr("archive/data/0", more)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("call", [Call(os.mkdir, "made by a stranger"), Call(exec, "print()")])
def test_calls_of_a_former_state_are_refused(call: Call, tmp_path: Path) -> None:
    for protocol in (2, 4):
        archive(tmp_path / "state.pt", pickle.dumps({"G": call}, protocol))
        with pytest.raises(ValueError, match=r"state\.pt is damaged, or holds more than tensors"):
            read_state(tmp_path / "state.pt")
    assert not Path("made by a stranger").exists()


def test_compressed_records_of_a_former_state_are_refused(tmp_path: Path) -> None:
    """A gigabyte of zeros compresses to a megabyte; a file may hold many."""
    archive(tmp_path / "state.pt", pickle.dumps({}), zipfile.ZIP_DEFLATED, more=bytes(10**6))
    with pytest.raises(ValueError, match="records are larger than the file"):
        read_state(tmp_path / "state.pt")


def test_paths_of_a_manifest_lead_nowhere(tmp_path: Path) -> None:
    """Only the two names that the checkpoint must have are looked up, and in the run folder."""
    run = tmp_path / "run"
    run.mkdir()
    saved_twice(run)
    outside = tmp_path / "outside.safetensors"
    state_file(run, 4).rename(outside)
    manifest = manifest_file(run, 4)
    stored = json.loads(manifest.read_text())
    stored["files"]["../outside.safetensors"] = stored["files"].pop("state-000000004.safetensors")
    manifest.write_text(json.dumps(stored))
    again = SmallRun(run, seed=1)
    assert again.checkpoint.restore() == 2
    assert "state-000000004.safetensors is absent" in again.checkpoint.passed_over[0]
    (run / LATEST).write_text("../outside\n")
    assert latest_images(run) == 2


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    saved_twice(tmp_path)
    state_file(tmp_path, 4).unlink()
    os.mkfifo(state_file(tmp_path, 4))
    assert SmallRun(tmp_path, seed=1).checkpoint.restore() == 2


def test_a_folder_that_was_removed_comes_back_with_the_next_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    small = saved_twice(run)
    shutil.rmtree(run)
    small.step()
    with pytest.raises(OSError, match="No such file"):
        small.save()
    described = Checkpoint(run, small.checkpoint.parts, small.ema.network, keep=1, describe=run.mkdir)
    described.save(6)
    assert complete_checkpoints(run) == [6]
