"""The gallery's files, read again with Pillow."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from data.image_range import from_uint8
from evaluation.gallery import Gallery
from tests.evaluation.made_up import batch, label_maps, label_set, pictures


def read(path):
    return torch.from_numpy(np.array(Image.open(path).convert("RGB"))).permute(2, 0, 1)


def test_files_hold_the_pictures(tmp_path):
    photo, first, second = (pictures(3, seed=seed) for seed in (1, 2, 3))
    gallery = Gallery(tmp_path, label_set(4))
    gallery.add(batch(photo, label_maps(3, 4)), first, second)
    assert [row.name for row in gallery.rows] == ["picture0", "picture1", "picture2"]
    row = gallery.rows[1]
    assert row.generated == ("images/picture1.png", "images_2/picture1.png")
    assert (row.width, row.height) == (20, 16)
    for file, expected in zip((*row.generated, row.photo), (first[1], second[1], photo[1]), strict=True):
        found = from_uint8(read(tmp_path / file))
        assert (found - expected).abs().max() <= 0.5 / 127.5 + 1e-6


def test_label_maps_are_colours_to_the_eye_and_ids_to_a_reader(tmp_path):
    labels = label_maps(1, 4)
    gallery = Gallery(tmp_path, label_set(4))
    gallery.add(batch(None, labels), pictures(1))
    file = tmp_path / gallery.rows[0].labels
    assert torch.equal(torch.from_numpy(np.array(Image.open(file))).long(), labels[0])
    colours = label_set(4).colours
    assert tuple(read(file)[:, 5, 7].tolist()) == colours[labels[0, 5, 7]]


def test_more_classes_than_a_palette_holds_are_painted(tmp_path):
    labels = label_maps(1, 300)
    gallery = Gallery(tmp_path, label_set(300))
    gallery.add(batch(None, labels), pictures(1))
    seen = read(tmp_path / gallery.rows[0].labels)
    for row, column in ((0, 0), (3, 9), (15, 19)):
        assert tuple(seen[:, row, column].tolist()) == label_set(300).colours[labels[0, row, column]]


def test_without_photos_there_is_no_photo(tmp_path):
    gallery = Gallery(tmp_path, label_set(4))
    gallery.add(batch(None, label_maps(2, 4)), pictures(2))
    assert [row.photo for row in gallery.rows] == [None, None]
    assert not (tmp_path / "photos").exists()


def test_names_with_dots_and_folders_stay_and_those_that_lead_out_are_refused(tmp_path):
    def named(name):
        return dataclasses.replace(batch(None, label_maps(1, 4)), names=(name,))

    gallery = Gallery(tmp_path / "out", label_set(4))
    gallery.add(named("aachen/frame.000019"), pictures(1))
    assert (tmp_path / "out" / "images" / "aachen" / "frame.000019.png").is_file()
    with pytest.raises(ValueError, match="leads out"):
        gallery.add(named("../../elsewhere"), pictures(1))
    assert not (tmp_path / "elsewhere.png").exists()
