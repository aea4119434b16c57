"""Checkpoints: all that resuming needs, and apart from it all that generation needs.

A run folder holds `state-<images>.safetensors` (the parts' state dicts), `weights-<images>.safetensors` (the
averaged generator and its encoder), `manifest-<images>.json` (their checksums) and `latest` (the images of
the newest complete checkpoint); beside them, where a generator takes a style a region,
`mean_styles-<images>.safetensors`. An imported release has `discriminator-<images>.safetensors` in place of a
state. All hold tensors and plain values only: nothing read from them is ever executed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from data.atomic_write import remove_partials, write_text_atomically
from engine.checkpoint import checkpoint_paths as paths
from engine.checkpoint.serialization import (
    ArchitectureDiffers,
    Damaged,
    check_file,
    load_optimizer,
    load_weights,
    read_state,
    read_weights,
    save_state,
    save_weights,
    write_manifest,
)
from engine.progress import passed
from engine.runtime.distributed import Processes, gather

FORMAT = 3
"""1 and 2 kept the state in a file of torch.save; 1 lacked `threads` and had no manifest."""
SINCE = {"threads": 2}
"""Parts that older formats lack: they stay as they are built."""
MISFITS = (AttributeError, LookupError, TypeError, ValueError, RuntimeError, OverflowError)
"""Raised by a part that is given something else than its state."""


class Stateful(Protocol):
    """What a checkpoint can keep."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> object: ...


@dataclass
class Checkpoint:
    """Saves and restores the named parts of a run, in its folder.

    Kept are the newest `keep`, the one that `best` names and the first after every `keep_every` images.
    `weights`: the network for generation; `describe`: makes a folder that was removed, and what else belongs
    in it; `passed_over`: why newer checkpoints were not restored.
    """

    run: Path
    parts: dict[str, Stateful]
    weights: nn.Module
    keep: int
    keep_every: int | None = None
    describe: Callable[[], object] | None = None
    passed_over: list[str] = field(default_factory=list)

    def save(self, images: int) -> None:
        """Writes the state, the weights and their manifest; `latest` names them once all are whole.

        Raises OSError where they cannot be written; the previous checkpoint is then as it was.
        """
        state = {"format": FORMAT, **{name: part.state_dict() for name, part in self.parts.items()}}
        weights = paths.weights_file(self.run, images)
        whole = paths.state_file(self.run, images).with_suffix(".safetensors")
        try:
            if self.describe is not None and not self.run.is_dir():
                self.describe()
            remove_partials(self.run)  # what a killed process left half-written: room to write it again
            for partial in self.run.glob(".tmp*"):  # the name under which safetensors writes first
                partial.unlink(missing_ok=True)
            # Those of other weights, where a run was taken back and has come here again.
            for other in (paths.mean_styles_file(self.run, images), whole.with_suffix(".pt")):
                other.unlink(missing_ok=True)
            save_weights(self.weights.state_dict(), weights)
            save_state(state, whole)
            write_manifest(paths.manifest_file(self.run, images), [weights, whole])
            write_text_atomically(self.run / paths.LATEST, f"{images}\n")
            self._prune(images)
        except OSError as error:
            raise OSError(f"{self.run}: {error.strerror or error}") from error

    def restore(self, exact: bool = False) -> int | None:
        """Restores every part from the newest whole checkpoint; its images, or None where there is none.

        Where the newest is damaged the one before it is taken, and `passed_over` says why; with `exact`
        that is an error. Raises ValueError where none is whole, or where one is of another architecture.
        """
        self.passed_over = []
        for images in paths.candidates(self.run):
            try:
                self.restore_from(images)
            except Damaged as error:
                if exact:
                    raise ValueError(f"{error}; resume=true would go on from the one before it") from error
                self.passed_over.append(str(error))
            else:
                return images
        if self.passed_over:
            raise ValueError(f"no checkpoint to go on from: {'; '.join(self.passed_over)}")
        return None

    def restore_from(self, images: int) -> None:
        """Restores every part from the checkpoint after `images`; Damaged where it is not whole."""
        file, state = read_whole_state(self.run, images)
        for name, part in self.parts.items():
            if SINCE.get(name, 1) > state["format"]:
                continue
            if name not in state:
                raise ValueError(f"{file} holds no {name}: it was saved by another kind of run; train anew")
            load_part(name, part, state[name], file)

    def _prune(self, saved: int) -> None:
        """Removes what need not be kept."""
        # Newer ones are no concern of a run that was taken back to an older one.
        older = [images for images in paths.complete_checkpoints(self.run) if images <= saved]
        kept = {*older[-self.keep :], saved, paths.images_in(self.run / paths.BEST)}
        if self.keep_every is not None:
            kept |= {now for last, now in zip([0, *older], older) if passed(self.keep_every, last, now)}
        for file in self.run.iterdir():
            match = paths.FILES.fullmatch(file.name)
            if match and int(match[1]) <= saved and int(match[1]) not in kept:
                file.unlink(missing_ok=True)


def read_whole_state(run: Path, images: int) -> tuple[Path, dict[str, Any]]:
    """The state file of a checkpoint and what it holds; Damaged where it is not whole."""
    file = paths.state_file(run, images)
    check_file(file, paths.manifest_file(run, images))
    state = read_state(file)
    if state.get("format") not in range(1, FORMAT + 1):
        raise ValueError(
            f"{file} has format {state.get('format')}; this version reads formats 1 to {FORMAT}: "
            "use the version that wrote it, or a newer one"
        )
    return file, state


def restore_everywhere(checkpoint: Checkpoint, processes: Processes, exact: bool) -> None:
    """Restores the same checkpoint in all processes: the one that the main process finds whole."""
    images = gather(checkpoint.restore(exact) if processes.is_main else None, processes)[0]
    if images is not None and not processes.is_main:
        checkpoint.restore_from(images)


def read_network(run: Path, images: int, part: str) -> dict[str, Tensor]:
    """The state dict of a checkpoint's `part`: "G", "D", or "ema" for the averaged generator.

    An imported release has "ema" and, where one was published, "D". Raises ValueError where there is none.
    """
    file = paths.weights_file(run, images) if part == "ema" else paths.discriminator_file(run, images)
    if part == "ema" or (part == "D" and file.is_file()):
        check_file(file, paths.manifest_file(run, images))
        return read_weights(file)
    if not paths.state_file(run, images).is_file():
        raise ValueError(f"{run} has kept no {part} after {images} images")
    file, state = read_whole_state(run, images)
    if not isinstance(state.get(part), dict):
        raise ValueError(f"{file} holds no {part}")
    return dict(state[part])


def load_part(name: str, part: Stateful, state: Any, file: Path) -> None:
    """Restores the part `name`; ValueError where the state does not fit, Damaged where it is none."""
    try:
        if isinstance(part, nn.Module):
            load_weights(part, state, file)
        elif isinstance(part, torch.optim.Optimizer):
            load_optimizer(part, state, file)
        else:
            part.load_state_dict(state)
    except (Damaged, ArchitectureDiffers):
        raise
    except MISFITS as error:
        raise Damaged(f"{file}: {name} is damaged ({type(error).__name__}: {error})") from error
