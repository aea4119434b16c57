"""A contact sheet has every picture where its heading says."""

import numpy as np
import pytest
import torch

from evaluation.contact_sheet import GAP, HEADING, contact_sheet
from evaluation.gallery import Gallery
from tests.evaluation.made_up import batch, label_maps, label_set


def one_coloured(count, start):
    """Pictures (count, 3, 16, 20), each of one grey: the level of the n-th is start + 10 n."""
    levels = torch.arange(count) * 10.0 + start
    return (levels / 127.5 - 1)[:, None, None, None].expand(count, 3, 16, 20)


def made(folder, with_photo=True):
    gallery = Gallery(folder, label_set(4))
    photo = one_coloured(5, 150) if with_photo else None
    gallery.add(batch(photo, torch.zeros_like(label_maps(5, 4))), one_coloured(5, 50))
    return gallery.rows


def centre(sheet, column, row, width=40, height=32):
    pixels = np.asarray(sheet)
    y = HEADING + row * (height + GAP) + height // 2
    return tuple(pixels[y, GAP + column * (width + GAP) + width // 2].tolist())


def test_rows_and_columns_are_in_place(tmp_path):
    sheet = contact_sheet(made(tmp_path), tmp_path, width=40)
    for row in range(5):
        assert centre(sheet, 0, row) == label_set(4).colours[0]
        assert centre(sheet, 1, row) == (50 + 10 * row,) * 3
        assert centre(sheet, 2, row) == (150 + 10 * row,) * 3


def test_without_photos_there_is_no_column_for_them(tmp_path):
    sheet = contact_sheet(made(tmp_path, with_photo=False), tmp_path, width=40)
    assert sheet.width == GAP + 2 * (40 + GAP)


def test_no_rows_are_refused(tmp_path):
    with pytest.raises(ValueError, match="needs at least one row"):
        contact_sheet([], tmp_path)
