"""A small release for tests to spoil."""

from pathlib import Path

import pytest

from tests.references import official_weights as made_up
from tests.references.official_weights import Generator, Weights


@pytest.fixture
def weights(tmp_path: Path) -> Weights:
    made = made_up.spade_generator(Generator(hidden=8))
    made.save(tmp_path, "G")
    return made
