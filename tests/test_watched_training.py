"""Figures while a run trains: the best checkpoint is kept, and the run is the one without them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
import torch
from torch import Tensor

import options.build.evaluation
from data.batch import Batch
from engine.checkpoint.checkpoint_paths import complete_checkpoints, weights_file
from engine.checkpoint.serialization import read_weights
from engine.runtime.distributed import Processes
from engine.runtime.interrupts import INTERRUPTED
from engine.validation import Validation
from tests.evaluation.made_up import TinyFeatures
from tests.tiny import tiny_words
from tests.verbs import Verbs

EVALUATE = (
    "evaluate.every_images=2",
    "evaluate.images=4",
    "evaluate.batch_size=3",
    "evaluate.max_time_fraction=1",
)
ALONE = Processes(rank=0, count=1)
FIGURE = "evaluation/fd_tiny_val_4"


@pytest.fixture(autouse=True)
def tiny_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options.build.evaluation, "load_metric_network", lambda *name: TinyFeatures())


def never() -> bool:
    return False


def rows(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


def test_the_best_is_kept_and_the_run_is_the_one_without(verbs: Verbs, tmp_path: Path) -> None:
    words = tiny_words("train.images=8", "train.save_every_images=2", "train.keep=1")
    said = verbs.succeeds("train", "name=plain", *words)
    assert "fd_" not in said
    verbs.succeeds("train", "name=watched", *words, *EVALUATE)
    plain, watched = tmp_path / "checkpoints" / "plain", tmp_path / "checkpoints" / "watched"
    assert same(read_weights(weights_file(plain, 8)), read_weights(weights_file(watched, 8)))

    values = {row["images"]: row[FIGURE] for row in rows(watched) if FIGURE in row}
    assert list(values) == [2, 4, 6, 8]
    best = min(values, key=values.__getitem__)
    assert (watched / "best").read_text() == f"{best}\n"
    assert set(complete_checkpoints(watched)) == {best, 8}
    assert all(0 < row["evaluation_share"] < 1 for row in rows(watched) if FIGURE in row)

    out = f"out={tmp_path / 'results'}"
    test = ("name=watched", out, "images=2", "train_images=2", "metrics=[psnr]", "hardware.num_workers=0")
    verbs.succeeds("test", *test, "checkpoint=best")
    page = (tmp_path / "results" / "watched" / "val" / "index.html").read_text()
    assert f"watched after {best} images" in page and "evaluation: fd tiny val 4" in page
    verbs.succeeds("test", *test, "checkpoint=8")
    assert "has latest, best and" in verbs.refuses("test", *test, "checkpoint=5")
    assert "names none" in verbs.refuses("test", "name=plain", *test[1:], "checkpoint=best")


def test_a_resumed_run_knows_its_best(verbs: Verbs, tmp_path: Path) -> None:
    words = tiny_words("train.save_every_images=2", "train.images=8", *EVALUATE)
    verbs.succeeds("train", "name=whole", *words)
    verbs.succeeds("train", "name=parts", *words, "train.images=4")
    verbs.succeeds("train", "name=parts", "resume=true", "train.images=8")
    parts = tmp_path / "checkpoints" / "parts"
    values = {row["images"]: row[FIGURE] for row in rows(parts) if FIGURE in row}
    assert (parts / "best").read_text() == f"{min(values, key=values.__getitem__)}\n"


def test_costs_stay_within_their_share(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0, 100.0, 105.0])
    monkeypatch.setattr("engine.validation.time.monotonic", lambda: next(clock))
    watch = Validation(lambda asked: {"fd": 3.0}, "fd", 10, max_time_fraction=0.1, processes=ALONE)
    assert watch.affordable(1.0), "one must be made to know what it takes"
    row = watch.evaluate(20.0, never)
    assert row == {"evaluation/fd": 3.0, "evaluation_seconds": 5.0, "evaluation_share": 5 / 25}
    assert not watch.affordable(99.0)
    refusal = watch.refusal(20)
    assert refusal is not None and "takes 5.0 s" in refusal and watch.refusal(40) is None
    assert watch.affordable(100.0)
    assert watch.is_best(row) and not watch.is_best(row)


def test_what_was_spent_and_best_is_read_from_the_log() -> None:
    log = [
        {"images": 1, "evaluation/fd": 2.0, "evaluation_seconds": 30.0},
        {"images": 2, "generator/kl": 1.0},
    ]
    watch = Validation(lambda asked: {"fd": 2.5}, "fd", 10, 0.1, ALONE, log)
    row = watch.evaluate(970.0, never)
    assert row is not None and not watch.is_best(row)
    assert row["evaluation_share"] == pytest.approx(0.03, rel=0.1)


def test_pictures_that_are_no_numbers_end_no_training(
    verbs: Verbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = torch.full((2, 3, 32, 32), float("nan"))
    monkeypatch.setattr(
        "inference.generator.LabelMapGenerator.pictures", lambda self, batch, *rest: broken[: len(batch)]
    )
    words = tiny_words("train.images=2", *EVALUATE, "evaluate.batch_size=2")
    verbs.succeeds("train", "name=broken", *words)
    assert not any(FIGURE in row for row in rows(tmp_path / "checkpoints" / "broken"))
    assert not (tmp_path / "checkpoints" / "broken" / "best").exists()


def test_a_run_that_is_to_stop_does_not_wait_for_its_figures(
    verbs: Verbs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGTERM in the first of ten batches: nothing of the evaluation is kept, all of the training is."""
    made: list[int] = []

    def pictures(self: object, batch: Batch, *rest: object) -> Tensor:
        made.append(len(batch))
        signal.raise_signal(signal.SIGTERM)
        return torch.zeros(len(batch), 3, 32, 32)

    monkeypatch.setattr("inference.generator.LabelMapGenerator.pictures", pictures)
    words = tiny_words("train.images=8", *EVALUATE, "evaluate.images=10", "evaluate.batch_size=1")
    done = verbs("train", "name=stopped", *words)
    run = tmp_path / "checkpoints" / "stopped"
    assert done.status == INTERRUPTED and made == [1], done
    assert "the validation after 2 images was abandoned: the run is to stop" in done.out
    assert complete_checkpoints(run) == [4] and not any(FIGURE in row for row in rows(run))
