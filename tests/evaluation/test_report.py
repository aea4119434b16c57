"""The report as a browser's parser sees it."""

import dataclasses
import math
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from data.sources.source import LabelSet
from evaluation.evaluate import Evaluation
from evaluation.gallery import Gallery
from evaluation.report.metrics_table import numbers_text
from evaluation.report.page import write_report
from tests.evaluation.made_up import batch, label_maps, label_set, pictures, protocol

METRICS = {
    "model": {"images": 101, "psnr": 14.234, "ssim": 0.25, "fd_efficientnet_lite2": 72.04},
    "mean_colour_baseline": {"images": 101, "psnr": 15.8, "ssim": 0.4, "fd_efficientnet_lite2": 191.6},
    "real_train": {"images": 367, "fd_efficientnet_lite2": 50.5},
}


class Page(HTMLParser):
    """Tags with their attributes, and the text, of a page; notes tags that are closed in the wrong order."""

    EMPTY = frozenset({"meta", "img", "wbr", "input"})

    def __init__(self, path):
        super().__init__()
        self.tags, self.text, self.open, self.crossed = [], "", [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data):
        if self.open[-1:] not in (["style"], ["script"]):
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def rows_in(folder, names=("one", "two"), with_photo=True):
    count = len(names)
    gallery = Gallery(folder, label_set(4))
    photo = pictures(count, seed=1) if with_photo else None
    gallery.add(dataclasses.replace(batch(photo, label_maps(count, 4)), names=names), pictures(count))
    return gallery.rows


def test_pictures_are_found_beside_the_page_and_load_lazily(tmp_path):
    names = ("plain", "with space & 100%", 'quote"d <b>bold</b>', "# hash ?")
    page = Page(write_report(tmp_path, "Run", rows_in(tmp_path, names), label_set(4)))
    assert len(page.all("img")) == 12
    for image in page.all("img"):
        assert (tmp_path / unquote(image["src"])).is_file()
        assert image["loading"] == "lazy"
        assert (image["width"], image["height"]) == ("20", "16")
    assert page.crossed == [] and page.open == []


def test_nothing_is_fetched_from_elsewhere_and_no_name_becomes_markup(tmp_path):
    evil = '<script src="http://example.org/x.js">'
    classes = LabelSet((evil, "sky"), ((0, 0, 0), (1, 2, 3)), has_unknown=False)
    odd = dataclasses.replace(protocol(101), dataset=evil, resize_filter=evil)
    path = write_report(
        tmp_path,
        evil,
        rows_in(tmp_path),
        classes,
        Evaluation(METRICS),
        odd,
        [{"images": 1, f"generator/{evil}": 1.0}] * 2,
        [evil],
    )
    page = Page(path)
    assert page.all("script") == [{}] and page.all("link") == []
    assert all("http" not in attributes.get("src", "") for _, attributes in page.tags)
    assert page.text.count(evil) >= 5


def test_numbers_stand_beside_their_scale_under_their_full_names(tmp_path):
    page = Page(
        write_report(tmp_path, "Run", rows_in(tmp_path), label_set(4), Evaluation(METRICS), protocol(101))
    )
    for text in ("14.23", "0.250", "72.0", "191.6", "50.5", "fd_efficientnet_lite2_val_101", "367 pictures"):
        assert text in page.text
    assert "20×16" in page.text and "lanczos" in page.text
    # The marks of the scale lie in the order of their values.
    places = {
        attributes["class"]: float(attributes["style"].split(":")[1].rstrip("%"))
        for tag, attributes in page.tags
        if tag == "span" and attributes.get("class") == "here"
    }
    marks = [
        float(attributes["style"].split(":")[1].rstrip("%"))
        for tag, attributes in page.tags
        if tag == "span" and attributes.get("class") == "mark"
    ]
    assert marks[0] < places["here"] < marks[1]
    assert places["here"] / marks[1] == pytest.approx(72.04 / 191.6, rel=1e-3)


def test_without_photos_numbers_and_log_there_is_a_gallery_alone(tmp_path):
    page = Page(write_report(tmp_path, "Mine", rows_in(tmp_path, with_photo=False), label_set(4)))
    assert len(page.all("img")) == 4
    assert "Metrics" not in page.text and "Curves" not in page.text
    assert "real" not in page.text


def test_a_perfect_score_is_written_as_infinity(tmp_path):
    metrics = Evaluation({"model": {"images": 2, "psnr": math.inf, "ssim": 1.0}})
    page = Page(write_report(tmp_path, "Run", rows_in(tmp_path), label_set(4), metrics, protocol(2)))
    assert "∞" in page.text


def test_curves_go_through_the_losses_and_skip_what_is_no_number(tmp_path):
    log = [
        {"images": 100, "generator/kl": 2.0, "learning_rate/generator": 1e-4, "images_per_second": 3.0},
        {"images": 200, "generator/kl": math.nan},
        {"images": 300, "generator/kl": 4.0, "discriminator/fake": 0.5},
        {"images": 500, "generator/kl": 3.0},
    ]
    page = Page(write_report(tmp_path, "Run", rows_in(tmp_path), label_set(4), curves=log))
    (line,) = page.all("polyline")  # discriminator/fake has one point only
    points = [tuple(map(float, point.split(","))) for point in line["points"].split()]
    assert points == [(0, 300), (500, 0), (1000, 150)]
    assert "generator: kl" in page.text and "learning" not in page.text


def test_long_logs_are_averaged_to_a_curve_that_can_be_drawn(tmp_path):
    log = [{"images": images, "generator/kl": float(images % 2)} for images in range(1, 10_001)]
    page = Page(write_report(tmp_path, "Run", rows_in(tmp_path), label_set(4), curves=log))
    (line,) = page.all("polyline")
    assert 100 < len(line["points"].split()) <= 240
    assert "0.5" in page.text


def test_the_columns_of_the_terminal_are_apart() -> None:
    head, *rows = numbers_text(METRICS, protocol(101)).splitlines()
    assert head.split() == list(METRICS)
    assert [row.split()[1:] for row in rows[:3]] == [
        ["14.23", "15.8"],
        ["0.25", "0.4"],
        ["72.04", "191.6", "50.5"],
    ]
