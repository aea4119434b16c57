"""What happens between steps, against counting it out."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from engine.checkpoint.checkpoint import Checkpoint
from engine.checkpoint.checkpoint_paths import complete_checkpoints, latest_images
from engine.hooks import Hooks, Intervals
from engine.nonfinite import DUMP, NonFiniteSteps
from engine.progress import Length, Progress, TrainingBar
from engine.run_log import LOG, RunLog, read_log
from engine.runtime.distributed import Processes
from tests.engine.tiny_step import tiny_batch

BATCH = 4
TOTAL = 60


def losses_of(step: int) -> dict[str, Tensor]:
    return {
        "generator/adversarial": torch.tensor(float(step)),
        "discriminator/real": torch.tensor(step**2 / 8),
    }


def hooks_in(run: Path, intervals: Intervals) -> Hooks:
    run.mkdir(exist_ok=True)
    progress = Progress()
    network = torch.nn.Linear(2, 2)
    return Hooks(
        Checkpoint(run, {"G": network, "progress": progress}, network, keep=100),
        progress,
        intervals,
        Processes(rank=0, count=1),
        RunLog(run, 0),
        TrainingBar(Length(TOTAL, "images"), progress, visible=True),
        sample_grid=lambda: torch.full((2, 6, 3), progress.images, dtype=torch.uint8),
        nonfinite_steps=NonFiniteSteps(run, 3, Processes(rank=0, count=1)),
    )


def go(hooks: Hooks, steps: int, bad: tuple[int, ...] = ()) -> None:
    """Steps, of which the `bad` ones were skipped."""
    for step in range(steps):
        before = hooks.progress.images
        hooks.progress.images += BATCH
        losses = losses_of(step)
        if step in bad:
            losses["discriminator/real"] = torch.tensor(float("nan"))
        batch = replace(tiny_batch(step, height=4, width=4), names=(f"{step}a", f"{step}b"))
        rates = {"learning_rate/generator": 0.1 * step}
        hooks.after_step(losses, rates, before, torch.tensor(step in bad), batch)


def test_each_at_its_interval(tmp_path: Path) -> None:
    """Intervals need not be multiples of the batch: what is due happens after the step that passes it."""
    hooks = hooks_in(tmp_path, Intervals(log=8, sample=20, save=30))
    go(hooks, TOTAL // BATCH)
    hooks.close()
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert [row["images"] for row in rows] == [8, 16, 24, 32, 40, 48, 56]
    for number, row in enumerate(rows):
        steps = [2 * number, 2 * number + 1]
        for name in losses_of(0):
            assert row[name] == pytest.approx(sum(losses_of(step)[name].item() for step in steps) / 2)
        assert row["learning_rate/generator"] == 0.1 * steps[-1]
        assert row["images_per_second"] > 0
    assert sorted(os.listdir(tmp_path / "samples")) == ["000000020.png", "000000040.png", "000000060.png"]
    assert complete_checkpoints(tmp_path) == [32, 60]


def test_the_end_is_saved_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks = hooks_in(tmp_path, Intervals(log=8, sample=100, save=12))
    saved = []
    monkeypatch.setattr(hooks.checkpoint, "save", saved.append)
    assert hooks.save(), "nothing has been done, so there is nothing to save"
    go(hooks, 3)
    assert hooks.save() and saved == [12]
    go(hooks, 1)
    assert hooks.save() and hooks.save() and saved == [12, 16]


def test_a_full_disk_is_a_warning_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = hooks_in(tmp_path, Intervals(log=100, sample=100, save=8))
    go(hooks, 2)
    with monkeypatch.context() as patch:

        def full(old: object, new: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, "replace", full)
        go(hooks, 2)
        assert not hooks.save()
        assert latest_images(tmp_path) == 8
    assert "no checkpoint was saved" in capsys.readouterr().out
    go(hooks, 2)
    assert latest_images(tmp_path) == 24


def test_curves_and_samples_that_cannot_be_written_do_not_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """log.jsonl leads to a device that is always full; samples/ cannot become a folder."""
    (tmp_path / LOG).symlink_to("/dev/full")
    (tmp_path / "samples").write_text("in the way")
    hooks = hooks_in(tmp_path, Intervals(log=4, sample=8, save=8))
    go(hooks, 2)
    said = capsys.readouterr().out
    assert said.count("warning: a row of the curves was not written ([Errno 28] No space left") == 2
    assert said.count("warning: sample images were not written (") == 1
    assert latest_images(tmp_path) == 8, "checkpoints lie elsewhere"
    (tmp_path / LOG).unlink()
    (tmp_path / "samples").unlink()
    go(hooks, 2)
    hooks.close()
    rows = [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()]
    assert [row["images"] for row in rows] == [4, 8, 12, 16], "rows come later, not never"
    assert os.listdir(tmp_path / "samples") == ["000000016.png"]


def test_other_processes_write_nothing(tmp_path: Path) -> None:
    progress = Progress()
    hooks = Hooks(
        Checkpoint(tmp_path, {}, torch.nn.Linear(1, 1), keep=1),
        progress,
        Intervals(log=4, sample=4, save=4),
        Processes(rank=0, count=1),
        None,
        TrainingBar(Length(TOTAL, "images"), progress, visible=False),
        sample_grid=lambda: pytest.fail("drawn in vain"),
        nonfinite_steps=NonFiniteSteps(tmp_path, 3, Processes(rank=0, count=1)),
    )
    go(hooks, 3)
    assert hooks.save()
    hooks.close()
    assert not os.listdir(tmp_path)


def test_skipped_steps_are_counted_reported_and_no_part_of_a_mean(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hooks = hooks_in(tmp_path, Intervals(log=16, sample=100, save=100))
    go(hooks, 4, bad=(1, 2))
    (row,) = read_log(tmp_path)
    assert row["skipped_steps"] == 2
    for name in losses_of(0):
        assert row[name] == pytest.approx((losses_of(0)[name] + losses_of(3)[name]).item() / 2)
    said = capsys.readouterr().out
    assert "2 steps before 16 images were skipped" in said and "1a, 1b, 2a, 2b" in said
    go(hooks, 4)
    assert "skipped_steps" not in read_log(tmp_path)[1]


def test_too_many_in_a_row_end_the_run_with_a_dump(tmp_path: Path) -> None:
    hooks = hooks_in(tmp_path, Intervals(log=4, sample=100, save=4))
    go(hooks, 2)
    go(hooks, 2, bad=(0, 1))
    go(hooks, 1)  # the row is broken
    hooks.intervals = Intervals(log=4, sample=100, save=100)
    with pytest.raises(ValueError, match=r"3 steps in a row .*state-000000020\..* is the last good one"):
        go(hooks, 4, bad=(0, 1, 2, 3))
    report = json.loads((tmp_path / DUMP / "report-0.json").read_text())
    assert report["in_a_row"] == 3 and report["samples_of_this_batch"] == ["2a", "2b"]
    assert report["losses"]["discriminator/real"] == "nan"
    kept = load_file(tmp_path / DUMP / "batch-0.safetensors")
    assert torch.equal(kept["photo"], tiny_batch(2, height=4, width=4).photo)
    row = read_log(tmp_path)[-1]
    assert row["skipped_steps"] == 1 and "discriminator/real" not in row, "no step counted: no mean"


def test_a_folder_that_is_gone_for_a_while_does_not_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    hooks = hooks_in(run, Intervals(log=4, sample=8, save=8))
    go(hooks, 2)
    shutil.move(run, tmp_path / "elsewhere")
    go(hooks, 2)
    said = capsys.readouterr().out
    assert "no checkpoint was saved" in said and "a row of the curves was not written" in said
    shutil.move(tmp_path / "elsewhere", run)
    go(hooks, 2)
    assert complete_checkpoints(run) == [8, 24] and latest_images(run) == 24
    assert [row["images"] for row in read_log(run)] == [4, 8, 12, 16, 20, 24], "rows come later, not never"


def test_a_folder_that_is_read_only_for_a_while_does_not_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    hooks = hooks_in(run, Intervals(log=4, sample=1000, save=8))
    go(hooks, 2)
    with read_only(run):
        go(hooks, 2)
        assert latest_images(run) == 8
    assert "warning: no checkpoint was saved (" in capsys.readouterr().out
    go(hooks, 2)
    hooks.close()
    assert complete_checkpoints(run) == [8, 24] and not list(run.glob(".*"))
    assert [row["images"] for row in read_log(run)] == [4, 8, 12, 16, 20, 24]


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """By its permissions; for root, whom they do not hold back, by mounting the folder on itself."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    if subprocess.run(["mount", "--bind", folder, folder], capture_output=True).returncode:
        pytest.skip("mounting a folder is not permitted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def test_half_a_row_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk a part of what is written may arrive."""
    hooks = hooks_in(tmp_path, Intervals(log=4, sample=100, save=100))
    go(hooks, 1)
    real = Path.open

    def full(self: Path, *arguments: object) -> object:
        if arguments == ("a",):
            with real(self, "a") as log:
                log.write('{"images": 8, "gener')
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        go(hooks, 1)
    go(hooks, 1)
    assert [row["images"] for row in read_log(tmp_path)] == [4, 8, 12]
