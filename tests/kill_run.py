"""Kills a training run again and again at random moments: `python -m tests.kill_run --kills 200`.

Each start is a process of its own, forked from one that has read torch already; SIGKILL ends it somewhere
between its first line and a few checkpoints later, also while one is being written. After each kill every
file that counts as whole is held against its checksum, and the next start must go on from the newest. At last
the run is compared, bit for bit, with an uninterrupted one.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import runpy
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from engine.checkpoint import checkpoint_paths
from engine.checkpoint.checkpoint_paths import (
    complete_checkpoints,
    latest_images,
    manifest_file,
    state_file,
    weights_file,
)
from engine.checkpoint.serialization import check_file, read_state
from engine.run_log import LOG
from tests.test_train_and_generate import assert_same
from tests.tiny import tiny_words
from tests.verbs import PROJECT

WORDS = ("train.save_every_images=4", "train.sample_every_images=1000000", "optimizer.lr_decay_start=1")
STARTING = 0.15
"""The fraction of kills that may come before the first step."""


@dataclass
class Report:
    """What became of so many kills."""

    kills: int = 0
    resumed: int = 0
    images: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    saved_between: int = 0


def train(run: str, out: Path, *words: str) -> int:
    """Starts `train.py` in a fork; its process id."""
    child = os.fork()
    if child:
        return child
    with out.open("w") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    sys.stdout, sys.stderr = os.fdopen(1, "w", buffering=1), os.fdopen(2, "w", buffering=1)
    sys.argv = [str(PROJECT / "train.py"), f"name={run}", *tiny_words(*WORDS, *words)]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException as error:
        print(f"ended by {error!r}", flush=True)
        os._exit(99)
    os._exit(0)


def kill_run(folder: Path, kills: int, seed: int = 0) -> Report:
    """Kills a run in `folder` so often; AssertionError where a start fails or what was saved is lost."""
    checkpoint_paths.CHECKPOINTS = folder
    run, out, draw, report = folder / "killed", folder / "out.txt", random.Random(seed), Report()
    saved = None
    for _ in range(kills):
        child = train("killed", out, "resume=true", "train.images=10000000")
        if draw.random() < STARTING:
            time.sleep(draw.uniform(0, 3))
        else:
            wait_for_a_row(folder / "killed")
            time.sleep(draw.uniform(0, 2.5))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"it had ended by itself: {out.read_text()}"
        report.resumed += resumed(out.read_text(), saved)
        report.moments[moment(run)] += 1
        newest = latest_images(run) if run.is_dir() else None
        assert saved is None or (newest is not None and newest >= saved), (saved, newest)
        report.saved_between += newest != saved
        saved = newest
        for images in complete_checkpoints(run):
            for file in (state_file(run, images), weights_file(run, images)):
                check_file(file, manifest_file(run, images))
        report.kills += 1
    report.images = (saved or 0) + 8
    finish("killed", out, report.images)
    finish("spared", out, report.images)
    states = [read_state(state_file(folder / name, report.images)) for name in ("killed", "spared")]
    for state in states:
        state["progress"].pop("seconds")
    assert_same(*states)
    return report


def wait_for_a_row(run: Path, seconds: float = 120) -> None:
    """Returns when a step has been logged."""
    log, end = run / LOG, time.time() + seconds
    begun = time.time_ns()
    while not (log.is_file() and log.stat().st_mtime_ns > begun) and time.time() < end:
        time.sleep(0.01)


def resumed(output: str, saved: int | None) -> bool:
    """Whether a start printed what it goes on from: the newest checkpoint; no error or warning."""
    assert not re.search("error|warning|Traceback|ended by", output), output
    goes_on = [int(images) for images in re.findall(r"goes on after (\d+) images", output)]
    assert goes_on in ([], [saved]), (goes_on, saved)
    return bool(goes_on)


def finish(name: str, out: Path, images: int) -> None:
    """Trains a run to its end."""
    _, status = os.waitpid(train(name, out, "resume=true", f"train.images={images}"), 0)
    assert status == 0, out.read_text()


def moment(run: Path) -> str:
    """What the process was doing when it was killed, as the files tell."""
    if not run.is_dir():
        return "before the run folder was made"
    if list(run.glob(".state*")):
        return "while a state was being written"
    if list(run.glob(".weights*")):
        return "while weights were being written"
    if list(run.glob(".*")):
        return "while a manifest, latest or another small file was being written"
    newest = latest_images(run)
    later = [file for file in run.glob("*-*.*") if newest is None or int(file.stem.split("-")[1]) > newest]
    return "between the files of a checkpoint" if later else "between checkpoints, or starting"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    begun = time.monotonic()
    runpy.run_path(str(PROJECT / "train.py"))  # what it imports, once for all forks
    with tempfile.TemporaryDirectory() as folder:
        report = kill_run(Path(folder), arguments.kills, arguments.seed)
    print(f"{report.kills} kills, seed {arguments.seed}, {(time.monotonic() - begun) / 60:.0f} minutes")
    print(f"{report.resumed} starts printed what they went on from: the newest checkpoint each time")
    print(f"checkpoints were saved between {report.saved_between} of the kills")
    for what, count in report.moments.most_common():
        print(f"killed {what}: {count}")
    print(f"after {report.images} images the run was, bit for bit, the uninterrupted one")


if __name__ == "__main__":
    main()
