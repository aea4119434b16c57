"""Evaluation as a whole: against the metrics one by one, and on real photographs against known values."""

import math

import numpy as np
import pytest
import torch
from PIL import Image

from data.image_range import from_uint8
from engine.runtime.distributed import Processes
from evaluation.evaluate import evaluate, measure_scale
from evaluation.feature_cache import CachedFeatures
from evaluation.feature_extractors import load_metric_network
from evaluation.fid import frechet_distance
from evaluation.kid import kernel_distance
from evaluation.mean_colour_baseline import MeanColours, paint
from evaluation.metrics import MetricSet
from evaluation.miou import SegmentationScores, class_ious, segmentation_metrics
from evaluation.pictures import quantise
from evaluation.precision_recall import precision, recall
from evaluation.protocol import Protocol
from evaluation.psnr import PSNR
from evaluation.rmse import RMSE
from evaluation.segmenters.segmenter import Segmenter
from evaluation.ssim import SSIM
from evaluation.swd import PatchCollector, sliced_wasserstein_distance
from tests.evaluation.made_up import TinyFeatures, batch, label_maps, label_set, pictures, protocol
from tests.shared import shared_data

K = 4
ALONE = Processes(rank=0, count=1)


def batches(photo, labels, size):
    parts = zip(photo.split(size), labels.split(size), strict=True)
    return [batch(p, ids, first=size * number) for number, (p, ids) in enumerate(parts)]


def pairs(generated, photo, labels, size):
    return list(zip(generated.split(size), batches(photo, labels, size), strict=True))


@pytest.fixture
def made():
    """Generated pictures, photos, labels of 9, and 12 training photos with labels."""
    return (
        pictures(9, seed=1),
        pictures(9, seed=2),
        label_maps(9, K),
        pictures(12, seed=3),
        label_maps(12, K, seed=3),
    )


def rows_of(made, size=4, kind="png"):
    generated, photo, labels, train_photo, train_labels = made
    metrics = MetricSet(TinyFeatures())
    scale = measure_scale(batches(train_photo, train_labels, size), K, metrics, protocol(9, kind))
    return evaluate(pairs(generated, photo, labels, size), metrics, protocol(9, kind), scale).rows


def distances(first, second):
    features = [TinyFeatures()(photos) for photos in (first, second)]
    swd = sliced_wasserstein_distance(patches(first), patches(second), torch.device("cpu"))
    return {
        "fd_tiny": frechet_distance(*features),
        "kid_tiny": kernel_distance(*features),
        "precision_tiny": precision(*features),
        "recall_tiny": recall(*features),
        "swd": swd[""],
        "swd_20x16": swd["20x16"],
    }


def patches(photos):
    collector = PatchCollector()
    collector.update(photos, batch(photos, photos).names)
    return collector.compute()


def test_rows_are_the_metrics_of_8_bit_pictures(made):
    generated, photo, labels, train_photo, train_labels = made
    g, p, t = quantise(generated), quantise(photo), quantise(train_photo)
    colours = MeanColours(K)
    colours.update(t, train_labels)
    expected = {}
    for row, shown in (("model", g), ("mean_colour_baseline", paint(colours.compute(), labels))):
        metrics = {"psnr": PSNR(), "ssim": SSIM(), "rmse": RMSE()}
        for metric in metrics.values():
            metric.update(shown, p)
        values = {name: metric.compute() for name, metric in metrics.items()}
        expected[row] = {"images": 9, **values, **distances(shown, p)}
    expected["real_train"] = {"images": 12, **distances(t, p)}
    found = rows_of(made)
    assert list(found) == ["model", "mean_colour_baseline", "real_train"]
    for row, values in expected.items():
        assert found[row] == pytest.approx({name: float(value) for name, value in values.items()}, rel=1e-5)


def test_batch_size_does_not_show(made):
    for row, values in rows_of(made, size=9).items():
        assert rows_of(made, size=2)[row] == pytest.approx(values, rel=1e-5)


def test_tensors_are_measured_unrounded_where_the_protocol_says_so(made):
    generated, photo = made[:2]
    psnr = PSNR()
    psnr.update(generated, photo)
    assert rows_of(made, kind="tensor")["model"]["psnr"] == pytest.approx(float(psnr.compute()), rel=1e-9)
    assert rows_of(made, kind="png")["model"]["psnr"] != pytest.approx(float(psnr.compute()), rel=1e-9)


def test_photos_in_place_of_generated_pictures_are_perfect(made):
    _, photo, labels, *_ = made
    (row,) = evaluate(pairs(photo, photo, labels, 4), MetricSet(TinyFeatures()), protocol(9)).rows.values()
    assert row["fd_tiny"] < 1e-9
    assert row["ssim"] == pytest.approx(1)
    assert row["rmse"] == 0 and row["precision_tiny"] == row["recall_tiny"] == 1
    assert row["kid_tiny"] <= 0 and row["swd"] == 0
    assert math.isinf(row["psnr"])


class Colours(Segmenter):
    """Finds class 0 in dark pictures, 1 in red, 2 in green and 3 in blue ones, by the pixel."""

    def forward(self, pictures):
        bright = pictures.max(dim=1)
        return torch.where(bright.values < 0, 0, bright.indices + 1)


