"""Damaged checkpoints, and those of strangers: named, passed over or refused, and nothing of them is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import zipfile
from pathlib import Path

import pytest
import torch

from engine.checkpoint.checkpoint import Checkpoint
from engine.checkpoint.checkpoint_paths import (
    BEST,
    LATEST,
    complete_checkpoints,
    latest_images,
    manifest_file,
    state_file,
    weights_file,
)
from engine.checkpoint.serialization import load_tensors
from engine.checkpoint.state_archive import Unsafe, check_archive
from tests.engine.checkpoint.test_checkpoint import Player, assert_equal

FORMAT_1 = Path(__file__).parent / "format_1"


def saved_twice(run: Path) -> Player:
    player = Player(run)
    for _ in range(2):
        player.step()
        player.save()
    return player


def flip(file: Path, place: float) -> None:
    """One bit of a file."""
    content = bytearray(file.read_bytes())
    content[int(place * (len(content) - 1))] ^= 16
    file.write_bytes(content)


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_a_flipped_bit_is_named_and_the_one_before_is_used(place: float, tmp_path: Path) -> None:
    saved_twice(tmp_path)
    flip(state_file(tmp_path, 4), place)
    with pytest.raises(ValueError, match=r"state-000000004\.pt is damaged.*SHA-256.*resume=true would go on"):
        Player(tmp_path, seed=1).checkpoint.restore(exact=True)
    again = Player(tmp_path, seed=1)
    assert again.checkpoint.restore() == again.progress.images == 2
    (why,) = again.checkpoint.passed_over
    assert str(state_file(tmp_path, 4)) in why


@pytest.mark.parametrize("name", ["state", "manifest"])
@pytest.mark.parametrize("length", [0, 10, 200])
def test_a_truncated_file_is_named_and_the_one_before_is_used(name: str, length: int, tmp_path: Path) -> None:
    saved_twice(tmp_path)
    file = (state_file if name == "state" else manifest_file)(tmp_path, 4)
    file.write_bytes(file.read_bytes()[:length])
    again = Player(tmp_path, seed=1)
    assert again.checkpoint.restore() == 2
    assert f"{file} is damaged" in again.checkpoint.passed_over[0]


def test_a_run_that_went_back_writes_over_the_damaged_one(tmp_path: Path) -> None:
    saved_twice(tmp_path)
    flip(state_file(tmp_path, 4), 0.5)
    again = Player(tmp_path, seed=1)
    again.checkpoint.restore()
    again.step()
    again.save()
    other = Player(tmp_path, seed=2)
    assert other.checkpoint.restore(exact=True) == 4
    assert_equal(again, other)


def test_where_none_is_whole_all_are_named(tmp_path: Path) -> None:
    saved_twice(tmp_path)
    for images in (2, 4):
        flip(state_file(tmp_path, images), 0.5)
    with pytest.raises(ValueError, match=r"no checkpoint to go on from: .*000000004\.pt.*000000002\.pt"):
        Player(tmp_path).checkpoint.restore()


def test_a_part_that_is_not_what_it_should_be(tmp_path: Path) -> None:
    """With a right checksum, and on the inside another thing."""
    player = saved_twice(tmp_path)
    sound = load_tensors(state_file(tmp_path, 4))
    for part, nonsense in [
        ("progress", {"images": "many", "seconds": 1.0}),
        ("progress", {"images": -4, "seconds": 1.0}),
        ("progress", 3),
        ("opt_G", {"state": {99: {"exp_avg": torch.zeros(2)}}}),
        ("opt_G", []),
        ("G", None),
        ("ema", {"0.weight": 1}),
    ]:
        manifest_file(tmp_path, 4).unlink(missing_ok=True)
        torch.save(sound | {part: nonsense}, state_file(tmp_path, 4))
        assert player.checkpoint.restore() == 2, (part, nonsense)
        assert f"state-000000004.pt: {part} is damaged" in player.checkpoint.passed_over[0]


def test_moments_of_another_shape_are_refused_before_they_are_taken(tmp_path: Path) -> None:
    player = saved_twice(tmp_path)
    state = load_tensors(state_file(tmp_path, 4))
    state["opt_G"]["state"][0]["exp_avg"] = torch.zeros(7)
    manifest_file(tmp_path, 4).unlink()
    torch.save(state, state_file(tmp_path, 4))
    with pytest.raises(ValueError, match=r"exp_avg of weight 0 is \(7,\) there and \(4, 4\)"):
        player.checkpoint.restore()


def test_rates_are_those_of_the_options(tmp_path: Path) -> None:
    """What a person changes when resuming is not undone by the file."""
    saved_twice(tmp_path)
    again = Player(tmp_path, seed=1)
    again.optimizer.param_groups[0]["betas"] = (0.5, 0.9)
    again.checkpoint.restore()
    assert again.optimizer.param_groups[0]["betas"] == (0.5, 0.9)


def test_a_checkpoint_of_format_1_is_taken(tmp_path: Path) -> None:
    """Written by the first version: 3 steps from seed 0."""
    run = tmp_path / "run"
    shutil.copytree(FORMAT_1, run)
    again = Player(run, seed=1)
    assert again.checkpoint.restore(exact=True) == again.progress.images == 6
    stored = torch.load(run / "state-000000006.pt", weights_only=True)
    assert stored["format"] == 1
    for name, tensor in again.network.state_dict().items():
        assert torch.equal(tensor, stored["G"][name]), name
    again.step()
    again.save()
    assert complete_checkpoints(run) == [6, 8] and manifest_file(run, 8).is_file()
    assert Player(run, seed=2).checkpoint.restore(exact=True) == 8


def test_the_best_and_one_every_so_often_are_kept(tmp_path: Path) -> None:
    player = Player(tmp_path, keep=1)
    player.checkpoint.keep_every = 10
    for _ in range(8):  # after 4, 8, ... 32 images
        player.step(images=4)
        player.save()
        if player.progress.images == 16:
            (tmp_path / BEST).write_text("16\n")
    assert complete_checkpoints(tmp_path) == [12, 16, 20, 32]
    assert not (state_file(tmp_path, 8)).exists() and not manifest_file(tmp_path, 8).exists()


def test_what_a_killed_process_left_half_written_is_removed(tmp_path: Path) -> None:
    player = saved_twice(tmp_path)
    half = tmp_path / f".{state_file(tmp_path, 6).name}.partial"
    half.write_bytes(b"half of it")
    weights_file(tmp_path, 3).write_bytes(b"weights whose state was never written")
    again = Player(tmp_path, seed=1)
    assert again.checkpoint.restore() == 4
    player.step()
    player.save()
    assert not half.exists() and not weights_file(tmp_path, 3).exists()
    assert complete_checkpoints(tmp_path) == [2, 4, 6]


class Call:
    """What unpickles to a call of `function`."""

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


@pytest.mark.parametrize("call", [Call(os.mkdir, "made by a stranger"), Call(bytearray, 10**13), Call(set)])
def test_every_call_but_those_that_make_tensors_is_refused(call: Call, tmp_path: Path) -> None:
    """torch's own safe loading would allow the second, and take all the memory there is."""
    file = tmp_path / "state.pt"
    for protocol in (2, 4):
        archive(file, pickle.dumps({"G": call}, protocol))
        with pytest.raises(ValueError, match="is damaged, or holds more than tensors"):
            load_tensors(file)
    assert not Path("made by a stranger").exists()


