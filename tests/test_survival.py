"""What days bring to a run, each fault once, to the program as people start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from data.batch import Sample
from data.dataset import PairedDataset
from engine.checkpoint.checkpoint_paths import complete_checkpoints, latest_images, state_file, weights_file
from engine.checkpoint.lock import LOCK
from engine.nonfinite import DUMP
from engine.run_log import read_log
from engine.runtime.interrupts import INTERRUPTED
from tests.engine.runtime.test_distributed import TORCHRUN
from tests.engine.test_damage import flip
from tests.processes import ranks, wait_for
from tests.tiny import tiny_words
from tests.verbs import PROJECT, Started, Verbs, finish

ENDLESS = tiny_words("train.images=100000", "train.save_every_images=4", "train.sample_every_images=100000")


@pytest.mark.parametrize("kills", [3, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_any_moment(kills: int) -> None:
    """See `tests.kill_run` for what must hold after each."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill_run", "--kills", str(kills), "--seed", "1"],
        cwd=PROJECT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600 + 30 * kills,
    )
    assert done.returncode == 0, done.stderr
    assert f"{kills} kills" in done.stdout and "the newest checkpoint each time" in done.stdout
    assert "bit for bit" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGUSR1])  # SIGTERM: test_train_and_generate.py
def test_a_signal_stops_within_half_a_minute(number: signal.Signals, project: Path) -> None:
    name = f"signal_{number.name}"
    process = Started(project, "train.py", f"name={name}", *ENDLESS)
    run = project / "checkpoints" / name
    wait_for(lambda: len(read_log(run)) > 1, process)
    process.send_signal(number)
    begun = time.monotonic()
    done = finish(process)
    assert done.status == INTERRUPTED and time.monotonic() - begun < 30, done
    assert f"stopped after {latest_images(run)} images" in done.out


def test_two_runs_of_one_name(project: Path) -> None:
    """The second refuses while the first trains, and goes on at once when the first has been killed."""
    first = Started(project, "train.py", "name=twice", *ENDLESS)
    run = project / "checkpoints" / "twice"
    wait_for(lambda: latest_images(run) is not None, first)
    verbs = Verbs(project / "checkpoints")
    said = verbs.refuses("train", "name=twice", "resume=true")
    assert f"{run} is in use by process {first.pid} on " in said and str(run / LOCK) in said
    os.killpg(first.pid, signal.SIGKILL)
    first.wait()
    saved = latest_images(run)
    said = verbs.succeeds("train", "name=twice", "resume=true", f"train.images={saved + 2}")
    assert f"goes on after {saved} images, from {state_file(run, saved).name}" in said
    assert not (run / LOCK).exists()


def test_a_damaged_checkpoint(verbs: Verbs) -> None:
    run = verbs.checkpoints / "a"
    verbs.succeeds("train", "name=a", "train.images=4", "train.save_every_images=2", *tiny_words())
    flip(state_file(run, 4), 0.5)
    said = verbs.refuses("train", "name=a", "resume=exact", "train.images=6")
    assert f"{state_file(run, 4)} is damaged" in said and "resume=true" in said
    said = verbs.succeeds("train", "name=a", "resume=true", "train.images=6")
    assert f"warning: {state_file(run, 4)} is damaged" in said and "goes on after 2 images" in said
    verbs.succeeds("train", "name=a", "resume=exact", "train.images=8")
    flip(weights_file(run, 8), 0.5)
    assert f"{weights_file(run, 8)} is damaged" in verbs.refuses("test", "name=a")


def poison(monkeypatch: pytest.MonkeyPatch, when: object) -> None:
    """Photos of the samples that `when` names become NaN."""
    real = PairedDataset.__getitem__

    def poisoned(self: PairedDataset, position: object) -> object:
        sample = real(self, position)
        if isinstance(sample, Sample) and sample.photo is not None and when(sample.name):
            sample.photo[:] = torch.nan
        return sample

    monkeypatch.setattr(PairedDataset, "__getitem__", poisoned)


