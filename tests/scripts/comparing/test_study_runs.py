"""What a study trains and what it skips."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from engine.checkpoint.checkpoint_paths import LATEST, state_file, weights_file
from models.norms import NORMS
from options.run_config import write_options
from options.schema import CompareNormsOptions
from scripts.comparing.runs import StudyRun, speed_runs, study_runs
from tests.studies import asked, trained_study


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[CompareNormsOptions, StudyRun]:
    """A study of one run that is trained."""
    return trained_study(tmp_path, monkeypatch)


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
    training = runs[-1].training()
    assert {"norm=clade", "seed=7", "hardware.threads=1", "resume=true"} <= set(training.command)
    assert (training.title, training.log.name) == (
        "train compare_scenes-clade-seed7",
        "compare_scenes-clade-seed7.txt",
    )


def test_speed_has_runs_of_its_own() -> None:
    study = asked("only=[spade]", "speed_images=50")
    (run,) = speed_runs(study)
    assert (run.name, run.images, run.options.train.log_every_images) == ("compare_scenes-spade-speed", 52, 5)
    assert speed_runs(asked("only=[spade]", "speed_images=0")) == []


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["only=[spayd]"], r"only=spayd: no such row; choose among batch_stem,"),
        (["only=[]"], "give at least one of each"),
        (["seeds=[]"], "give at least one of each"),
        (["seeds=[0,7,0]"], r"seeds=\[0, 7, 0\]: give each once"),
        (["only=[spade,spade]"], r"only=\['spade', 'spade'\]: give each once"),
        (["only=[a-b]", "rows.a-b=['norm=spade']"], "use letters, digits and _"),
        (["only=[spade]", "overrides=['norm.hiden=3']"], "norm.hiden: no such option; did you mean hidden"),
        (
            ["only=[spade]", "overrides=['train.images=null','train.minutes=3']"],
            "spade: train.minutes=3.0, train.epochs=None: a study compares runs of one number of images",
        ),
        (["study=camvid", "only=[spade]"], r"dataset.root must be given"),
        (["study=nothing", "only=[spade]"], "experiment=compare_nothing: no such choice"),
    ],
)
def test_mistakes_are_found_before_anything_is_trained(overrides: list[str], message: str) -> None:
    study = asked(*overrides)
    with pytest.raises(ValueError, match=message):
        study_runs(study)


def test_a_trained_run_is_skipped_and_another_one_refused(
    one: tuple[CompareNormsOptions, StudyRun],
) -> None:
    study, run = one
    assert run.is_trained()
    (elsewhere,) = study_runs(replace(study, threads=2))
    assert elsewhere.is_trained(), "the machine may change"
    (rounded,) = study_runs(replace(study, overrides=["hardware.precision=bf16"]))
    with pytest.raises(ValueError, match=r"trained with hardware.precision=float32, not bf16; remove it"):
        rounded.is_trained()
    (longer,) = study_runs(replace(study, overrides=["train.images=2000"]))
    with pytest.raises(ValueError, match=r"trained with train.images=1200, not 2000; remove it, or give"):
        longer.is_trained()
    weights_file(run.folder, run.images).rename(weights_file(run.folder, 8))
    state_file(run.folder, run.images).rename(state_file(run.folder, 8))
    assert not run.is_trained(), "it has stopped half-way"
    assert not study_runs(replace(study, name="other"))[0].is_trained()


def test_a_run_that_lost_its_weights_is_an_error(one: tuple[CompareNormsOptions, StudyRun]) -> None:
    _, run = one
    (run.folder / LATEST).write_text(str(run.images))
    assert run.is_trained()
    weights_file(run.folder, run.images).unlink()
    with pytest.raises(ValueError, match=r"safetensors is absent, though the run has ended; remove"):
        run.is_trained()


@pytest.mark.parametrize("change", [{"threads": 2}, {"overrides": ["hardware.device=cuda"]}])
def test_speed_is_that_of_the_machine(
    one: tuple[CompareNormsOptions, StudyRun], change: dict[str, Any]
) -> None:
    study, _ = one
    (run,) = speed_runs(study)
    write_options(run.options, run.folder)
    for file in (state_file, weights_file):
        file(run.folder, run.images).touch()
    assert run.is_trained()
    (elsewhere,) = speed_runs(replace(study, **change))
    with pytest.raises(ValueError, match=r"trained with hardware\..*; remove it"):
        elsewhere.is_trained()


def test_a_run_ends_with_a_whole_batch(one: tuple[CompareNormsOptions, StudyRun]) -> None:
    study, _ = one
    (run,) = study_runs(replace(study, overrides=["train.images=9", "train.batch_size=4"]))
    assert run.images == 12