def test_a_segmenter_measures_every_row_and_the_photos_themselves(made):
    generated, photo, labels, train_photo, train_labels = made
    segmenter = Colours("colours", label_set(K))
    metrics = MetricSet(TinyFeatures(), frozenset({"psnr"}), segmenters=(segmenter,))
    scale = measure_scale(batches(train_photo, train_labels, 4), K, metrics, protocol(9))
    found = evaluate(pairs(generated, photo, labels, 4), metrics, protocol(9), scale)
    assert list(found.rows) == ["model", "mean_colour_baseline", "real_photos"]
    shown = {"model": generated, "mean_colour_baseline": paint(scale.colours, labels), "real_photos": photo}
    for row, pictures_of_row in shown.items():
        scores = SegmentationScores(label_set(K))
        scores.update(segmenter(quantise(pictures_of_row)), labels)
        expected = segmentation_metrics(scores.compute(), label_set(K))
        for name, value in expected.items():
            assert found.rows[row][f"{name}_colours"] == pytest.approx(value), row
        assert found.by_class["iou"][row] == pytest.approx(class_ious(scores.compute(), label_set(K)))
    assert set(found.rows["real_photos"]) == {"images", "miou_colours", "pixel_accuracy_colours"}


class Inverted(Colours):
    """The same of the negative."""

    def forward(self, pictures):
        return super().forward(-pictures)


def test_several_segmenters_measure_side_by_side(made):
    generated, photo, labels, *_ = made
    segmenters = (Colours("colours", label_set(K)), Inverted("inverted", label_set(K)))
    found = {
        count: evaluate(
            pairs(generated, photo, labels, 4),
            MetricSet(TinyFeatures(), frozenset({"psnr"}), segmenters=segmenters[:count]),
            protocol(9),
        )
        for count in (1, 2)
    }
    for row, values in found[1].rows.items():
        both = found[2].rows[row]
        assert values.items() <= both.items()
        assert set(both) - set(values) == {"miou_inverted", "pixel_accuracy_inverted"}
        assert both["miou_inverted"] != both["miou_colours"]
    assert found[2].by_class["iou"] == found[1].by_class["iou"], "of the first segmenter"


def test_cached_features_change_no_value(made, tmp_path):
    generated, photo, labels, train_photo, train_labels = made
    expected = rows_of(made)
    for _ in range(2):
        metrics = MetricSet(TinyFeatures())
        train, val = (CachedFeatures(metrics.features, tmp_path / name) for name in ("train", "val"))
        scale = measure_scale(batches(train_photo, train_labels, 4), K, metrics, protocol(9), train)
        rows = evaluate(pairs(generated, photo, labels, 4), metrics, protocol(9), scale, val).rows
        for row, values in rows.items():
            assert values == pytest.approx(expected[row], rel=1e-5), row
        train.save(ALONE)
        val.save(ALONE)


def test_a_scale_of_few_photos_has_fewer_metrics(made):
    generated, photo, labels, train_photo, train_labels = made
    metrics = MetricSet(TinyFeatures())
    scale = measure_scale(batches(train_photo[:3], train_labels[:3], 3), K, metrics, protocol(9))
    rows = evaluate(pairs(generated, photo, labels, 4), metrics, protocol(9), scale).rows
    assert set(rows["real_train"]) == {"images", "fd_tiny", "kid_tiny", "swd", "swd_20x16"}


def test_what_cannot_be_measured_is_refused(made):
    generated, photo, labels, *_ = made
    with pytest.raises(ValueError, match="without photos there are no metrics"):
        evaluate([(generated, batch(None, labels))], MetricSet(TinyFeatures()), protocol(9))
    with pytest.raises(ValueError, match="protocol says 101"):
        evaluate(pairs(generated, photo, labels, 4), MetricSet(TinyFeatures()), protocol(101))
    with pytest.raises(ValueError, match="at least 2"):
        evaluate(pairs(generated[:1], photo[:1], labels[:1], 4), MetricSet(TinyFeatures()), protocol(1))
    with pytest.raises(ValueError, match="one size"):
        evaluate([(generated[..., :-1], batch(photo, labels))], MetricSet(TinyFeatures()), protocol(9))
    with pytest.raises(ValueError, match="NaN"):
        evaluate([(generated * float("nan"), batch(photo, labels))], MetricSet(TinyFeatures()), protocol(9))


@pytest.mark.filterwarnings("ignore:The ``compute`` method")
def test_nothing_at_all_is_refused():
    with pytest.raises(ValueError, match="0 pictures were measured"):
        evaluate([], MetricSet(TinyFeatures()), protocol(9))
    with pytest.raises(ValueError, match="no training photos"):
        measure_scale([], K, MetricSet(TinyFeatures()), protocol(9))


def camvid(split):
    """CamVid at 128×96, read with Pillow alone: batches of 16."""
    root = shared_data("camvid")
    photos, labels = [], []
    for path in sorted((root / split).glob("*.png")):
        photos.append(np.asarray(Image.open(path).convert("RGB").resize((128, 96), Image.Resampling.LANCZOS)))
        ids = Image.open(root / f"{split}annot" / path.name).resize((128, 96), Image.Resampling.NEAREST)
        labels.append(np.asarray(ids))
    photo = from_uint8(torch.from_numpy(np.stack(photos)).permute(0, 3, 1, 2))
    return batches(photo, torch.from_numpy(np.stack(labels)).long(), 16)


@pytest.mark.slow
def test_camvid_gives_the_known_values():
    """The mean-colour baseline's 191.6 and the training photos' 50.5, measured with another program."""
    metrics = MetricSet(load_metric_network("efficientnet_lite2"))
    measured = Protocol("camvid", "val", 101, 96, 128, "lanczos", "png", ema=True, seed=0)
    val = camvid("val")
    scale = measure_scale(camvid("train"), 12, metrics, measured)
    rows = evaluate([(each.photo, each) for each in val], metrics, measured, scale).rows
    assert rows["mean_colour_baseline"]["fd_efficientnet_lite2"] == pytest.approx(191.6, abs=0.1)
    assert rows["real_train"]["fd_efficientnet_lite2"] == pytest.approx(50.5, abs=0.1)
    assert rows["real_train"]["images"] == 367
    assert rows["model"]["fd_efficientnet_lite2"] < 1e-6
