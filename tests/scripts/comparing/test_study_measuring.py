"""How a study measures its runs, and what counts as measured."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoint.checkpoint_paths import weights_file
from evaluation.protocol import METRICS_FILE
from evaluation.segmenters.trained import DESCRIPTION, Description, write_segmenter
from models.segmenter import PyramidSegmenter
from options.schema import CompareNormsOptions
from scripts.comparing.runs import StudyRun, segmenter_folder, segmenter_training, study_runs
from tests.studies import asked, trained_study

Study = tuple[CompareNormsOptions, StudyRun]


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study of one run that is trained."""
    return trained_study(tmp_path, monkeypatch)


def segmenter(study: CompareNormsOptions, images: int = 6000) -> None:
    """Leaves one where the study has its own."""
    description = Description("scenes", ("a", "b"), False, 64, 64, 4, images, None)
    write_segmenter(segmenter_folder(study), PyramidSegmenter(2, 4), description)


def measure(run: StudyRun) -> None:
    """As compare_norms.py and test.py do."""
    run.begin_measuring()
    run.results.mkdir(parents=True, exist_ok=True)
    (run.results / METRICS_FILE).write_text("{}")


def of_study(run: StudyRun, **change: Any) -> StudyRun:
    """The same run in a study that is asked for otherwise."""
    return replace(run, study=replace(run.study, **change))


@pytest.mark.parametrize(
    "change",
    [{"images": None}, {"images": 8}, {"segmenter_images": 0}, {"segmenter_path": "x"}, {"train_images": 5}],
)
def test_a_run_that_was_measured_otherwise_is_measured_again(one: Study, change: dict[str, Any]) -> None:
    _, run = one
    other = of_study(run, **change)
    assert not run.is_measured()
    run.begin_measuring()
    assert not run.is_measured(), "it was stopped before its end"
    measure(run)
    assert run.is_measured() and of_study(run, root="/elsewhere").is_measured()
    assert not other.is_measured()
    other.begin_measuring()
    assert not other.is_measured(), "the values are those from before"
    measure(other)
    assert other.is_measured() and not run.is_measured()


def test_newer_weights_and_a_newer_segmenter_are_measured_again(one: Study) -> None:
    study, run = one
    segmenter(study)
    for file in (weights_file(run.folder, run.images), segmenter_folder(study) / DESCRIPTION):
        measure(run)
        assert run.is_measured()
        later = (run.results / METRICS_FILE).stat().st_mtime + 5
        os.utime(file, (later, later))
        assert not run.is_measured()
        os.utime(file, (later - 100, later - 100))


def test_pictures_of_before_are_removed(one: Study) -> None:
    _, run = one
    measure(run)
    picture = run.results / "images" / "a.png"
    picture.parent.mkdir()
    picture.touch()
    run.begin_measuring()
    assert not picture.exists() and run.is_trained()


def test_the_command_that_measures(one: Study, tmp_path: Path) -> None:
    _, run = one
    job = run.measuring()
    overrides = {"name=compare_scenes-clade-seed3", "images=9", "split=val", "train_images=1000"}
    assert overrides <= set(job.command) and f"folder='{run.results}'" in job.command
    assert job.log == tmp_path / "compare_scenes" / "logs" / "compare_scenes-clade-seed3-test.txt"
    assert f"segmenter.path='{tmp_path / 'segmenters' / 'compare_scenes'}'" in job.command
    assert "segmenter.path='mine'" in of_study(run, segmenter_path="mine").measuring().command
    assert "segmenter.kind=none" in of_study(run, segmenter_images=0).measuring().command


def test_the_segmenter_is_trained_once_on_the_data_set_as_the_study_has_it(one: Study) -> None:
    study, run = one
    (job,) = segmenter_training(study, run)
    assert {"dataset=scenes", "dataset.height=64", "name=compare_scenes", "images=6000"} <= set(job.command)
    by_day = asked("study=scenes", "overrides=['dataset.styles=[day]']", "only=[clade]", "seeds=[3]")
    (narrowed,) = segmenter_training(by_day, study_runs(by_day)[0])
    assert "dataset.styles=[day]" in narrowed.command
    assert segmenter_training(replace(study, segmenter_images=0), run) == []
    with pytest.raises(ValueError, match="segmenter_images=7: give 8 or more"):
        segmenter_training(replace(study, segmenter_images=7), run)
    with pytest.raises(ValueError, match="segmenter_path=mine: there is none; make one with"):
        segmenter_training(replace(study, segmenter_path="mine"), run)
    segmenter(study)
    assert segmenter_training(replace(study, segmenter_path=str(segmenter_folder(study))), run) == []
    assert segmenter_training(study, run) == []
    with pytest.raises(ValueError, match=r"trained with images=6000, not 800; remove it, give the study"):
        segmenter_training(replace(study, segmenter_images=800), run)
