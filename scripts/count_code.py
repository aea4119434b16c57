"""How large the program is: `python scripts/count_code.py`.

Prints lines and files of each folder (tests apart), words of each document, and the files of ours whose
functions are called while a SPADE generator takes one training step.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from types import FrameType

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

PROJECT = Path(__file__).resolve().parents[1]
FOLDERS = ("options", "data", "models", "engine", "inference", "evaluation", "scripts")
WORDS = (
    "name=count_code", "dataset=scenes", "generator.width=2", "discriminator.width=2", "dataset.height=64",
    "dataset.width=64", "train.images=8", "train.batch_size=2", "loss.perceptual=none", "hardware=cpu",
    "hardware.num_workers=0", "hardware.precision=float32",
)  # fmt: skip
"""The options of the step."""


def main() -> None:
    """Prints all three."""
    product = [file for folder in FOLDERS for file in sorted((PROJECT / folder).rglob("*.py"))]
    product += [PROJECT / "train.py", PROJECT / "test.py"]
    for folder in FOLDERS:
        print(size(folder, [file for file in product if PROJECT / folder in file.parents]))
    print(size("together", product))
    print(size("tests", sorted((PROJECT / "tests").rglob("*.py"))))
    print("\nwords of documents")
    for document in [*sorted(PROJECT.glob("*.md")), *sorted((PROJECT / "docs").rglob("*.md"))]:
        words = len(document.read_text(encoding="utf-8").split())
        print(f"{words:>7}  {document.relative_to(PROJECT)}")
    files = files_of_a_step()
    print(f"\na training step passes through {len(files)} files")
    print("\n".join(f"         {file}" for file in sorted(files)))


def size(name: str, files: list[Path]) -> str:
    """A line of text: how many lines and files they are."""
    lines = sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files)
    return f"{lines:>7} lines in {len(files):>3} files  {name}"


def files_of_a_step() -> set[str]:
    """The files of ours whose functions the second step of a run calls; the first one may prepare things."""
    from engine.runtime.distributed import Processes
    from options.build.parts import build_hardware
    from options.build.training import build_training
    from options.cli import composed
    from options.schema import TrainOptions
    from options.validation import resolve

    found: set[str] = set()

    def called(frame: FrameType, event: str, argument: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event == "call" and PROJECT in file.parents and ".venv" not in file.parts:
            found.add(str(file.relative_to(PROJECT)))

    options = composed("train", TrainOptions, list(WORDS))
    resolve(options)
    with tempfile.TemporaryDirectory() as run:
        alone = Processes(rank=0, count=1)
        training = build_training(options, Path(run), build_hardware(options.hardware), alone)
        for seed in range(2):
            batch = next(training.batches)
            sys.setprofile(called if seed else None)
            training.step(batch, seed)
            sys.setprofile(None)
        training.hooks.close()
    return found - {"scripts/count_code.py"}


if __name__ == "__main__":
    main()
