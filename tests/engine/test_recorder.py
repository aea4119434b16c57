"""What happens between steps, against counting it out."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.checkpoint import Checkpoint
from engine.distributed import Processes
from engine.logging import LOG, RunLog, TrainingBar
from engine.progress import Length, Progress
from engine.recorder import Intervals, Recorder
from engine.run_files import complete_checkpoints, latest_images

BATCH = 4
TOTAL = 60


def losses_of(step: int) -> dict[str, Tensor]:
    return {
        "generator/adversarial": torch.tensor(float(step)),
        "discriminator/real": torch.tensor(step**2 / 8),
    }


def recorder_in(run: Path, intervals: Intervals) -> Recorder:
    run.mkdir(exist_ok=True)
    progress = Progress()
    network = torch.nn.Linear(2, 2)
    return Recorder(
        Checkpoint(run, {"G": network, "progress": progress}, network, keep=100),
        progress,
        intervals,
        Processes(rank=0, count=1),
        RunLog(run, 0),
        TrainingBar(Length(TOTAL, None), progress, visible=True),
        sample_picture=lambda: torch.full((2, 6, 3), progress.images, dtype=torch.uint8),
    )


def go(recorder: Recorder, steps: int) -> None:
    for step in range(steps):
        before = recorder.progress.images
        recorder.progress.images += BATCH
        recorder.after_step(losses_of(step), {"learning_rate/generator": 0.1 * step}, before)


def test_each_at_its_interval(tmp_path: Path) -> None:
    """Intervals need not be multiples of the batch: what is due happens after the step that passes it."""
    recorder = recorder_in(tmp_path, Intervals(log=8, sample=20, save=30))
    go(recorder, TOTAL // BATCH)
    recorder.close()
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
    recorder = recorder_in(tmp_path, Intervals(log=8, sample=100, save=12))
    saved = []
    monkeypatch.setattr(recorder.checkpoint, "save", saved.append)
    assert recorder.save(), "nothing has been done, so there is nothing to save"
    go(recorder, 3)
    assert recorder.save() and saved == [12]
    go(recorder, 1)
    assert recorder.save() and recorder.save() and saved == [12, 16]


def test_a_full_disk_is_told_and_training_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder = recorder_in(tmp_path, Intervals(log=100, sample=100, save=8))
    go(recorder, 2)
    with monkeypatch.context() as patch:

        def full(old: object, new: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        patch.setattr(os, "replace", full)
        go(recorder, 2)
        assert not recorder.save()
        assert latest_images(tmp_path) == 8
    assert "no checkpoint was saved" in capsys.readouterr().out
    go(recorder, 2)
    assert latest_images(tmp_path) == 24


def test_curves_and_samples_that_cannot_be_written_do_not_end_the_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """log.jsonl leads to a device that is always full; samples/ cannot become a folder."""
    (tmp_path / LOG).symlink_to("/dev/full")
    (tmp_path / "samples").write_text("in the way")
    recorder = recorder_in(tmp_path, Intervals(log=4, sample=8, save=8))
    go(recorder, 2)
    said = capsys.readouterr().out
    assert said.count("warning: a row of the curves was not written ([Errno 28] No space left") == 2
    assert said.count("warning: a sample picture was not written (") == 1
    assert latest_images(tmp_path) == 8, "checkpoints lie elsewhere"
    (tmp_path / LOG).unlink()
    (tmp_path / "samples").unlink()
    go(recorder, 2)
    recorder.close()
    assert [json.loads(line)["images"] for line in (tmp_path / LOG).read_text().splitlines()] == [12, 16]
    assert os.listdir(tmp_path / "samples") == ["000000016.png"]


def test_other_processes_write_nothing(tmp_path: Path) -> None:
    progress = Progress()
    recorder = Recorder(
        Checkpoint(tmp_path, {}, torch.nn.Linear(1, 1), keep=1),
        progress,
        Intervals(log=4, sample=4, save=4),
        Processes(rank=0, count=1),
        None,
        TrainingBar(Length(TOTAL, None), progress, visible=False),
        sample_picture=lambda: pytest.fail("drawn for nobody"),
    )
    go(recorder, 3)
    assert recorder.save()
    recorder.close()
    assert not os.listdir(tmp_path)
