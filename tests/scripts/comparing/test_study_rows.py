"""What the table of a study has of a row besides its metrics: its style's source, its size, its speed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data.dataset_info import DatasetInfo
from data.sources.scenes import Scenes
from engine.checkpoint import checkpoint_paths
from engine.checkpoint.checkpoint_paths import state_file, weights_file
from engine.run_log import LOG
from options.build.networks import build_generator
from options.run_config import write_options
from scripts.comparing.runs import study_runs
from scripts.comparing.study import row_details
from tests.studies import asked, trained_study


def test_a_row_tells_where_its_style_is_from_and_how_large_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_paths, "CHECKPOINTS", tmp_path)
    info = DatasetInfo.of(Scenes("train", 8, 8), edges=False)
    styles = {}
    for run in study_runs(
        asked("only=[spade,sean,adain,cin]", "seeds=[0]", "overrides=['generator.width=2']")
    ):
        write_options(run.options, run.folder)
        info.write(run.folder)
        for file in (state_file, weights_file):
            file(run.folder, run.images).touch()
        details = row_details(run, 3.5)
        numbers = build_generator(run.options, info).state_dict(keep_vars=True)
        learned = {name: weight.numel() for name, weight in numbers.items() if weight.requires_grad}
        of_encoder = sum(count for name, count in learned.items() if name.startswith("encoder."))
        assert details["generator_parameters"] == sum(learned.values()) - of_encoder
        assert details["encoder_parameters"] == (of_encoder or None) and details["images_per_second"] == 3.5
        styles[run.row] = details["style_from"]
    assert styles == {"spade": "–", "sean": "photo, by region", "adain": "photo", "cin": "style id"}


@pytest.mark.parametrize(
    ("logged", "speed"), [([1.0, 4.0, 9.0, 5.0], 5.0), ([1.0, 4.0], 4.0), ([1.0], None), ([], None)]
)
def test_speed_is_the_median_once_warm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logged: list[float], speed: float | None
) -> None:
    _, run = trained_study(tmp_path, monkeypatch)
    rows = [{"images": 8 * number, "images_per_second": each} for number, each in enumerate(logged)]
    (run.folder / LOG).write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"images": 99}]))
    assert run.images_per_second() == speed
