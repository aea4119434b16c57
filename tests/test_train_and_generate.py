"""From the command line to pictures, as a person would: train, go on, generate, and make mistakes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import options.run_folder
from models import load_generator

ROOT = Path(__file__).resolve().parents[1]
TINY = [
    "generator.width=2",
    "discriminator.width=2",
    "norm.hidden=4",
    "loss.perceptual=none",
    "dataset.height=32",
    "dataset.width=32",
    "train.batch=2",
    "train.log_every_images=2",
    "hardware.workers=0",
    "hardware.device=cpu",
]


def run(verb: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, f"{verb}.py", *words], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


def refused(verb: str, *words: str) -> str:
    """The one line that a person's mistake gets."""
    done = run(verb, *words)
    assert done.returncode == 2, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1 and lines[0].startswith("error: "), done.stderr
    return lines[0]


@pytest.fixture
def name(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run's name that nobody else uses; its folder is removed afterwards."""
    made = f"test-{request.node.name}"
    folder = options.run_folder.CHECKPOINTS / made
    request.addfinalizer(lambda: subprocess.run(["rm", "-rf", str(folder), f"{folder}-whole"], check=True))
    return made


def test_a_resumed_run_is_the_uninterrupted_one_and_generates(name: str, tmp_path: Path) -> None:
    whole = run("train", f"name={name}-whole", "train.images=8", *TINY)
    assert whole.returncode == 0, whole.stderr
    half = run("train", f"name={name}", "train.images=4", "optimizer.constant_share=1", *TINY)
    assert half.returncode == 0, half.stderr
    rest = run("train", f"name={name}", "resume=true", "train.images=8", "optimizer.constant_share=1")
    assert rest.returncode == 0, rest.stderr
    runs = [options.run_folder.CHECKPOINTS / f"{name}-whole", options.run_folder.CHECKPOINTS / name]
    rows = [[json.loads(line) for line in (folder / "log.jsonl").open()] for folder in runs]
    # The rates fall in the second half of one run and not of the other; the first half is the same.
    for first, second in zip(rows[0][:2], rows[1][:2], strict=True):
        for key in set(first) - {"images_per_second"}:
            assert first[key] == second[key], key
    assert [row["images"] for row in rows[1]] == [2, 4, 6, 8]

    done = run("test", f"name={name}", "images=3", "train_images=4", f"out={tmp_path}", "hardware.workers=0")
    assert done.returncode == 0, done.stderr
    results = tmp_path / name / "val"
    assert len(list((results / "images").glob("*.png"))) == 3
    assert "psnr" in json.loads((results / "metrics.json").read_text())["metrics"]["model"]
    assert (results / "index.html").is_file()

    generator = load_generator(str(runs[1]))
    labels = torch.zeros(40, 50, dtype=torch.long)
    photo = generator(labels, instances=labels)
    assert photo.shape == (1, 3, 40, 50) and photo.abs().max() <= 1
    with pytest.raises(ValueError, match="99"):
        generator(labels + 99, instances=labels)


def test_mistakes_get_one_line(tmp_path: Path) -> None:
    assert "did you mean width" in refused("train", "name=x", "generator.wdith=3", "train.images=2")
    assert "exactly one" in refused("train", "name=x", *TINY)
    assert "multiple of 32" in refused("train", "name=x", "train.images=2", "dataset.height=33")
    missing = tmp_path / "absent"
    assert str(missing) in refused(
        "train", "name=x", "train.images=2", "dataset=camvid", f"dataset.root={missing}"
    )
    assert "no run" in refused("test", "name=no-such-run")
