"""From the command line to pictures, as a person would: train, stop, go on, generate and measure."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.models import alexnet

from engine.checkpoint.checkpoint_paths import latest_images, state_file, weights_file
from engine.checkpoint.serialization import read_state, read_weights
from engine.run_log import read_log
from engine.runtime.interrupts import INTERRUPTED
from models import load_generator
from tests.data.trees import write_folder
from tests.own_label_maps import SIZES, own_label_maps
from tests.tiny import tiny_words
from tests.verbs import Started, Verbs, finish

LATER = ("train.save_every_images=1000", "train.sample_every_images=1000", "optimizer.lr_decay_start=1")


def assert_same(first: object, second: object, where: str = "") -> None:
    """Bit for bit, all the way down."""
    if isinstance(first, dict):
        assert isinstance(second, dict) and list(first) == list(second), where
        for key in first:
            assert_same(first[key], second[key], f"{where} {key}")
    elif isinstance(first, list | tuple):
        assert len(first) == len(second), where
        for index, pair in enumerate(zip(first, second)):
            assert_same(*pair, f"{where} {index}")
    elif isinstance(first, torch.Tensor):
        assert torch.equal(first, second), where
    else:
        assert first == second, where


def assert_same_run(first: Path, second: Path, images: int) -> None:
    """Weights, average, optimizers, place in the data, and curves; but for the time it took."""
    states = [read_state(state_file(run, images)) for run in (first, second)]
    for state in states:
        assert state["progress"].pop("seconds") > 0
    assert_same(*states)
    assert_same(*(read_weights(weights_file(run, images)) for run in (first, second)))
    logs = [read_log(run) for run in (first, second)]
    for row in (row for log in logs for row in log):
        assert row.pop("images_per_second") > 0
    assert_same(*logs)
    assert len(logs[0]) == images / 2


@pytest.mark.parametrize("workers", [0, 1])
def test_a_resumed_run_is_the_uninterrupted_one(workers: int, verbs: Verbs) -> None:
    """Over the border of an epoch: there are 5 pairs. With styles that are drawn, and flips."""
    root = write_folder(verbs.checkpoints.parent / "pairs", 5, height=40, width=48)
    words = tiny_words(
        "dataset=folder", f"dataset.root={root}", "dataset.num_classes=4", "dataset.resize=none",
        "encoder=image", "encoder.width=2", "encoder.style_width=4", f"hardware.num_workers={workers}",
        *LATER,
    )  # fmt: skip
    verbs.succeeds("train", "name=whole", "train.images=16", *words)
    verbs.succeeds("train", "name=parts", "train.images=8", *words)
    said = verbs.succeeds("train", "name=parts", "resume=true", "train.images=16")
    assert "parts goes on after 8 images" in said and "trained on 16 images" in said
    assert_same_run(verbs.checkpoints / "whole", verbs.checkpoints / "parts", 16)


def test_a_run_that_is_stopped_by_a_signal_goes_on_as_if_it_had_not_been(project: Path) -> None:
    """SIGTERM to a real process, in the middle of a run whose rates fall."""
    run = project / "checkpoints" / "stopped"
    words = tiny_words("train.images=120", "train.save_every_images=1000", "train.sample_every_images=1000")
    process = Started(project, "train.py", "name=stopped", *words)
    deadline = time.monotonic() + 400
    while len(read_log(run)) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    done = finish(process)
    assert done.status == INTERRUPTED == 75, done.err
    (images,) = re.findall(r"stopped after (\d+) images; go on with: python train\.py name=stopped", done.out)
    assert 6 <= int(images) < 120 and latest_images(run) == int(images)

    verbs = Verbs(project / "checkpoints")
    assert f"goes on after {images} images" in verbs.succeeds("train", "name=stopped", "resume=true")
    verbs.succeeds("train", "name=never_stopped", *words)
    assert_same_run(run, run.with_name("never_stopped"), 120)


def test_training_leaves_a_run_folder(trained: Verbs) -> None:
    names = {file.name for file in (trained.checkpoints / "scenes").iterdir()}
    assert names == {
        "config.yaml", "dataset_info.json", "log.jsonl", "tensorboard", "latest",
        "state-000000004.safetensors", "weights-000000004.safetensors", "manifest-000000004.json",
    }  # fmt: skip


def test_generating_from_a_split(trained: Verbs, tmp_path: Path) -> None:
    words = ("images=3", "train_images=4", f"out={tmp_path}", "hardware.num_workers=0", "batch_size=2")
    said = trained.succeeds("test", "name=scenes", *words)
    results = tmp_path / "scenes" / "val"
    assert str(results / "index.html") in said and "psnr_val_3" in said
    images = sorted((results / "images").iterdir())
    assert [file.name for file in images] == [f"val-{index:06d}.png" for index in range(3)]
    assert all(Image.open(file).size == (32, 32) for file in images)
    metrics = json.loads((results / "metrics.json").read_text())["metrics"]
    assert set(metrics) == {"model", "mean_colour_baseline", "real_train"}
    of_pairs, network = {"psnr", "ssim", "rmse"}, "efficientnet_lite2"
    without_network = {"swd", "swd_32x32", "swd_16x16"}
    distances = {f"fd_{network}", f"kid_{network}", *without_network}
    assert set(metrics["model"]) == {"images", *of_pairs, *distances}
    assert "precision_recall is skipped: it takes at least 4 pictures, there are 3" in said
    page = (results / "index.html").read_text()
    assert all(f"images/{file.name}" in page for file in images)


def test_generating_from_ones_own_label_maps_at_their_own_size(trained: Verbs, tmp_path: Path) -> None:
    labels, instances, photos = own_label_maps(tmp_path)
    words = ("name=scenes", f"out={tmp_path}", "hardware.num_workers=0", "train_images=4")
    trained.succeeds("test", *words, labels, instances)
    results = tmp_path / "scenes" / "own"
    for name, (height, width) in SIZES.items():
        assert Image.open(results / "images" / f"{name}.png").size == (width, height)
    assert len(list((results / "images").iterdir())) == len(SIZES)
    assert not (results / "metrics.json").exists() and (results / "index.html").is_file()

    trained.succeeds("test", *words, labels, instances, photos)
    assert "mean_colour_baseline" in json.loads((results / "metrics.json").read_text())["metrics"]
    said = trained.succeeds("test", *words, labels, instances, photos, "images=1")
    assert "fd is skipped: it takes at least 2 pictures, there are 1" in said
    figures = json.loads((results / "metrics.json").read_text())["metrics"]["model"]
    assert set(figures) == {"images", "psnr", "ssim", "rmse"} and figures["images"] == 1
    trained.succeeds("test", *words, labels, instances)
    assert not (results / "metrics.json").exists(), "numbers of other pictures do not stay beside these"
    assert "add it" in trained.refuses("test", *words, instances)


def test_a_folder_of_ones_own_choice_and_the_page_last(trained: Verbs, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    words = ("name=scenes", f"folder={folder}", "images=1", "hardware.num_workers=0")
    said = trained.succeeds("test", *words)
    assert said.strip().splitlines()[-1] == str(folder / "index.html")
    assert (folder / "index.html").is_file() and (folder / "images" / "val-000000.png").is_file()


def test_training_photos_that_are_gone_and_a_single_photo_are_no_obstacle(
    verbs: Verbs, tmp_path: Path
) -> None:
    """Somebody else's run: only the folder of the run has come."""
    root = write_folder(tmp_path / "pairs", 2, height=32, width=32)
    words = tiny_words("dataset=folder", f"dataset.root={root}", "dataset.num_classes=4", "train.images=2")
    verbs.succeeds("train", "name=given", *words)
    shutil.rmtree(root)
    labels, _, photos = own_label_maps(tmp_path)
    words = ("name=given", f"out={tmp_path}", "hardware.num_workers=0", labels, photos)
    said = verbs.succeeds("test", *words)
    assert "nothing to be compared with" in said and "psnr_own_3" in said
    verbs.succeeds("test", *words, "images=1")
    assert len(re.findall("no such folder", verbs.refuses("test", "name=given"))) == 1


