from __future__ import annotations

import pickle
import signal
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from data.batch import Batch
from data.dataset import PairedDataset
from data.loader import eval_loader, train_loader
from data.sampler import Position, StreamSampler
from data.sources.camvid import open_camvid
from data.sources.folder import Folder
from data.sources.source import LabelSet, Record
from data.transforms import JointTransform
from tests.data.trees import FOUR_CLASSES, blocks, write_folder, write_pair
from tests.shared import shared_data

CROPS = JointTransform(16, 16, "none", crop=True, flip=True)
AS_STORED = JointTransform(1, 1, "none")


@pytest.fixture
def dataset(tmp_path: Path) -> PairedDataset:
    return PairedDataset(Folder.from_root(write_folder(tmp_path, 7), "train", FOUR_CLASSES), CROPS, seed=9)


def same(first: Batch, second: Batch) -> bool:
    assert first.photo is not None and second.photo is not None
    return (
        first.names == second.names
        and torch.equal(first.photo, second.photo)
        and torch.equal(first.labels, second.labels)
    )


def batches(dataset: PairedDataset, count: int, workers: int = 0, start: int = 0) -> list[Batch]:
    sampler = StreamSampler(len(dataset), 3, seed=9, start=start)
    return list(islice(train_loader(dataset, sampler, workers), count))


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_alter_nothing(dataset: PairedDataset, workers: int) -> None:
    for alone, helped in zip(batches(dataset, 6), batches(dataset, 6, workers), strict=True):
        assert same(alone, helped)


def test_batches_are_the_samplers(dataset: PairedDataset) -> None:
    positions = islice(StreamSampler(7, 3, seed=9), 6)
    for batch, places in zip(batches(dataset, 6), positions, strict=True):
        assert batch.names == tuple(f"a{place.index}" for place in places)
        assert batch.photo is not None and batch.photo.shape == (3, 3, 16, 16)
        assert batch.labels.shape == (3, 16, 16)


def test_augmentation_changes_with_the_epoch_and_the_seed(dataset: PairedDataset) -> None:
    def views(seed: int, epoch: int) -> torch.Tensor:
        seeded = PairedDataset(dataset.source, CROPS, seed)
        return torch.stack([seeded[Position(epoch, index)].photo for index in range(7)])

    assert torch.equal(views(0, 0), views(0, 0))
    assert not torch.equal(views(0, 0), views(0, 1))
    assert not torch.equal(views(0, 0), views(1, 0))


def test_each_record_is_augmented_on_its_own(tmp_path: Path) -> None:
    """Ten records of one picture: were the randomness shared, all would get one window."""
    for number in range(10):
        write_pair(tmp_path / "labels", tmp_path / "photos", f"a{number}", blocks(24, 32))
    source = Folder(tmp_path / "labels", tmp_path / "photos", None, FOUR_CLASSES)
    (batch,) = eval_loader(PairedDataset(source, CROPS), 10)
    assert len({labels.numpy().tobytes() for labels in batch.labels}) > 5


