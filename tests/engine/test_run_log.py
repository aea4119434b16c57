"""What a run writes: rows, images and a bar."""

import json
import sys
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from engine.progress import Length, Progress, TrainingBar
from engine.run_log import LOG, SAMPLES, RunLog, read_log


def written(run: Path, *images: int, resumed_after: int = 0) -> RunLog:
    log = RunLog(run, resumed_after)
    for seen in images:
        log.write(seen, {"generator/kl": seen / 3, "learning_rate/generator": 1e-4})
    return log


def test_rows_come_back_bit_for_bit(tmp_path: Path) -> None:
    written(tmp_path, 2, 4).close()
    rows = [{"images": count, "generator/kl": count / 3, "learning_rate/generator": 1e-4} for count in (2, 4)]
    assert read_log(tmp_path) == rows
    assert [json.loads(line) for line in (tmp_path / LOG).read_text().splitlines()] == rows


def test_no_log_has_no_rows(tmp_path: Path) -> None:
    assert read_log(tmp_path) == []


def test_rows_of_a_lost_stretch_are_dropped(tmp_path: Path) -> None:
    """Saved after 4 images, killed after 8: it goes on after 4, and 6 and 8 come again."""
    written(tmp_path, 2, 4, 6, 8).close()
    first_lines = (tmp_path / LOG).read_text().splitlines()[:2]
    written(tmp_path, 6, resumed_after=4).close()
    assert [row["images"] for row in read_log(tmp_path)] == [2, 4, 6]
    assert (tmp_path / LOG).read_text().splitlines()[:2] == first_lines


@pytest.mark.parametrize("half", ['{"images": 6, "generator/kl": 0.', "{", '{"images": 6, "generator/kl"'])
def test_a_row_cut_off_by_a_kill(half: str, tmp_path: Path) -> None:
    written(tmp_path, 2, 4).close()
    with (tmp_path / LOG).open("a") as log:
        log.write(half)
    assert [row["images"] for row in read_log(tmp_path)] == [2, 4]
    written(tmp_path, 6, 8, resumed_after=4).close()
    assert [row["images"] for row in read_log(tmp_path)] == [2, 4, 6, 8]


def test_a_row_that_a_full_disk_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    """There is room again, and the next row is appended to the half one."""
    log = written(tmp_path, 2)
    with (tmp_path / LOG).open("a") as stream:
        stream.write('{"images": 4, "generator/k')
    for images in (6, 8):
        log.write(images, {"generator/kl": 1.0})
    log.close()
    assert [row["images"] for row in read_log(tmp_path)] == [2, 8]


def test_tensorboard_goes_on_in_another_file_after_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written(tmp_path, 2)
    broken = log._tensorboard
    monkeypatch.setattr(broken, "add_scalar", lambda *_: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(OSError, match="No space"):
        log.write(4, {"generator/kl": 4 / 3})
    broken.close()
    log.write(6, {"generator/kl": 2.0})
    log.close()
    shown = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in shown.Scalars("generator/kl")] == [2, 6]


def test_tensorboard_shows_what_the_log_holds(tmp_path: Path) -> None:
    log = written(tmp_path, 2, 4)
    log.write_samples(4, torch.zeros(4, 12, 3, dtype=torch.uint8))
    log.close()
    shown = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in shown.Scalars("generator/kl")] == [2, 4]
    assert [event.value for event in shown.Scalars("generator/kl")] == pytest.approx([2 / 3, 4 / 3])
    assert shown.Tags()["images"] == ["labels | fake | real"]


def test_tensorboard_forgets_a_lost_stretch(tmp_path: Path) -> None:
    written(tmp_path, 2, 4, 6, 8).close()
    written(tmp_path, 6, resumed_after=4).close()
    shown = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [event.step for event in shown.Scalars("generator/kl")] == [2, 4, 6]


def test_sample_pictures(tmp_path: Path) -> None:
    grid = torch.randint(256, (6, 9, 3), dtype=torch.uint8)
    log = RunLog(tmp_path, 0)
    log.write_samples(2000, grid)
    log.close()
    assert np.array_equal(np.asarray(Image.open(tmp_path / SAMPLES / "000002000.png")), grid.numpy())


def test_the_bar_shows_images_time_and_losses(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(images=50)
    bar = TrainingBar(Length(200, "images"), progress, visible=True)
    bar.show_values(12.34, {"generator/kl": 0.5, "discriminator/real": 1.25})
    progress.images = 100
    bar.update()
    bar.print("a line above")
    bar.close()
    shown = capsys.readouterr()
    assert "a line above" in shown.out
    assert "50%|" in shown.err and "100/200 images" in shown.err
    assert "12.3 images/s kl 0.50 real 1.25" in shown.err


@pytest.mark.parametrize("terminal", [True, False])
def test_a_file_does_not_get_every_bar(
    terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    seconds = count()
    monkeypatch.setattr("tqdm.std.time", lambda: float(next(seconds)))
    progress = Progress()
    bar = TrainingBar(Length(20, "images"), progress, visible=True)
    for progress.images in range(1, 21):
        bar.update()
    bar.close()
    shown = capsys.readouterr().err
    drawn = [step for step in range(1, 21) if f" {step}/20 images" in shown]
    assert drawn[-1] == 20
    assert len(drawn) == 20 if terminal else len(drawn) <= 4


def test_other_processes_show_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()
    bar = TrainingBar(Length(1, "minutes"), progress, visible=False)
    progress.seconds = 30
    bar.update()
    bar.print("not printed")
    bar.close()
    shown = capsys.readouterr()
    assert shown.out == shown.err == ""
