"""The page as users see it: in Chromium, on a desk and on a phone."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evaluation.evaluate import Evaluation
from evaluation.gallery import GENERATED, LABELS, PHOTOS
from evaluation.report.page import write_report
from evaluation.studies.comparison import Results, compare, write_comparison
from tests.browser import Browser, driver
from tests.evaluation.made_up import label_set, protocol
from tests.evaluation.test_report import METRICS, rows_in

WINDOWS = {"desktop": (1280, 900, False), "phone": (390, 844, True)}
ROWS = 1000
SCORES = {f"p{number:04d}": {"ssim": (37 * number % ROWS) / ROWS} for number in range(ROWS)}
COLOUR_ERRORS = {
    "model": {"class 0": 12.0, "class 1": 9.5, "class 2": 110.0, "class 3": 30.0},
    "mean_colour_baseline": {"class 0": 20.0, "class 1": 30.0, "class 2": 10.0, "class 3": 5.0},
}
LOG = [{"images": 100 * step, "generator/kl": 1 / step, "discriminator/fake": step} for step in (1, 2, 3)]

COLUMN = "return [...document.querySelectorAll('table.sortable tbody tr')].map(r => r.cells[{}].textContent)"
CLICK = "document.querySelectorAll('table.sortable thead button')[arguments[0]].click()"
LOADED = "return [...document.images].filter(i => i.complete && i.naturalWidth).length"
NAMES = (
    "return [...document.querySelector('.controls').nextElementSibling.children]"
    ".filter(c => !c.hidden).map(c => c.dataset.name)"
)
CHOOSE = """
const [selector, value, event] = arguments, field = document.querySelector(selector);
field.value = value;
field.dispatchEvent(new Event(event));
"""


@pytest.fixture(scope="module", params=WINDOWS)
def window(request: pytest.FixtureRequest) -> Iterator[Browser]:
    with driver() as opened:
        yield opened(*WINDOWS[request.param])


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with 3,000 pictures: a file for each, since a browser shows at once what it has already."""
    folder = tmp_path_factory.mktemp("report")
    (one,) = rows_in(folder, ("one",))
    rows = []
    for name in SCORES:
        labels, generated, photo = (f"{kind}/{name}.png" for kind in (LABELS, GENERATED, PHOTOS))
        for file in (labels, generated, photo):
            (folder / file).hardlink_to(folder / Path(file).with_name("one.png"))
        rows.append(dataclasses.replace(one, name=name, labels=labels, generated=(generated,), photo=photo))
    found = Evaluation(METRICS, {"colour_error": COLOUR_ERRORS}, SCORES)
    return write_report(folder, "A run", rows, label_set(4), found, protocol(ROWS), LOG, ["A note."])


@pytest.fixture
def page(window: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """The report, opened; a picture of what a test left goes to the folder that BROWSER_PICTURES names."""
    window.open(report)
    yield window
    if folder := os.environ.get("BROWSER_PICTURES"):
        window.picture(Path(folder) / f"{request.node.name}.png")


def test_pictures_load_as_they_come_into_view(page: Browser) -> None:
    assert page.run("return document.images.length") == 3 * (ROWS + 8)
    assert page.run(LOADED) < 3 * ROWS / 2, "the others wait"
    last = "const image = document.images[document.images.length - 1];"
    page.run(last + "image.scrollIntoView()")
    page.wait_for(last + "return image.complete && image.naturalWidth === 20")
    assert page.complaints() == [], "nothing is missing"


def test_a_click_on_a_head_sorts_the_table(page: Browser) -> None:
    assert page.run(COLUMN.format(0)) == ["class 0", "class 1", "class 2", "class 3"]
    page.run(CLICK, 1)
    assert page.run(COLUMN.format(1)) == ["9.5", "12.0", "30.0", "110.0"], "as numbers"
    assert page.run(COLUMN.format(0)) == ["class 1", "class 0", "class 3", "class 2"], "whole rows"
    page.run(CLICK, 1)
    assert page.run(COLUMN.format(1)) == ["110.0", "30.0", "12.0", "9.5"]
    page.run(CLICK, 0)
    assert page.run(COLUMN.format(0)) == ["class 0", "class 1", "class 2", "class 3"]
    assert page.complaints() == []


def test_the_gallery_is_ordered_and_searched(page: Browser) -> None:
    page.run(CHOOSE, ".controls select", "ssim up", "change")
    worst_first = sorted(SCORES, key=lambda name: SCORES[name]["ssim"])
    assert page.run(NAMES) == worst_first
    page.run(CHOOSE, ".controls input", "P012", "input")
    assert page.run(NAMES) == [name for name in worst_first if "p012" in name]
    assert page.run("return document.querySelector('.controls output').textContent") == "10 shown"
    page.run(CHOOSE, ".controls input", "", "input")
    page.run(CHOOSE, ".controls select", "", "change")
    assert page.run(NAMES) == list(SCORES)


def test_nothing_is_wider_than_the_window(page: Browser) -> None:
    assert page.run("return document.documentElement.scrollWidth <= window.innerWidth")
    outside = page.run(
        "return [...document.querySelectorAll('main *')].filter(e => !e.closest('.wide, svg, .row') &&"
        " e.getBoundingClientRect().right > window.innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert outside == []


def test_runs_beside_each_other_are_sorted(window: Browser, tmp_path: Path) -> None:
    names = {"fd_tiny": "fd_tiny_val_101"}
    runs = [
        Results(name, tmp_path, {"model": {"images": 101, "fd_tiny": fd}}, names, {"count": 101})
        for name, fd in (("first", 72.0), ("second", 101.5), ("third", 9.0))
    ]
    window.open(write_comparison(tmp_path, compare(runs), []))
    window.run(CLICK, 1)
    assert window.run(COLUMN.format(0)) == ["third", "first", "second"]
    assert window.run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert window.complaints() == []