def test_global_randomness_is_neither_used_nor_disturbed(dataset: PairedDataset) -> None:
    torch.manual_seed(0)
    np.random.seed(0)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()
    first = batches(dataset, 2)
    assert torch.equal(torch.get_rng_state(), before[0]) and np.random.get_state()[1].tolist() == before[1]
    torch.manual_seed(1)
    np.random.seed(1)
    assert all(same(*pair) for pair in zip(first, batches(dataset, 2)))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stop_in_mid_epoch_is_no_difference(dataset: PairedDataset, workers: int) -> None:
    whole = batches(dataset, 8)
    sampler = StreamSampler(7, 3, seed=9)
    for _ in islice(train_loader(dataset, sampler, workers), 3):
        pass
    assert sampler.state_dict() == {"images_seen": 9}  # read ahead or not
    resumed = StreamSampler(7, 3, seed=9)
    rest = train_loader(dataset, resumed, workers)
    resumed.load_state_dict(sampler.state_dict())
    assert all(same(*pair) for pair in zip(whole[3:], islice(rest, 5), strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_evaluation_reads_each_sample_once_in_order(dataset: PairedDataset, workers: int) -> None:
    read = list(eval_loader(dataset, 3, workers))
    assert [len(batch) for batch in read] == [3, 3, 1]
    assert [name for batch in read for name in batch.names] == [f"a{number}" for number in range(7)]
    first = dataset[Position(0, 0)]
    assert torch.equal(read[0].labels[0], first.labels)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path, dataset: PairedDataset, workers: int) -> None:
    photo = tmp_path / "train" / "photos" / "a4.png"
    photo.write_bytes(photo.read_bytes()[:60])
    for loader in (
        eval_loader(dataset, 2, workers),
        train_loader(dataset, StreamSampler(7, 2), workers),
    ):
        with pytest.raises(ValueError, match=r"a4\.png: cannot be read as a picture") as caught:
            list(islice(loader, 20))
        assert "\n" not in str(caught.value) and "Traceback" not in str(caught.value)


def test_sizes_that_differ_within_a_batch_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path, 1)
    labels = tmp_path / "train" / "labels"
    Image.new("L", (40, 8)).save(labels / "b.png")
    dataset = PairedDataset(Folder(labels, None, None, FOUR_CLASSES), AS_STORED)
    with pytest.raises(ValueError, match=r"of a0 are \(24, 32\), of b \(8, 40\).*set the batch size to 1"):
        list(eval_loader(dataset, 2))
    one_by_one = list(eval_loader(dataset, 1))
    assert [batch.labels.shape for batch in one_by_one] == [(1, 24, 32), (1, 8, 40)]
    assert one_by_one[0].photo is None


class Surroundings:
    """Tells where it is read: labels = number of torch threads, instances = 1 where Ctrl-C is ignored."""

    label_set = LabelSet(("sky",), ((0, 0, 0),), has_unknown=False)
    has_instances = True
    styles = ("default",)

    def __len__(self) -> int:
        return 2

    def read(self, index: int) -> Record:
        threads = np.full((1, 1), torch.get_num_threads(), dtype=np.int32)
        ignored = np.full((1, 1), signal.getsignal(signal.SIGINT) == signal.SIG_IGN, dtype=np.int32)
        return Record(None, threads, ignored, 0, "a")


def test_a_worker_uses_one_thread_and_leaves_ctrl_c_to_the_main_process() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        (batch,) = eval_loader(PairedDataset(Surroundings(), AS_STORED), 2, workers=1)
    finally:
        torch.set_num_threads(before)
    assert batch.labels.unique().tolist() == [1]
    assert batch.instances is not None and batch.instances.unique().tolist() == [1]


def test_all_tensors_of_a_batch_are_pinned(dataset: PairedDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    (batch,) = batches(dataset, 1)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: tensor + 1)
    pinned = batch.pin_memory()
    assert torch.equal(pinned.labels, batch.labels + 1) and torch.equal(pinned.style_id, batch.style_id + 1)
    assert pinned.photo is not None and torch.equal(pinned.photo, batch.photo + 1)
    assert pinned.instances is None and pinned.names == batch.names


def test_a_dataset_is_pickled(dataset: PairedDataset) -> None:
    copied = pickle.loads(pickle.dumps(dataset))
    assert torch.equal(copied[Position(1, 2)].photo, dataset[Position(1, 2)].photo)


@pytest.mark.slow
def test_workers_may_be_spawned(dataset: PairedDataset) -> None:
    usual = torch.multiprocessing.get_start_method()
    torch.multiprocessing.set_start_method("spawn", force=True)
    try:
        spawned = batches(dataset, 2, workers=1)
    finally:
        torch.multiprocessing.set_start_method(usual, force=True)
    assert all(same(*pair) for pair in zip(spawned, batches(dataset, 2), strict=True))


def test_real_photographs_are_loaded() -> None:
    source = open_camvid(shared_data("camvid"), "train")
    dataset = PairedDataset(source, JointTransform(96, 128, "short_side", 110, crop=True, flip=True))
    (batch,) = islice(train_loader(dataset, StreamSampler(len(dataset), 8), workers=2), 1)
    assert batch.photo is not None and batch.photo.shape == (8, 3, 96, 128)
    assert -1 <= batch.photo.min() < -0.5 and 0.5 < batch.photo.max() <= 1
    assert batch.labels.min() >= 0 and batch.labels.max() < len(source.label_set)
    films = [source.styles[style] for style in batch.style_id.tolist()]
    assert films == [name.split("_")[0] for name in batch.names]
