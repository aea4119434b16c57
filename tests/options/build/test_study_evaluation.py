"""How a study measures its runs, and what it takes for measured."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoint.checkpoint_paths import weights_file
from evaluation.protocol import METRICS
from evaluation.segmenters.trained import DESCRIPTION, Description, write_segmenter
from models.segmenter import PyramidSegmenter
from options.build.study import StudyRun, study_runs
from options.build.study_evaluation import (
    begin_measuring,
    is_measured,
    measure_command,
    results_folder,
    segmenter_command,
    segmenter_folder,
)
from options.schema import CompareNormsOptions
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


def measure(study: CompareNormsOptions, run: StudyRun) -> None:
    """As compare_norms.py and test.py do."""
    begin_measuring(study, run)
    results_folder(study, run).mkdir(parents=True, exist_ok=True)
    (results_folder(study, run) / METRICS).write_text("{}")


@pytest.mark.parametrize(
    "change",
    [{"images": None}, {"images": 8}, {"segmenter_images": 0}, {"segmenter_path": "x"}, {"train_images": 5}],
)
def test_what_is_measured_otherwise_is_measured_again(one: Study, change: dict[str, Any]) -> None:
    study, run = one
    other = replace(study, **change)
    assert not is_measured(study, run)
    begin_measuring(study, run)
    assert not is_measured(study, run), "it was stopped before its end"
    measure(study, run)
    assert is_measured(study, run) and is_measured(replace(study, root="/elsewhere"), run)
    assert not is_measured(other, run)
    begin_measuring(other, run)
    assert not is_measured(other, run), "the figures are those from before"
    measure(other, run)
    assert is_measured(other, run) and not is_measured(study, run)


def test_newer_weights_and_a_newer_segmenter_are_measured_again(one: Study) -> None:
    study, run = one
    segmenter(study)
    for file in (weights_file(run.folder, run.images), segmenter_folder(study) / DESCRIPTION):
        measure(study, run)
        assert is_measured(study, run)
        later = (results_folder(study, run) / METRICS).stat().st_mtime + 5
        os.utime(file, (later, later))
        assert not is_measured(study, run)
        os.utime(file, (later - 100, later - 100))


def test_pictures_of_before_are_taken_away(one: Study) -> None:
    study, run = one
    measure(study, run)
    picture = results_folder(study, run) / "images" / "a.png"
    picture.parent.mkdir()
    picture.touch()
    begin_measuring(study, run)
    assert not picture.exists() and run.is_trained()


def test_the_command_that_measures(one: Study, tmp_path: Path) -> None:
    study, run = one
    words = measure_command(study, run)
    assert {"name=compare_scenes-clade-seed3", "images=9", "split=val", "train_images=1000"} <= set(words)
    assert f"segmenter.path='{tmp_path / 'segmenters' / 'compare_scenes'}'" in words
    assert "segmenter.path='mine'" in measure_command(replace(study, segmenter_path="mine"), run)
    assert "segmenter.kind=none" in measure_command(replace(study, segmenter_images=0), run)


def test_the_segmenter_is_trained_once_on_the_data_set_as_the_study_has_it(one: Study) -> None:
    study, run = one
    told = segmenter_command(study, run)
    assert told is not None
    assert {"dataset=scenes", "dataset.height=64", "name=compare_scenes", "images=6000"} <= set(told)
    by_day = asked("study=scenes", "overrides=['dataset.styles=[day]']", "only=[clade]", "seeds=[3]")
    narrowed = segmenter_command(by_day, study_runs(by_day)[0])
    assert narrowed is not None and "dataset.styles=[day]" in narrowed
    assert segmenter_command(replace(study, segmenter_images=0), run) is None
    with pytest.raises(ValueError, match="segmenter_images=7: give 8 or more"):
        segmenter_command(replace(study, segmenter_images=7), run)
    with pytest.raises(ValueError, match="segmenter_path=mine: there is none; make one with"):
        segmenter_command(replace(study, segmenter_path="mine"), run)
    segmenter(study)
    assert segmenter_command(replace(study, segmenter_path=str(segmenter_folder(study))), run) is None
    assert segmenter_command(study, run) is None
    with pytest.raises(ValueError, match=r"trained with images=6000, not 800; remove it, give the study"):
        segmenter_command(replace(study, segmenter_images=800), run)
