"""The built-in world: what a split promises, and what label map, instances and photo promise each other."""

import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from data.scenes import Drawing, draw
from data.scenes.layout import Label
from data.scenes.styles import STYLES
from data.sources.scenes import COUNTS, Scenes

COUNTABLE = {Label.TREE, Label.WALL, Label.ROOF, Label.WINDOW, Label.CAR, Label.BOAT, Label.PERSON}


def _digest(record) -> str:
    parts = (np.asarray(record.photo).tobytes(), record.labels.tobytes(), record.instances.tobytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _drawings(count: int, size: int = 64, style: str = "day") -> list[Drawing]:
    scenes = Scenes("train", size, size)
    return [draw(scenes.layout(index), style, size, size) for index in range(count)]


def test_another_process_draws_the_same_scenes():
    program = (
        "from tests.data.test_scenes import _digest; from data.sources.scenes import Scenes;"
        "s = Scenes('val', 48, 80, seed=3); print(*[_digest(s.read(i)) for i in range(4)])"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "77"}
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=root, check=True
    )
    scenes = pickle.loads(pickle.dumps(Scenes("val", 48, 80, seed=3)))
    # Backwards, so that a scene cannot depend on those read before it.
    mine = [_digest(scenes.read(index)) for index in reversed(range(4))]
    assert run.stdout.split() == mine[::-1]


def test_another_seed_draws_other_scenes():
    first, second = (Scenes("train", 32, 32, seed=seed) for seed in (0, 1))
    assert all(_digest(first.read(index)) != _digest(second.read(index)) for index in range(10))


def test_splits_never_overlap():
    splits = [Scenes(split, 32, 32, count=3000) for split in COUNTS]
    numbers = [{split.number(index) for index in range(len(split))} for split in splits]
    assert len(set.union(*numbers)) == 3 * 3000
    labels = {split.read(index).labels.tobytes() for split in splits for index in range(40)}
    assert len(labels) == 3 * 40


def test_some_styles_show_the_same_world():
    every, some = Scenes("val", 32, 32), Scenes("val", 32, 32, styles=["night", "dusk"])
    assert every.styles == ("day", "dusk", "night", "winter") and some.styles == ("night", "dusk")
    pairs = [(every.read(index), some.read(index)) for index in range(20)]
    assert all(np.array_equal(mine.labels, theirs.labels) for mine, theirs in pairs)
    assert {theirs.style_id for _, theirs in pairs} == {0, 1}
    drawing = draw(some.layout(0), some.styles[some.style_id(0)], 32, 32)
    assert np.array_equal(np.asarray(pairs[0][1].photo), np.asarray(drawing.photo))
    for wrong in ([], ["day", "day"], ["noon"]):
        with pytest.raises(ValueError, match=r"dataset\.styles=.*day, dusk, night, winter"):
            Scenes("val", 32, 32, styles=wrong)


def test_length_and_index():
    assert [len(Scenes(split, 8, 8)) for split in ("train", "val", "test")] == [20_000, 500, 500]
    scenes = Scenes("test", 8, 8, count=3)
    assert [scenes.read(index).name for index in range(3)] == ["test-000000", "test-000001", "test-000002"]
    for index in (-1, 3):
        with pytest.raises(IndexError):
            scenes.read(index)


def test_a_wrong_split_is_told():
    with pytest.raises(ValueError, match="'dev'"):
        Scenes("dev", 8, 8)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 40), (40, 7), (50, 50)])
def test_any_size_is_drawn(height, width):
    scenes = Scenes("train", height, width)
    for index in range(12):
        record = scenes.read(index)
        assert record.photo.mode == "RGB"
        assert record.photo.size == (width, height)
        assert record.labels.shape == record.instances.shape == (height, width)
        assert record.labels.dtype == record.instances.dtype == np.int32


def test_all_classes_occur_and_no_others():
    drawings = _drawings(100)
    shares = np.bincount(np.concatenate([d.labels.ravel() for d in drawings])) / (100 * 64 * 64)
    assert len(shares) == len(Scenes.label_set) == len(Scenes.label_set.colours) == 15
    assert shares.min() > 0.001
    present = np.mean([np.bincount(d.labels.ravel(), minlength=15) > 0 for d in drawings], axis=0)
    assert present.min() > 0.2
    assert not Scenes.label_set.has_unknown


def test_an_instance_lies_within_one_countable_class():
    for drawing in _drawings(40):
        for instance in np.unique(drawing.instances):
            classes = {Label(label) for label in np.unique(drawing.labels[drawing.instances == instance])}
            if instance == 0:
                assert not classes & COUNTABLE
            else:
                assert len(classes) == 1
                assert classes <= COUNTABLE


def test_things_of_a_class_are_told_apart():
    cars = [d.instances[d.labels == Label.CAR] for d in _drawings(60)]
    assert max(len(np.unique(instances)) for instances in cars) >= 3


