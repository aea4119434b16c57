from __future__ import annotations

import pickle

import pytest
import torch

from data.sources.file_source import PackedStrings

NAMES = ["a0", "", "ähnlich", "aachen/aachen_000000_000019", "\udcff"]  # the last: no text in UTF-8


def test_names_come_back() -> None:
    names = PackedStrings(NAMES)
    assert len(names) == 5 and list(names) == NAMES and names[3] == NAMES[3]
    assert list(pickle.loads(pickle.dumps(names))) == NAMES
    assert len(PackedStrings([])) == 0 and list(PackedStrings([])) == []


@pytest.mark.parametrize("index", [-1, 5])
def test_there_are_no_others(index: int) -> None:
    with pytest.raises(IndexError, match=f"name {index} of 5"):
        PackedStrings(NAMES)[index]


def _read_shared(names: PackedStrings, answers: torch.multiprocessing.Queue) -> None:
    answers.put((names[3], names._bytes.is_shared()))


def test_a_spawned_process_reads_the_same_memory() -> None:
    context = torch.multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=_read_shared, args=(PackedStrings(NAMES), answers))
    process.start()
    assert answers.get(timeout=400) == (NAMES[3], True)
    process.join()
