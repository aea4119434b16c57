"""What is counted: lines and files of the program, and the files that a training step passes through."""

from __future__ import annotations

from pathlib import Path

from scripts.count_code import files_of_a_step, size


def test_lines_and_files_are_summed(tmp_path: Path) -> None:
    for name, text in (("a.py", "one\ntwo\n"), ("b.py", "three")):
        (tmp_path / name).write_text(text)
    assert size("both", sorted(tmp_path.iterdir())).split() == ["3", "lines", "in", "2", "files", "both"]


def test_a_step_passes_through_the_networks_and_nothing_that_reads_options() -> None:
    files = files_of_a_step()
    assert {"engine/step.py", "models/norms/spade.py", "models/discriminators/multiscale.py"} <= files
    assert not [file for file in files if file.startswith(("options/", "scripts/", "evaluation/", "tests/"))]