def test_a_tensor_that_claims_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    """A petabyte of strides of zero over one number."""
    torch.save({"G": {"w": torch.ones(1).expand(2**24, 2**24)}}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match=r"shape \(16777216, 16777216\) claims more numbers than it holds"):
        load_tensors(tmp_path / "state.pt")


def test_compressed_records_are_refused(tmp_path: Path) -> None:
    """A gigabyte of zeros compresses to a megabyte; a file may hold many."""
    file = tmp_path / "state.pt"
    archive(file, pickle.dumps({}), zipfile.ZIP_DEFLATED, more=bytes(10**6))
    with pytest.raises(Unsafe, match="compressed"):
        check_archive(file)


def test_what_contains_itself_does_not_hang(tmp_path: Path) -> None:
    circle: list[object] = []
    circle.append(circle)
    file = tmp_path / "state.pt"
    buffer = io.BytesIO()
    torch.save({"circle": circle}, buffer)
    file.write_bytes(buffer.getvalue())
    assert set(load_tensors(file)) == {"circle"}


def test_paths_of_a_manifest_lead_nowhere(tmp_path: Path) -> None:
    """Only the two names that the checkpoint must have are looked up, and in the run folder."""
    run = tmp_path / "run"
    run.mkdir()
    saved_twice(run)
    outside = tmp_path / "outside.pt"
    state_file(run, 4).rename(outside)
    manifest = manifest_file(run, 4)
    stored = json.loads(manifest.read_text())
    stored["files"]["../outside.pt"] = stored["files"].pop("state-000000004.pt")
    manifest.write_text(json.dumps(stored))
    again = Player(run, seed=1)
    assert again.checkpoint.restore() == 2
    assert "state-000000004.pt is absent" in again.checkpoint.passed_over[0]
    (run / LATEST).write_text("../outside\n")
    assert latest_images(run) == 2


def test_a_pipe_in_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    saved_twice(tmp_path)
    state_file(tmp_path, 4).unlink()
    os.mkfifo(state_file(tmp_path, 4))
    assert Player(tmp_path, seed=1).checkpoint.restore() == 2


def test_a_folder_that_was_removed_comes_back_with_the_next_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    player = saved_twice(run)
    shutil.rmtree(run)
    player.step()
    with pytest.raises(OSError, match="No such file"):
        player.save()
    described = Checkpoint(run, player.checkpoint.parts, player.ema.network, keep=1, describe=run.mkdir)
    described.save(6)
    assert complete_checkpoints(run) == [6]