def test_three_lines_of_python(trained: Verbs) -> None:
    generator = load_generator(str(trained.checkpoints / "scenes"))
    labels = torch.zeros(40, 50, dtype=torch.long)
    photo = generator(labels, instances=labels)
    assert photo.shape == (1, 3, 40, 50) and photo.abs().max() <= 1
    with pytest.raises(ValueError, match="99"):
        generator(labels + 99, instances=labels)


def test_a_disk_that_fills_up_while_saving(verbs: Verbs, tmp_path: Path) -> None:
    """There is room for one checkpoint and a half: it is said, and the run generates from the one."""
    verbs.checkpoints.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3900k", "tmpfs", str(verbs.checkpoints)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small file system is not permitted here")
    try:
        words = ("name=full", "train.images=8", "train.save_every_images=4", "train.sample_every_images=1000")
        done = verbs("train", *words, *tiny_words())
        assert done.status == 2 and "No space left on device" in done.out + done.err, done
        last = done.err.strip().splitlines()[-1]
        assert last.startswith("error: the end of the run could not be saved") and "resume=true" in last
        run = verbs.checkpoints / "full"
        assert latest_images(run) == 4 and not list(run.glob(".*"))
        verbs.succeeds(
            "test", "name=full", "images=2", "train_images=2", f"out={tmp_path}", "hardware.num_workers=0"
        )
    finally:
        subprocess.run(["umount", "--lazy", str(verbs.checkpoints)], check=True)


