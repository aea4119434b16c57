"""Checkpoints: all that resuming needs, and apart from it all that generation needs.

A run folder holds `state-<images>.pt` (parts' state dicts), `weights-<images>.safetensors` (the averaged
generator and its encoder), `manifest-<images>.json` (their checksums) and `latest` (the images of the newest
complete checkpoint); beside them, where a generator takes a style a region,
`mean_styles-<images>.safetensors`. They hold tensors and plain values only: nothing read from them is ever
executed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import nn

from data.atomic_write import remove_partials, write_atomically, write_text_atomically
from engine.checkpoint.checkpoint_paths import (
    BEST,
    FILES,
    LATEST,
    candidates,
    complete_checkpoints,
    images_in,
    manifest_file,
    mean_styles_file,
    state_file,
    weights_file,
)
from engine.checkpoint.checksums import Damaged, check_file, write_manifest
from engine.checkpoint.serialization import (
    ArchitectureDiffers,
    load_optimizer,
    load_tensors,
    load_weights,
    save_state,
    save_weights,
)
from engine.progress import passed

FORMAT = 2
"""1 lacked `threads` and had no manifest."""
SINCE = {"threads": 2}
"""Parts that older formats lack: they stay as they are built."""


MISFITS = (AttributeError, LookupError, TypeError, ValueError, RuntimeError, OverflowError)
"""What a part raises that is given another thing than its state."""


class Stateful(Protocol):
    """What a checkpoint can keep."""

    def state_dict(self) -> dict[str, Any]: ...

    def load_state_dict(self, state: dict[str, Any]) -> object: ...


class Checkpoint:
    """Saves and restores the named parts of a run, in its folder.

    Kept are the newest `keep`, the one that `best` names and, where `keep_every` is given, the first after
    every so many images. `describe` makes the folder and what else belongs in it, should somebody have
    removed it. `passed_over`: why checkpoints were not restored, though they are newer.
    """

    def __init__(
        self,
        run: Path,
        parts: dict[str, Stateful],
        weights: nn.Module,
        keep: int,
        keep_every: int | None = None,
        describe: Callable[[], object] | None = None,
    ) -> None:
        self.run = run
        self.parts = parts
        self.weights = weights
        self.keep = keep
        self.keep_every = keep_every
        self.describe = describe
        self.passed_over: list[str] = []

    def save(self, images: int) -> None:
        """Writes the state, the weights and their manifest; `latest` names them once all are whole.

        Raises OSError where they cannot be written; the previous checkpoint is then as it was.
        """
        state = {"format": FORMAT, **{name: part.state_dict() for name, part in self.parts.items()}}
        weights, whole = weights_file(self.run, images), state_file(self.run, images)
        try:
            if self.describe is not None and not self.run.is_dir():
                self.describe()
            tensors = self.weights.state_dict()
            # Those of other weights, where a run was taken back and has come here again.
            mean_styles_file(self.run, images).unlink(missing_ok=True)
            write_atomically(weights, lambda file: save_weights(tensors, file))
            write_atomically(whole, lambda file: save_state(state, file))
            write_manifest(manifest_file(self.run, images), [weights, whole])
            write_text_atomically(self.run / LATEST, f"{images}\n")
            self._prune(images)
        except OSError as error:
            raise OSError(f"{self.run}: {error.strerror or error}") from error

    def restore(self, exact: bool = False) -> int | None:
        """Restores every part from the newest whole checkpoint; its images, or None where there is none.

        Where the newest is damaged the one before it is taken, and `passed_over` says why; with `exact`
        that is an error. Raises ValueError where none is whole, or where one is of another architecture.
        """
        self.passed_over = []
        for images in candidates(self.run):
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
        file = state_file(self.run, images)
        check_file(file, manifest_file(self.run, images))
        state = load_tensors(file)
        stored = int(state.get("format", 0))
        if stored not in range(1, FORMAT + 1):
            raise ValueError(
                f"{file} has format {stored}; this version reads formats 1 to {FORMAT}: "
                "use the version that wrote it, or a newer one"
            )
        for name, part in self.parts.items():
            if SINCE.get(name, 1) > stored:
                continue
            if name not in state:
                raise ValueError(f"{file} holds no {name}: it was saved by another kind of run; train anew")
            load_part(part, state[name], f"{file}: {name}", file)

    def _prune(self, saved: int) -> None:
        """Removes what need not be kept, half-written files of a run that was killed among them."""
        # Newer ones are no concern of a run that was taken back to an older one.
        older = [images for images in complete_checkpoints(self.run) if images <= saved]
        kept = {*older[-self.keep :], saved, images_in(self.run / BEST)}
        if self.keep_every is not None:
            before = [0, *older]
            kept |= {now for last, now in zip(before, older) if passed(self.keep_every, last, now)}
        for file in self.run.iterdir():
            match = FILES.fullmatch(file.name)
            if match and int(match[1]) <= saved and int(match[1]) not in kept:
                file.unlink(missing_ok=True)
        remove_partials(self.run)


def load_part(part: Stateful, state: Any, what: str, file: Path) -> None:
    """Gives a part its state; ValueError where the two do not fit, Damaged where it is none."""
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
        raise Damaged(f"{what} is damaged ({type(error).__name__}: {error})") from error
