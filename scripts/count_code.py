"""How large the project is: `python scripts/count_code.py`, `--files` to list the files of a training step.

Prints lines and files of the product code by folder, the files that a training step passes through, and the
words of each document. Options of train.py choose another step: `python scripts/count_code.py norm=sean`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

DOCUMENTS = "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/*.md", "docs/journal/*.md"
STEP = (
    "name=step", "dataset.height=64", "dataset.width=64", "train.images=4", "train.batch_size=2",
    "generator.width=4", "discriminator.width=4", "hardware=cpu", "hardware.num_workers=0",
)  # fmt: skip
"""A small SPADE step on the built-in scenes, with the losses of a full one."""


def tracked(*patterns: str) -> list[Path]:
    """Files that git tracks, relative to the project; * does not match a slash."""
    command = ["git", "ls-files", "-z", *(f":(glob){pattern}" for pattern in patterns)]
    names = subprocess.check_output(command, cwd=ROOT, text=True).split("\0")[:-1]
    return [Path(name) for name in names if (ROOT / name).is_file()]


def product_code() -> dict[str, list[int]]:
    """The lines of each Python file outside tests, by top-level folder; "." is the project's root."""
    lines: dict[str, list[int]] = {}
    for file in tracked("**/*.py"):
        folder = file.parts[0] if len(file.parts) > 1 else "."
        if folder != "tests":
            lines.setdefault(folder, []).append(len((ROOT / file).read_text().splitlines()))
    return lines


def files_of_step(options: list[str]) -> list[Path]:
    """The project's files whose functions run within `TrainingStep.__call__`, after a step to warm up."""
    from engine.runtime.distributed import Processes
    from options.build.training import build_hardware, build_training
    from options.cli import composed, register_schemas
    from options.schema import TrainOptions
    from options.validation import resolve

    register_schemas()
    resolve(chosen := composed("train", TrainOptions, [*STEP, *options]))
    called: set[str] = set()

    def record(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            called.add(frame.f_code.co_filename)

    with TemporaryDirectory() as folder:
        trainer = build_training(chosen, Path(folder), build_hardware(chosen.hardware), Processes(0, 1))
        batch = next(trainer.batches)
        trainer.step(batch, 0)
        sys.setprofile(record)  # of this thread: on CPUs, it runs the backward pass as well
        trainer.step(batch, 1)
        sys.setprofile(None)
        trainer.hooks.close()
    return [file for file in tracked("**/*.py") if str(ROOT / file) in called]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Prints how large the project is.")
    parser.add_argument("options", nargs="*", help="options of train.py for the training step")
    parser.add_argument("--files", action="store_true", help="list the files of the training step")
    arguments = parser.parse_args()
    code, step = product_code(), files_of_step(arguments.options)
    code["all"] = [count for lines in code.values() for count in lines]
    for folder, lines in code.items():
        print(f"{folder:32} {sum(lines):6,} lines {len(lines):4} files")
    print(f"{'a training step':32} {len(step):19} files")
    print("".join(f"  {file}\n" for file in step if arguments.files), end="")
    for document in tracked(*DOCUMENTS):
        print(f"{document!s:32} {len((ROOT / document).read_text().split()):6,} words")


if __name__ == "__main__":
    main()
