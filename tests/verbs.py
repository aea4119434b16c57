"""train.py and test.py as a person runs them: in this process, which is quick, or in their own."""

from __future__ import annotations

import contextlib
import io
import os
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import evaluation.segmenters.trained
from engine.checkpoint import checkpoint_paths
from engine.runtime.interrupts import STOP_SIGNALS

PROJECT = Path(__file__).resolve().parents[1]
PARTS = (
    "train.py",
    "test.py",
    "scripts",
    "configs",
    "options",
    "engine",
    "inference",
    "evaluation",
    "models",
    "data",
)


@dataclass(frozen=True)
class Outcome:
    """What a command leaves behind: exit status and what the terminal shows."""

    status: int
    out: str
    err: str


class Verbs:
    """Runs `train` and `test` in this process; runs are kept in `checkpoints`."""

    def __init__(self, checkpoints: Path) -> None:
        self.checkpoints = checkpoints

    def __call__(self, verb: str, *words: str) -> Outcome:
        """`python VERB.py WORDS`."""
        script = str(PROJECT / f"{verb}.py")
        status, out, err = 0, io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, _process_restored():
            patch.setattr(checkpoint_paths, "CHECKPOINTS", self.checkpoints)
            # What a person has downloaded or trained here would add metrics to those that tests expect.
            patch.setattr(evaluation.segmenters.trained, "SEGMENTERS", self.checkpoints.parent / "segmenters")
            patch.setenv("TORCH_HOME", str(self.checkpoints.parent / "torch"))
            patch.setattr(sys, "argv", [script, *words])
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                try:
                    runpy.run_path(script, run_name="__main__")
                except SystemExit as end:
                    status = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Outcome(status, out.getvalue(), screen(err.getvalue()))

    def succeeds(self, verb: str, *words: str) -> str:
        """What it prints on its standard output."""
        done = self(verb, *words)
        assert done.status == 0, done.err
        return done.out

    def refuses(self, verb: str, *words: str) -> str:
        """The one line that a mistake gets."""
        return one_error(self(verb, *words))


@contextlib.contextmanager
def _process_restored() -> Iterator[None]:
    """What belongs to the process, and so to the tests that follow."""
    handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    threads = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def one_error(done: Outcome) -> str:
    """The line on standard error, which must be the only one."""
    lines = [line for line in done.err.splitlines() if line.strip()]
    assert done.status == 2 and len(lines) == 1 and lines[0].startswith("error: "), done
    return lines[0]


def screen(text: str) -> str:
    """What a terminal shows of a text: what follows a carriage return covers the line's beginning."""
    return "\n".join(_shown(line) for line in text.split("\n"))


def _shown(line: str) -> str:
    shown = ""
    for part in line.split("\r"):
        shown = part + shown[len(part) :]
    return shown.rstrip()


def copy_project(folder: Path) -> Path:
    """A copy of the program, so that a process of its own keeps its runs out of the project's folders."""
    for part in PARTS:
        source = PROJECT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(exist_ok=True)
            shutil.copy(source, folder / part)
    return folder


class Started(subprocess.Popen[str]):
    """`python COMMAND` in a copy of the project, in a process group of its own.

    What it says goes to files: a pipe that nobody empties meanwhile would hold it up once it is full.
    """

    def __init__(self, project: Path, *command: str) -> None:
        self._out, self._err = (tempfile.TemporaryFile("a+") for _ in range(2))  # noqa: SIM115, for said()
        super().__init__(
            [sys.executable, *command],
            cwd=project,
            stdout=self._out,
            stderr=self._err,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )

    def said(self) -> tuple[str, str]:
        """All of its standard output and error so far."""
        for stream in (self._out, self._err):
            stream.seek(0)
        return self._out.read(), self._err.read()


def finish(process: Started, seconds: float = 400) -> Outcome:
    """Waits for its end; kills the whole group where that does not come."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    out, err = process.said()
    return Outcome(process.returncode, out, screen(err))
