"""Two gloo processes, each with its part of the pictures, against one with all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as mp

from data.batch import Batch
from engine.runtime.distributed import Processes, gather, join_processes
from evaluation.evaluate import Evaluation, evaluate, measure_scale
from evaluation.feature_cache import CachedFeatures
from evaluation.metrics import MetricSet
from evaluation.segmenters.segmenter import Segmenter
from tests.engine.runtime.test_distributed import free_port
from tests.evaluation.made_up import TinyFeatures, batch, label_maps, label_set, pictures, protocol

COUNT, TRAIN, K = 7, 9, 4


class Colours(Segmenter):
    """The brightest colour of each pixel."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.argmax(dim=1)


def batches(shown: torch.Tensor, labels: torch.Tensor, processes: Processes) -> list[Batch]:
    """This process's part of the pictures, two at a time; the last batch is shorter."""
    first, end = (len(shown) * part // processes.count for part in (processes.rank, processes.rank + 1))
    starts = range(first, end, 2)
    return [
        batch(shown[start : min(start + 2, end)], labels[start : min(start + 2, end)], start)
        for start in starts
    ]


def evaluation(folder: Path, processes: Processes) -> Evaluation:
    """Of this process's part, with cached features."""
    labels = label_maps(COUNT, K)
    metrics = MetricSet(TinyFeatures(), segmenters=(Colours("colours", label_set(K)),))
    cached = CachedFeatures(metrics.features, folder / "reference")
    train = batches(pictures(TRAIN, seed=3), label_maps(TRAIN, K, seed=3), processes)
    scale = measure_scale(train, K, metrics, protocol(COUNT), cached)
    generated, photos = (batches(pictures(COUNT, seed=seed), labels, processes) for seed in (1, 2))
    pairs = [(shown.photo, photo) for shown, photo in zip(generated, photos)]
    found = evaluate(pairs, metrics, protocol(COUNT), scale, cached)
    cached.save(processes)
    return found


def process(rank: int, folder: str) -> None:
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
    torch.set_num_threads(1)
    with join_processes(torch.device("cpu"), timeout_minutes=10) as processes:
        assert gather({"rank": rank}, processes) == [{"rank": 0}, {"rank": 1}]
        found = evaluation(Path(folder), processes)
        torch.save({"rows": found.rows, "by_class": found.by_class}, f"{folder}/{rank}.pt")


def test_all_get_the_values_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", str(free_port()))
    mp.spawn(process, (str(tmp_path),), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert first == second
    one = evaluation(tmp_path / "alone", Processes(rank=0, count=1))
    assert (
        list(first["rows"])
        == list(one.rows)
        == ["model", "mean_colour_baseline", "real_train", "real_photos"]
    )
    for row, values in one.rows.items():
        assert first["rows"][row] == pytest.approx(values, rel=1e-6, abs=1e-9), row
    for row, ious in one.by_class["iou"].items():
        assert first["by_class"]["iou"][row] == pytest.approx(ious), row
    sizes = {(tmp_path / name / "reference").stat().st_size for name in (".", "alone")}
    assert len(sizes) == 1, "both have cached all pictures"
