"""An official release becomes a run whose generator answers what the original network answered."""

import shutil

import pytest
import torch

import options.run_folder
from models import load_generator
from models.official import read_release
from scripts.import_official import import_release
from tests.models.official.test_golden import case
from tests.shared import golden


@pytest.mark.parametrize("name", ["spade_ade20k", "spade_cityscapes", "sean_celebamask_hq"])
def test_the_run_answers_as_the_original(name: str, request: pytest.FixtureRequest) -> None:
    run_name = f"test-import-{name}"
    folder = options.run_folder.CHECKPOINTS / run_name
    request.addfinalizer(lambda: shutil.rmtree(folder, ignore_errors=True))
    run = import_release(read_release(golden(name)), run_name)
    found = case(name)
    photo = found.photo if name.startswith("sean") else None
    fake = load_generator(str(run))(found.labels, found.instances, photo)
    torch.testing.assert_close(fake, found.expected["generated"].float(), rtol=0, atol=1e-4)
