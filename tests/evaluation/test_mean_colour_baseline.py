"""The mean-colour baseline against a loop over pixels."""

import pytest
import torch

from evaluation.mean_colour_baseline import MeanColours, paint
from tests.evaluation.made_up import label_maps, pictures


def looped(photo, labels, num_classes):
    sums, counts = torch.zeros(num_classes, 3).double(), torch.zeros(num_classes).double()
    for b in range(len(labels)):
        for row in range(labels.shape[1]):
            for column in range(labels.shape[2]):
                sums[labels[b, row, column]] += photo[b, :, row, column].double()
                counts[labels[b, row, column]] += 1
    overall = sums.sum(0) / counts.sum()
    return torch.stack([s / n if n else overall for s, n in zip(sums, counts, strict=True)]).float()


def streamed(photo, labels, num_classes, batch_size):
    metric = MeanColours(num_classes)
    for p, ids in zip(photo.split(batch_size), labels.split(batch_size), strict=True):
        metric.update(p, ids)
    return metric.compute()


@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_mean_colours_agree_with_a_loop(batch_size):
    photo, labels = pictures(5, 6, 8), label_maps(5, 4, 6, 8)
    # Class 4 has no pixel: it takes the mean of all.
    expected = looped(photo, labels, 5)
    torch.testing.assert_close(streamed(photo, labels, 5, batch_size), expected, rtol=1e-6, atol=1e-7)


def test_order_does_not_show():
    photo, labels = pictures(5), label_maps(5, 4)
    order = torch.tensor([3, 1, 4, 0, 2])
    torch.testing.assert_close(
        streamed(photo[order], labels[order], 4, 2), streamed(photo, labels, 4, 5), rtol=1e-6, atol=1e-7
    )


def test_paint_gives_each_pixel_the_colour_of_its_class():
    colours, labels = torch.rand(4, 3) * 2 - 1, label_maps(2, 4, 3, 5)
    painted = paint(colours, labels)
    assert painted.shape == (2, 3, 3, 5)
    for b in range(2):
        for row in range(3):
            for column in range(5):
                assert torch.equal(painted[b, :, row, column], colours[labels[b, row, column]])


@pytest.mark.parametrize("wrong", [-1, 4])
def test_an_id_out_of_range_is_named(wrong):
    labels = label_maps(1, 4)
    labels[0, 2, 3] = wrong
    with pytest.raises(ValueError, match=rf"id {wrong}.*0 to 3"):
        MeanColours(4).update(pictures(1), labels)
    with pytest.raises(ValueError, match=rf"id {wrong}.*0 to 3"):
        paint(torch.zeros(4, 3), labels)


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_no_photos_are_refused():
    with pytest.raises(ValueError, match="no training photos"):
        MeanColours(4).compute()
