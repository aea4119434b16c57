"""Records that cannot be read: named, or replaced by others, the same ones after a resume."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
import torch

from data.batch import Batch, Unreadable
from data.dataset import BadRecords, PairedDataset
from data.loader import eval_loader, train_loader
from data.sampler import Position, StreamSampler
from data.sources.classes import numbered_label_set
from data.sources.folder import Folder
from data.sources.label_format import StoredIds
from data.sources.source import Record
from data.transforms import JointTransform
from tests.data.trees import blocks, write_folder

FOUR = StoredIds.in_order(numbered_label_set(4, has_unknown=False))
CROPS = JointTransform(16, 16, "none", crop=True, flip=True)


class Faulty:
    """`count` small records, of which some cannot be read."""

    label_set = FOUR.label_set
    has_instances = False
    styles = ("default",)

    def __init__(self, count: int, bad: set[int]) -> None:
        self.count, self.bad = count, bad

    def __len__(self) -> int:
        return self.count

    def read(self, index: int) -> Record:
        if index in self.bad:
            raise ValueError(f"a{index}.png: cannot be read")
        return Record(None, blocks(24, 32, seed=index).astype("int32"), None, 0, f"a{index}")


def batches(dataset: PairedDataset, count: int, workers: int = 0, start: int = 0) -> list[Batch]:
    sampler = StreamSampler(len(dataset), 4, seed=9, start=start)
    return list(islice(train_loader(dataset, sampler, workers, warn=lambda line: None), count))


def skipping(bad: set[int], count: int = 300) -> PairedDataset:
    return PairedDataset(Faulty(count, bad), CROPS, seed=9, on_error="skip")


@pytest.mark.parametrize("workers", [0, 2])
def test_raise_names_the_file(tmp_path: Path, workers: int) -> None:
    root = write_folder(tmp_path, 4)
    photo = root / "train" / "photos" / "a2.png"
    photo.write_bytes(photo.read_bytes()[:60])
    source = Folder(root / "train" / "labels", root / "train" / "photos", None, FOUR)
    with pytest.raises(ValueError, match=r"a2\.png: cannot be read as a picture"):
        batches(PairedDataset(source, CROPS), 4, workers)


def test_a_good_record_is_what_it_is_without_skipping() -> None:
    strict = PairedDataset(Faulty(300, {7}), CROPS, seed=9)
    for index in (6, 8):
        one, other = strict[Position(2, index)], skipping({7})[Position(2, index)]
        assert torch.equal(one.labels, other.labels) and other.replaced == ()


def test_another_record_takes_its_place() -> None:
    found = [skipping({7})[Position(epoch, 7)] for epoch in range(20)]
    names = set()
    for epoch, sample in enumerate(found):
        assert sample.replaced == (Unreadable(7, "a7.png: cannot be read"),)
        again = skipping({7})[Position(epoch, 7)]
        assert torch.equal(again.labels, sample.labels)
        names.add(sample.name)
    assert "a7" not in names and len(names) > 10  # another one in each epoch


def test_a_bad_replacement_is_replaced_as_well() -> None:
    dataset = skipping(set(range(150)), count=300)
    tried = [dataset[Position(0, index)] for index in range(20)]
    assert all(sample.replaced for sample in tried)
    assert max(len(sample.replaced) for sample in tried) > 2


def test_where_all_fail_the_last_one_is_named() -> None:
    with pytest.raises(ValueError, match=r"a\d+\.png: cannot be read"):
        skipping(set(range(300)))[Position(0, 3)]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_is_no_difference(workers: int) -> None:
    whole = batches(skipping({3, 50, 111}), 90)  # more than an epoch
    rest = batches(skipping({3, 50, 111}), 40, workers, start=4 * 50)
    for one, other in zip(whole[50:], rest, strict=True):
        assert one.names == other.names and torch.equal(one.labels, other.labels)
    assert not {"a3", "a50", "a111"} & {name for batch in whole for name in batch.names}


@pytest.mark.parametrize("workers", [0, 2])
def test_each_bad_record_is_warned_of_once(workers: int) -> None:
    warnings: list[str] = []
    dataset = skipping({3, 50})
    sampler = StreamSampler(300, 4, seed=9)
    for _ in islice(train_loader(dataset, sampler, workers, warn=warnings.append), 160):  # two epochs
        pass
    assert len(warnings) == 2 and "number 1 of at most 3: a" in warnings[0]
    assert {line.split(": ")[1] for line in warnings} == {"a3.png", "a50.png"}


@pytest.mark.parametrize("workers", [0, 2])
def test_more_than_one_per_cent_stops(workers: int) -> None:
    bad = {3, 50, 111, 280}  # of 300: 1.33 %
    with pytest.raises(
        ValueError, match=r"4 of 300 records cannot be read, more than the 1%.*the last: a\d+\.png"
    ):
        batches(skipping(bad), 150, workers)


def test_the_fraction_is_of_the_data_set() -> None:
    bad_records = BadRecords(200, warn=lambda line: None)
    for index in (0, 1, 0, 1):
        bad_records.add(Unreadable(index, "bad"))
    with pytest.raises(ValueError, match="3 of 200"):
        bad_records.add(Unreadable(2, "bad"))
    with pytest.raises(ValueError, match="1 of 99"):
        BadRecords(99, warn=lambda line: None).add(Unreadable(0, "bad"))


def test_evaluation_names_or_replaces() -> None:
    strict = PairedDataset(Faulty(6, {2}), CROPS)
    with pytest.raises(ValueError, match=r"a2\.png"):
        list(eval_loader(strict, 3))
    warnings: list[str] = []
    read = list(eval_loader(skipping({2}, count=6), 3, warn=warnings.append))
    assert [len(batch) for batch in read] == [3, 3]
    assert read[0].names[:2] == ("a0", "a1") and read[0].names[2] != "a2"
    assert warnings == ["skipped: a2.png: cannot be read"]
