"""The project's counts: on a small repository, and the files of a real step."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from scripts import count_code


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        "train.py": "a\nb\n", "models/norms/x.py": "a\n\nb\n", "models/y.py": "a", "tests/z.py": "a\n",
        "README.md": "one two\nthree\n", "docs/a.md": "one\n", "docs/journal/b.md": "one two\n",
        "docs/deep/c/d.md": "one\n",
    }  # fmt: skip
    for name, text in (files | {"untracked.py": "a\n"}).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "add", *files], cwd=tmp_path, check=True)
    monkeypatch.setattr(count_code, "ROOT", tmp_path)
    return tmp_path


def test_lines_of_tracked_files_outside_tests(project: Path) -> None:
    assert count_code.product_code() == {".": [2], "models": [3, 1]}


def test_a_table_of_all(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(count_code, "files_of_step", lambda options: [Path("models/y.py")])
    monkeypatch.setattr("sys.argv", ["count_code.py", "--files"])
    count_code.main()
    rows = [tuple(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert rows == [
        ("models", "4", "lines", "2", "files"), (".", "2", "lines", "1", "files"),
        ("all", "6", "lines", "3", "files"), ("a", "training", "step", "1", "files"), ("models/y.py",),
        ("README.md", "3", "words"), ("docs/a.md", "1", "words"), ("docs/journal/b.md", "2", "words"),
    ]  # fmt: skip


def test_files_that_a_step_passes_through() -> None:
    """Forward and backward passes of what was chosen, and neither the data nor this script."""
    step = {str(file) for file in count_code.files_of_step(["norm=sean", "encoder=region_style"])}
    assert {"engine/step.py", "engine/optimizer.py", "models/norms/sean.py", "models/layers/noise.py"} <= step
    folders = {file.split("/")[0] for file in step}
    assert folders == {"engine", "models"} and "models/norms/clade.py" not in step
