"""Fixtures of the tests that run the program itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.verbs import Verbs, copy_project


@pytest.fixture
def verbs(tmp_path: Path) -> Verbs:
    """train and test, with a folder of runs of their own."""
    return Verbs(tmp_path / "checkpoints")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program for tests that start processes; runs in it want a name each."""
    return copy_project(tmp_path_factory.mktemp("copy") / "project")
