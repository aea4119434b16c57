"""Comparing runs, on results written by hand."""

from __future__ import annotations

import csv
import json
import runpy
import sys
from pathlib import Path

import pytest
from PIL import Image

from tests.verbs import PROJECT

PROTOCOL = {"dataset": "made-up", "split": "val", "count": 3, "height": 16, "ema": True}


def results(root: Path, run: str, fd: float, psnr: float, grey: int, **other: object) -> None:
    """The folder that test.py would have left."""
    folder = root / run / "val"
    for kind, level in (("labels", 10), ("images", grey), ("photos", 200)):
        (folder / kind).mkdir(parents=True)
        for name in "abc":
            Image.new("RGB", (20, 16), (level,) * 3).save(folder / kind / f"{name}.png")
    protocol = PROTOCOL | other
    names = {name: f"{name}_val_{protocol['count']}" for name in ("fd_tiny", "psnr")}
    model = {"images": 3, "fd_tiny": fd, "psnr": psnr}
    metrics = {"model": model, "mean_colour_baseline": {"images": 3, "fd_tiny": 191.5, "psnr": 15.0}}
    content = {"metrics": metrics, "names": names, "protocol": protocol}
    (folder / "metrics.json").write_text(json.dumps(content))


def compare(root: Path, *arguments: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, "argv", ["compare_runs.py", *arguments, "--results", str(root), "--out", str(root / "out")]
        )
        runpy.run_path(str(PROJECT / "scripts" / "compare_runs.py"), run_name="__main__")


def test_one_table_in_three_forms_and_the_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results(tmp_path, "one", fd=72.04, psnr=14.2, grey=50)
    results(tmp_path, "two", fd=60.5, psnr=13.1, grey=90)
    compare(tmp_path, "one", "two")
    printed = capsys.readouterr().out
    assert "warning" not in printed
    assert printed.splitlines()[1].split() == ["fd_tiny_val_3", "72.0", "60.5", "191.5"]
    out = tmp_path / "out"
    table = list(csv.reader((out / "table.csv").open()))
    assert table == [
        ["run", "fd_tiny_val_3", "psnr_val_3"],
        ["one", "72.04", "14.2"],
        ["two", "60.5", "13.1"],
        ["mean_colour_baseline", "191.5", "15.0"],
    ]
    markdown = (out / "table.md").read_text().splitlines()
    assert markdown[2] == "| one | 72.0 | **14.20** |" and markdown[3] == "| two | **60.5** | 13.10 |"
    page = (out / "index.html").read_text()
    assert page.count("<figcaption>one</figcaption>") == page.count("<figcaption>two</figcaption>") == 3
    for number, grey in ((1, 50), (2, 90)):
        assert Image.open(out / "images" / str(number) / "b.png").getpixel((0, 0)) == (grey,) * 3
    assert Image.open(out / "sheet.png").width > 4 * 192


def test_what_was_made_in_other_ways_is_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results(tmp_path, "one", fd=72.0, psnr=14.2, grey=50)
    results(tmp_path, "two", fd=60.0, psnr=13.1, grey=90, ema=False, height=32)
    compare(tmp_path, "one", "two")
    printed = capsys.readouterr().out
    assert (
        "fd_tiny, psnr cannot be compared: height is 16 for one, 32 for two;"
        " ema is True for one, False for two"
    ) in printed
    assert "fd_tiny ≠" in printed
    assert "**" not in (tmp_path / "out" / "table.md").read_text(), "nothing is best among incomparables"


def test_results_of_an_earlier_version_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for run, fd in (("one", 72.0), ("two", 60.0)):
        results(tmp_path, run, fd=fd, psnr=14.2, grey=50)
        file = tmp_path / run / "val" / "metrics.json"
        file.write_text(file.read_text().replace("mean_colour_baseline", "null_model"))
    compare(tmp_path, "one", "two")
    assert "mean_colour_baseline,191.5,15.0\n" in (tmp_path / "out" / "table.csv").read_text()


def test_other_label_maps_of_one_name_are_skipped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results(tmp_path, "one", fd=72.0, psnr=14.2, grey=50)
    results(tmp_path, "two", fd=60.0, psnr=13.1, grey=90)
    Image.new("RGB", (20, 16)).save(tmp_path / "two" / "val" / "labels" / "b.png")
    compare(tmp_path, "one", "two")
    assert "1 label maps of one name differ" in capsys.readouterr().out
    assert not (tmp_path / "out" / "images" / "1" / "b.png").exists()


def test_mistakes_get_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results(tmp_path, "one", fd=72.0, psnr=14.2, grey=50)
    (tmp_path / "bad" / "val").mkdir(parents=True)
    (tmp_path / "bad" / "val" / "metrics.json").write_text("{")
    for arguments, message in (
        (("one",), "name two or more"),
        (("one", "one"), "name each run once"),
        (("one", "none"), "run python test.py name=none first"),
        (("one", "bad"), "is damaged"),
    ):
        with pytest.raises(SystemExit) as ended:
            compare(tmp_path, *arguments)
        assert ended.value.code == 2
        error = capsys.readouterr().err
        assert message in error and error.count("\n") == 1
