"""Studies of norms for tests, without anything trained."""

from __future__ import annotations

from pathlib import Path

import pytest

import evaluation.segmenters.trained
from engine.checkpoint import checkpoint_paths
from engine.checkpoint.checkpoint_paths import state_file, weights_file
from options.cli import composed
from options.run_config import write_options
from options.schema import CompareNormsOptions
from scripts.comparing.runs import StudyRun, study_runs


def asked(*overrides: str) -> CompareNormsOptions:
    """The options of `compare_norms.py OVERRIDES`."""
    return composed("compare_norms", CompareNormsOptions, list(overrides))


def trained_study(folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[CompareNormsOptions, StudyRun]:
    """A study of one run, all below `folder`, that counts as trained: its files are there, empty."""
    monkeypatch.setattr(checkpoint_paths, "CHECKPOINTS", folder / "checkpoints")
    monkeypatch.setattr(evaluation.segmenters.trained, "SEGMENTERS", folder / "segmenters")
    study = asked("only=[clade]", "seeds=[3]", "images=9", f"out={folder}")
    (run,) = study_runs(study)
    write_options(run.options, run.folder)
    for file in (state_file, weights_file):
        file(run.folder, run.images).touch()
    return study, run
