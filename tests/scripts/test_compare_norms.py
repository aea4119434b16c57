"""A study of norms that is stopped and goes on: nothing is trained or measured twice."""

from __future__ import annotations

import csv
import os
import signal
import time
from pathlib import Path

import pytest
from PIL import Image

import scripts.comparing.study
from engine.checkpoint import checkpoint_paths
from engine.checkpoint.checkpoint_paths import latest_images
from engine.run_log import read_log
from engine.runtime.interrupts import INTERRUPTED
from evaluation.studies.jobs import Job
from inference.load import open_run
from options.build.networks import build_generator
from tests.scripts.test_compare_runs import results
from tests.tiny import tiny_words
from tests.verbs import Started, Verbs, finish

TINY = [each for each in tiny_words("train.sample_every_images=1000") if not each.startswith("norm.hidden")]


def study_overrides(out: Path, images: int, *more: str) -> list[str]:
    """Two rows of the study, small ones."""
    overrides = [*TINY, f"train.images={images}"]
    listed = ",".join(f"'{each}'" for each in overrides)
    return ["only=[clade,pix2pixhd]", f"overrides=[{listed}]", f"out={out}", *more]


def test_a_study_that_is_stopped_after_every_part_goes_on(
    verbs: Verbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Job] = []

    def put_off(jobs: list[Job], *_: object) -> bool:
        asked.extend(jobs)
        return not jobs

    monkeypatch.setattr(scripts.comparing.study, "run_jobs", put_off)
    overrides = study_overrides(
        tmp_path, 2, "seeds=[0,1]", "segmenter_images=0", "speed_images=0", "images=3"
    )
    out = tmp_path / "compare_scenes"

    def study() -> list[Job]:
        """What it would do next."""
        asked.clear()
        done = verbs("scripts/compare_norms", *overrides)
        assert done.status == (INTERRUPTED if asked else 0), done.err
        return list(asked)

    def do(job: Job) -> None:
        verbs.succeeds(Path(job.command[1]).stem, *job.command[2:])

    ends = ["clade-seed0", "pix2pixhd-seed0", "clade-seed1", "pix2pixhd-seed1"]
    to_train = study()
    assert [job.title for job in to_train] == [f"train compare_scenes-{end}" for end in ends]
    do(to_train[0])
    left = study()
    assert left == to_train[1:]
    for job in left:
        do(job)
    to_measure = study()
    assert [job.title for job in to_measure] == [f"measure compare_scenes-{end}" for end in ends]
    results(out, "compare_scenes-pix2pixhd-seed0", fd=80.0, psnr=12.0, grey=90)
    results(out, "compare_scenes-pix2pixhd-seed1", fd=80.0, psnr=15.0, grey=20)
    results(out, "compare_scenes-clade-seed1", fd=90.5, psnr=11.0, grey=20)
    assert study() == to_measure[:1]
    results(out, "compare_scenes-clade-seed0", fd=70.5, psnr=11.0, grey=50)
    assert study() == []

    rows = {row["row"]: row for row in csv.DictReader((out / "table.csv").open())}
    assert set(rows) == {"clade", "pix2pixhd", "mean_colour_baseline"}
    for row, spread in (("clade", ("80.5", "70.5", "90.5")), ("pix2pixhd", ("80.0", "80.0", "80.0"))):
        assert tuple(rows[row][f"fd_tiny_val_3{end}"] for end in ("", "_low", "_high")) == spread
        with monkeypatch.context() as patch:
            patch.setattr(checkpoint_paths, "CHECKPOINTS", verbs.checkpoints)
            run = open_run(f"compare_scenes-{row}-seed0")
        learned = sum(p.numel() for p in build_generator(run.options, run.info).parameters())
        assert int(rows[row]["generator_parameters"]) == learned
    table = (out / "table.md").read_text()
    assert table.count("\n| clade | – | 80.5 ± 14.1 | ") == 1 and " 13.50 ± 2.12 |" in table
    with Image.open(out / "sheet.jpg") as sheet:
        assert sheet.width > 4 * 96, "label map, two rows, photo"
        greys = [sheet.getpixel((6 + column * (96 + 6) + 48, 60)) for column in (1, 2)]
    assert [round(sum(grey) / 3, -1) for grey in greys] == [50, 90]
    (tmp_path / "published.csv").write_text(
        (out / "table.csv").read_text().replace("clade,80.5", "clade,180.5")
    )
    overrides += ["sheet_photos=false", f"published={tmp_path / 'published.csv'}"]
    printed = verbs.succeeds("scripts/compare_norms", *overrides)
    assert "clade fd_tiny_val_3: 80.5 ± 14.1, published 180.5 ± 14.1, p = 0.019, departs\n" in printed
    assert "\n3 of 4 values are within what seeds make" in printed
    with Image.open(out / "sheet.jpg") as without_photos:
        assert without_photos.width == sheet.width - 96 - 6

    for name, message in (
        ("a", "1 label maps of one name differ"),
        ("bc", "the rows have no label map in common"),
    ):
        for letter in name:
            labels = out / "compare_scenes-clade-seed0" / "val" / "labels" / f"{letter}.png"
            Image.new("RGB", (20, 16), (11, 11, 11)).save(labels)
        printed = verbs.succeeds("scripts/compare_norms", *overrides)
        assert f"warning: {message}" in printed
    assert not (out / "sheet.jpg").exists() and (out / "table.md").read_text() == table


def test_mistakes_get_one_line(verbs: Verbs) -> None:
    assert "only=spayd: no such row" in verbs.refuses("scripts/compare_norms", "only=[spayd]")
    assert "jobs=0: give 1 or more" in verbs.refuses("scripts/compare_norms", "jobs=0")
    assert "published=x.csv: No such file" in verbs.refuses("scripts/compare_norms", "published=x.csv")
    assert not verbs.checkpoints.exists()


@pytest.mark.slow
def test_a_signal_stops_a_study_and_its_runs_save(project: Path, tmp_path: Path) -> None:
    """As users run it, two at a time, with the segmenter and the runs that measure speed."""
    overrides = study_overrides(
        tmp_path,
        400,
        "images=6",
        "train_images=6",
        "seeds=[0]",
        "jobs=2",
        "segmenter_images=8",
        "speed_images=20",
    )
    runs = [project / "checkpoints" / f"compare_scenes-{row}-seed0" for row in ("clade", "pix2pixhd")]
    process = Started(project, "scripts/compare_norms.py", *overrides)
    end = time.monotonic() + 240
    while not all(len(read_log(run)) > 2 for run in runs):
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGTERM)
    stopped = finish(process)
    assert stopped.status == INTERRUPTED and "the same command goes on" in stopped.out
    saved = [latest_images(run) for run in runs]
    assert all(images is not None and 0 < images < 400 for images in saved)

    done = finish(Started(project, "scripts/compare_norms.py", *overrides), seconds=600)
    assert done.status == 0, done.err
    assert [latest_images(run) for run in runs] == [400, 400]
    for run, images in zip(runs, saved):
        seen = [row["images"] for row in read_log(run)]
        assert seen == sorted(set(seen)) and seen[-1] == 400
        log = (tmp_path / "compare_scenes" / "logs" / f"{run.name}.txt").read_text()
        assert f"goes on after {images} images" in log
    row = next(csv.DictReader((tmp_path / "compare_scenes" / "table.csv").open()))
    assert float(row["images_per_second"]) > 0 and "miou_compare_scenes_val_6" in row
    again = finish(Started(project, "scripts/compare_norms.py", *overrides))
    assert again.status == 0 and "(1 of" not in again.out, "nothing is done twice"
