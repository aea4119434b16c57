"""What a study trains and what it leaves alone."""

from __future__ import annotations

import json
import os
from dataclasses import fields, replace
from pathlib import Path

import pytest

import options.build_study as build_study
import options.run_folder
from engine.run_files import state_file, weights_file
from models.norms import NORMS
from options.build_study import (
    StudyRun,
    is_measured,
    measure_command,
    results_folder,
    segmenter_command,
    speed_runs,
    study_runs,
    train_command,
)
from options.command import composed, register_schemas
from options.run_folder import write_options
from options.schema import CompareNormsOptions


def asked(*words: str) -> CompareNormsOptions:
    register_schemas()
    return composed("compare_norms", CompareNormsOptions, list(words))


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[CompareNormsOptions, StudyRun]:
    """A study of one run, which is trained: its files are there."""
    monkeypatch.setattr(options.run_folder, "CHECKPOINTS", tmp_path / "checkpoints")
    monkeypatch.setattr(build_study, "SEGMENTERS", tmp_path / "segmenters")
    study = asked("only=[clade]", "seeds=[3]", "images=9", f"out={tmp_path}")
    (run,) = study_runs(study)
    write_options(run.options, run.folder)
    for file in (state_file, weights_file):
        file(run.folder, run.images).touch()
    return study, run


def test_rows_differ_by_what_they_are_named_for_and_share_the_rest() -> None:
    runs = {run.row: run.options for run in study_runs(asked("seeds=[5]"))}
    assert {run.norm.name for run in runs.values()} == {*NORMS, "none"}
    assert [row for row, run in runs.items() if run.generator.name == "pix2pixhd"] == ["pix2pixhd"]
    concatenated = [row for row, run in runs.items() if getattr(run.generator, "concat_labels", False)]
    assert concatenated == ["batch_concat"]
    own = ("name", "generator", "norm", "encoder")
    for run in runs.values():
        for name in (entry.name for entry in fields(run) if entry.name not in own):
            assert getattr(run, name) == getattr(runs["spade"], name)
        assert (run.seed, run.generator.width) == (5, runs["spade"].generator.width)


def test_another_study_is_another_experiment() -> None:
    (run,) = study_runs(asked("study=camvid", "root=/a b", "only=[pix2pixhd]", "seeds=[0]"))
    assert (run.name, run.options.dataset.name) == ("compare_camvid-pix2pixhd-seed0", "camvid")
    assert (run.options.dataset.root, run.options.dataset.width) == ("/a b", 128)


def test_every_row_comes_before_the_next_seed() -> None:
    runs = study_runs(asked("only=[spade,clade]", "seeds=[0,7]"))
    ends = ["spade-seed0", "clade-seed0", "spade-seed7", "clade-seed7"]
    assert [run.name for run in runs] == [f"compare_scenes-{end}" for end in ends]
    assert [run.options.seed for run in runs] == [0, 0, 7, 7]
    words = train_command(runs[-1])
    assert {"norm=clade", "seed=7", "hardware.threads=1", "resume=true"} <= set(words)


def test_speed_has_runs_of_its_own() -> None:
    study = asked("only=[spade]", "speed_images=50")
    (run,) = speed_runs(study)
    assert (run.name, run.images, run.options.train.log_every_images) == ("compare_scenes-spade-speed", 50, 5)
    assert speed_runs(asked("only=[spade]", "speed_images=0")) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["only=[spayd]"], r"only=spayd: no such row; choose among batch_stem,"),
        (["only=[]"], "give at least one of each"),
        (["seeds=[]"], "give at least one of each"),
        (["only=[a-b]", "rows.a-b=['norm=spade']"], "use letters, digits and _"),
        (["only=[spade]", "words=['norm.hiden=3']"], "norm.hiden: no such option; did you mean hidden"),
        (
            ["only=[spade]", "words=['train.images=null','train.minutes=3']"],
            "set train.images, not train.minutes",
        ),
        (["study=camvid", "only=[spade]"], r"dataset.root must be given"),
        (["study=nothing", "only=[spade]"], "experiment=compare_nothing: no such word"),
    ],
)
def test_mistakes_are_found_before_anything_is_trained(words: list[str], said: str) -> None:
    study = asked(*words)
    with pytest.raises(ValueError, match=said):
        study_runs(study)


def test_a_trained_run_is_left_alone_and_another_one_refused(
    one: tuple[CompareNormsOptions, StudyRun],
) -> None:
    study, run = one
    assert run.is_trained()
    (elsewhere,) = study_runs(replace(study, threads=2))
    assert elsewhere.is_trained(), "the machine may change"
    (longer,) = study_runs(replace(study, words=["train.images=2000"]))
    with pytest.raises(ValueError, match=r"trained with train.images=1200, not 2000; remove it, or give"):
        longer.is_trained()
    weights_file(run.folder, run.images).rename(weights_file(run.folder, 8))
    state_file(run.folder, run.images).rename(state_file(run.folder, 8))
    assert not run.is_trained(), "it has stopped half-way"
    assert not study_runs(replace(study, name="other"))[0].is_trained()


def test_what_is_measured_is_measured_again_when_the_weights_are_newer(
    one: tuple[CompareNormsOptions, StudyRun],
) -> None:
    study, run = one
    folder = results_folder(study, run)
    folder.mkdir(parents=True)
    assert not is_measured(study, run)
    content = {
        "metrics": {"model": {"miou_x": 0.5}},
        "names": {"miou_x": "miou_x_val_9"},
        "protocol": {"count": 9},
    }
    (folder / "metrics.json").write_text(json.dumps(content))
    assert is_measured(study, run) and is_measured(replace(study, images=None), run)
    assert not is_measured(replace(study, images=8), run), "on other pictures"
    assert not is_measured(replace(study, segmenter_images=0), run), "with a segmenter"
    later = (folder / "metrics.json").stat().st_mtime + 5
    os.utime(weights_file(run.folder, run.images), (later, later))
    assert not is_measured(study, run)


def test_the_commands_that_measure(one: tuple[CompareNormsOptions, StudyRun], tmp_path: Path) -> None:
    study, run = one
    words = measure_command(study, run)
    assert {"name=compare_scenes-clade-seed3", "images=9", "split=val"} <= set(words)
    assert f"segmenter.path='{tmp_path / 'segmenters' / 'compare_scenes'}'" in words
    told = segmenter_command(study, run)
    assert told is not None and {"dataset=scenes", "dataset.height=64", "name=compare_scenes"} <= set(told)
    assert segmenter_command(replace(study, segmenter_images=0), run) is None
    (tmp_path / "segmenters" / "compare_scenes").mkdir(parents=True)
    (tmp_path / "segmenters" / "compare_scenes" / "segmenter.json").touch()
    assert segmenter_command(study, run) is None