def test_a_poisoned_sample_costs_its_step(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []

    def second(name: str) -> bool:
        names.append(name)
        return name == dict.fromkeys(names).__iter__().__next__()  # the one that was seen first

    words = tiny_words("train.images=12", "train.log_every_images=6", "hardware.num_workers=0")
    with monkeypatch.context() as patch:
        poison(patch, lambda name: name.startswith("train") and second(name))
        said = verbs.succeeds("train", "name=a", *words)
    assert "1 steps before 6 images were skipped" in said and names[0] in said
    rows = read_log(verbs.checkpoints / "a")
    assert [row.get("skipped_steps") for row in rows] == [1, None]
    assert all(value == value for row in rows for value in row.values()), "no mean is NaN"
    verbs.succeeds("test", "name=a", "images=2", "train_images=2", f"out={verbs.checkpoints / 'out'}")


def test_a_run_that_learns_nothing_any_more_ends(verbs: Verbs, monkeypatch: pytest.MonkeyPatch) -> None:
    verbs.succeeds("train", "name=a", "train.images=4", *tiny_words())
    run = verbs.checkpoints / "a"
    poison(monkeypatch, lambda name: name.startswith("train"))
    done = verbs("train", "name=a", "resume=true", "train.images=400", "train.max_nonfinite_steps=3")
    assert done.status == 2
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("error: 3 steps in a row were skipped") and "train.max_nonfinite_steps=3" in last
    assert f"{state_file(run, 4)} is the last good one" in last and "train-0" in last
    assert (run / DUMP / "report-0.json").is_file() and complete_checkpoints(run) == [4]
    monkeypatch.undo()
    verbs.succeeds("train", "name=a", "resume=true", "train.images=6")


LIMITED = """
import resource, runpy, sys
import torch, options.build.training
now = int(next(line for line in open("/proc/self/status") if line.startswith("VmSize")).split()[1]) * 1024
resource.setrlimit(resource.RLIMIT_AS, (now + {mebibytes} * 2**20,) * 2)
sys.argv = ["train.py", *sys.argv[1:]]
runpy.run_path("train.py", run_name="__main__")
"""


def test_too_little_memory(project: Path) -> None:
    """The address space is limited to what the program takes, and a little."""
    words = ("name=large", "train.images=8", *tiny_words("generator.width=8", "train.batch_size=8"))
    large = ("dataset.height=512", "dataset.width=512")
    done = finish(Started(project, "-c", LIMITED.format(mebibytes=600), *words, *large))
    last = done.err.strip().splitlines()[-1]
    assert done.status == 2 and last.startswith("error: out of memory with train.batch_size=8"), done
    for hint in ("train.grad_accum_steps=2", "train.batch_size=4", "dataset.height=256", "generator.width=4"):
        assert hint in last
    assert "nothing was saved yet" in last


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_one_of_two_processes_dies_or_hangs(number: signal.Signals, project: Path) -> None:
    """torchrun starts all again, from the last checkpoint; a hang ends with a dump of the stacks."""
    name = f"torchrun_{number.name}"
    launch = [*TORCHRUN, "--max-restarts=1", "--monitor-interval=0.5", "train.py", f"name={name}"]
    words = ("resume=true", "train.hang_minutes=0.3", "train.batch_size=2")
    process = Started(project, *launch, *ENDLESS, *words)
    run = project / "checkpoints" / name
    try:
        wait_for(lambda: (latest_images(run) or 0) >= 8, process)
        second = ranks(process.pid)[1]
        os.kill(second, number)
        saved = latest_images(run)
        wait_for(lambda: second not in ranks(process.pid) and len(ranks(process.pid)) == 2, process)
        wait_for(lambda: (latest_images(run) or 0) > saved + 8, process)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        done = finish(process)
    (images,) = re.findall(r"goes on after (\d+) images", done.out)
    assert int(images) >= saved
    assert ("Timeout" in done.err and "engine/step.py" in done.err) == (number == signal.SIGSTOP)