def test_style_changes_the_photo_alone():
    scenes = Scenes("train", 64, 64)
    for index in range(8):
        drawn = [draw(scenes.layout(index), style, 64, 64) for style in scenes.styles]
        photos = [np.asarray(d.photo, dtype=float) for d in drawn]
        for other in range(1, 4):
            np.testing.assert_array_equal(drawn[0].labels, drawn[other].labels)
            np.testing.assert_array_equal(drawn[0].instances, drawn[other].instances)
            assert min(np.abs(photos[other] - photo).mean() for photo in photos[:other]) > 10


def test_the_layout_tells_nothing_of_the_style():
    scenes = Scenes("train", 16, 16)
    styles = np.array([scenes.style_id(index) for index in range(2000)])
    assert scenes.read(5).style_id == styles[5]
    shares = np.bincount(styles, minlength=4) / 2000
    assert np.abs(shares - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 2000)
    layouts = [scenes.layout(index) for index in range(400)]
    for trait in (
        lambda layout: layout.camera.horizon,
        lambda layout: layout.sun is not None,
        lambda layout: len(layout.surfaces),
    ):
        values = np.array([float(trait(layout)) for layout in layouts])
        values = (values - values.mean()) / values.std()
        for style in range(4):
            chosen = values[styles[:400] == style]
            assert abs(chosen.mean()) < 4 / np.sqrt(len(chosen))


def test_a_layout_is_the_same_scene_at_any_resolution():
    scenes = Scenes("train", 64, 64)
    agreement, likeness = [], []
    for index in range(10):
        small, large = (draw(scenes.layout(index), "day", size, size) for size in (64, 256))
        agreement.append((large.labels[2::4, 2::4] == small.labels).mean())
        reduced = np.asarray(large.photo.reduce(4), dtype=float)
        likeness.append(np.abs(reduced - np.asarray(small.photo, dtype=float)).mean())
    assert min(agreement) > 0.9
    assert max(likeness) < 8  # of 255: the mean colour agrees, the finest texture need not


@pytest.mark.parametrize("style", tuple(STYLES))
def test_every_kind_of_ground_has_texture(style):
    steps: dict[Label, list[np.ndarray]] = {}
    for drawing in _drawings(30, size=128, style=style):
        photo = np.asarray(drawing.photo, dtype=float).mean(axis=-1)
        step = photo[:, 1:] - photo[:, :-1]
        same = (np.diff(drawing.labels, axis=1) == 0) & (np.diff(drawing.instances, axis=1) == 0)
        for label in (Label.SEA, Label.SAND, Label.GRASS, Label.ROAD, Label.TREE, Label.WALL, Label.MOUNTAIN):
            steps.setdefault(label, []).append(step[same & (drawing.labels[:, 1:] == label)])
    for label, found in steps.items():
        assert np.concatenate(found).std() > 1.5, label


def test_light_varies_by_place():
    """The sky changes from the top to the horizon, and is brighter round the sun."""
    scenes = Scenes("train", 64, 64)
    for index in range(12):
        layout = scenes.layout(index)
        drawing = draw(layout, "day", 64, 64)
        sky = drawing.labels == Label.SKY
        blueness = np.asarray(drawing.photo, dtype=float) @ np.array([-1.0, 0.0, 1.0])
        rows = [blueness[row][sky[row]].mean() for row in range(64) if sky[row].sum() > 8]
        assert rows[0] > rows[-1] + 20
        if layout.sun is not None:
            y, x = (np.mgrid[0:64, 0:64] + 0.5) / 64
            away = np.hypot(x - layout.sun.x, y - layout.sun.y)
            row = sky & (np.abs(y - layout.sun.y) < 0.1)
            near, far = row & (away < 0.25), row & (away > 0.5)
            if near.sum() > 20 and far.sum() > 20:
                assert blueness[far].mean() > blueness[near].mean() + 10


def test_photo_has_its_edges_where_the_labels_have_them():
    """The photo's steps are greatest at the label map's own edges, less at those edges moved by a pixel."""
    at_edges = {shift: [] for shift in (-2, -1, 0, 1, 2)}
    for drawing in _drawings(20):
        photo = np.asarray(drawing.photo, dtype=float).mean(axis=-1)
        for labels, grey in ((drawing.labels, photo), (drawing.labels.T, photo.T)):
            step = np.abs(np.diff(grey, axis=1))
            edge = labels[:, 1:] != labels[:, :-1]
            for shift, found in at_edges.items():
                found.append(step[np.roll(edge, shift, axis=1)])
    mean = {shift: np.concatenate(found).mean() for shift, found in at_edges.items()}
    assert mean[0] > 1.3 * max(mean[-1], mean[1])
    assert mean[0] > 2.0 * max(mean[-2], mean[2])