def test_a_run_goes_on_with_the_threads_it_had(verbs: Verbs) -> None:
    """Wherever it goes on: with another number, sums differ in their last bits, and soon in all digits."""
    threads, words = torch.get_num_threads(), tiny_words(*LATER, "hardware.threads=null")
    try:
        for name, first, last in (("whole", 2, 2), ("parts", 2, 1)):
            torch.set_num_threads(first)
            verbs.succeeds("train", f"name={name}", "train.images=4", *words)
            torch.set_num_threads(last)
            verbs.succeeds("train", f"name={name}", "resume=true", "train.images=8")
    finally:
        torch.set_num_threads(threads)
    assert_same_run(verbs.checkpoints / "whole", verbs.checkpoints / "parts", 8)


ENHANCED = (
    "generator=local_enhancer", "generator.downsamplings=2", "generator.blocks=1",
    "generator.enhancer_blocks=1", "generator.global_images=4", "generator.enhancer_images=4",
)  # fmt: skip


@pytest.mark.parametrize("stops", [(2, 4), (6, 8, 10)], ids=str)
def test_coarse_to_fine_resumes_at_and_between_its_borders(stops: tuple[int, ...], verbs: Verbs) -> None:
    words = tiny_words(*ENHANCED, "optimizer.lr_decay_start=1")
    verbs.succeeds("train", "name=whole", "train.images=12", *words)
    verbs.succeeds("train", "name=parts", f"train.images={stops[0]}", *words)
    for images in (*stops[1:], 12):
        verbs.succeeds("train", "name=parts", "resume=true", f"train.images={images}")
    assert_same_run(verbs.checkpoints / "whole", verbs.checkpoints / "parts", 12)


def test_samples_of_a_run_that_draws(verbs: Verbs, tmp_path: Path) -> None:
    """SPADE's VAE: pictures do not depend on their neighbours; diversity; weights that are not averaged."""
    run = ("encoder=image", "encoder.width=2", "encoder.style_width=4", "train.images=4")
    verbs.succeeds("train", "name=vae", *tiny_words(*run))
    torch.save(alexnet(weights=None).state_dict(), tmp_path / "alexnet.pth")
    words = (
        "name=vae",
        "images=3",
        "train_images=4",
        "hardware.num_workers=0",
        f"out={tmp_path}",
        "metrics=[psnr]",
    )

    def pictures(folder: str, *others: str) -> list[bytes]:
        verbs.succeeds("test", *words, f"folder={tmp_path / folder}", *others)
        return [file.read_bytes() for file in sorted((tmp_path / folder).glob("images*/*.png"))]

    drawn = ("samples=2", f"lpips_weights={tmp_path / 'alexnet.pth'}")
    alone = pictures("alone", "batch_size=1", *drawn)
    assert len(alone) == 6 and pictures("together", "batch_size=3", *drawn) == alone
    assert pictures("reseeded", "seed=1", *drawn) != alone
    found = json.loads((tmp_path / "alone" / "metrics.json").read_text())
    assert found["metrics"]["model"]["lpips_diversity_alex"] > 0
    assert pictures("averaged") != pictures("raw", "ema=false")
    assert json.loads((tmp_path / "raw" / "metrics.json").read_text())["protocol"]["ema"] is False
