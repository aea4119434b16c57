"""Fixtures of the tests that run the program itself."""

from __future__ import annotations

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # before torch is loaded: workers side by side take a core each
    os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Iterator
from pathlib import Path

import pytest

import engine.runtime.hardware
from tests.tiny import tiny_words
from tests.verbs import Verbs, copy_project


@pytest.fixture
def verbs(tmp_path: Path) -> Verbs:
    """train and test, with a folder of runs of their own."""
    return Verbs(tmp_path / "checkpoints")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program for tests that start processes; runs in it want a name each."""
    return copy_project(tmp_path_factory.mktemp("copy") / "project")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Verbs:
    """A run on the built-in scenes, with instance maps: nobody may change it."""
    verbs = Verbs(tmp_path_factory.mktemp("trained") / "checkpoints")
    verbs.succeeds("train", "name=scenes", "train.images=4", *tiny_words())
    return verbs


@pytest.fixture(autouse=True, scope="session")
def _memory_is_given_back() -> Iterator[None]:
    """A program's setting of the allocator, made in this process, would hold for all tests that follow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine.runtime.hardware.Hardware, "keep_memory", lambda self: False)
        yield
