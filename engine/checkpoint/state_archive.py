"""What a state file may hold, looked at before anything of it is loaded: a stranger may have made it.

`torch.load(weights_only=True)` runs no code, yet it lets a small file ask for any amount of memory
(compressed records, arrays of a given length). A file of ours needs none of that.
"""

from __future__ import annotations

import pickletools
import zipfile
from pathlib import Path
from typing import Any

from torch import Tensor

STORAGES = ("Float", "Double", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool")
ALLOWED_NAMES = {
    "collections OrderedDict",
    "torch._utils _rebuild_tensor_v2",
    *(f"torch {kind}Storage" for kind in STORAGES),
}
"""All that a dictionary of tensors and numbers names."""
OTHER_WAYS_TO_NAMES = {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4"}
LARGEST_PICKLE = 64 * 2**20
"""Bytes: structure without numbers; that of a large network takes less than one mebibyte."""


class Unsafe(ValueError):
    """A file that is damaged, or asks for what no checkpoint of ours does."""


def check_archive(file: Path) -> None:
    """Raises Unsafe where `file` is no archive of `torch.save` that holds tensors and plain values only."""
    try:
        with zipfile.ZipFile(file) as archive:
            records = archive.infolist()
            if any(record.compress_type != zipfile.ZIP_STORED for record in records):
                raise Unsafe("it has compressed records")
            if sum(record.file_size for record in records) > file.stat().st_size:
                raise Unsafe("its records are larger than the file")
            pickles = [record for record in records if record.filename.endswith(".pkl")]
            if len(pickles) != 1 or pickles[0].file_size > LARGEST_PICKLE:
                raise Unsafe("it lacks the one small pickle that describes it")
            _check_pickle(archive.read(pickles[0]))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Unsafe(f"it is no archive of tensors: {error}") from error


def _check_pickle(pickled: bytes) -> None:
    """Every name that it wants to call must be known."""
    try:
        for operation, argument, _ in pickletools.genops(pickled):
            unknown = operation.name == "GLOBAL" and argument not in ALLOWED_NAMES
            if unknown or operation.name in OTHER_WAYS_TO_NAMES:
                raise Unsafe(f"it wants to call {argument or operation.name}")
    except Unsafe:
        raise
    except Exception as error:  # pickletools promises no common ancestor
        raise Unsafe(f"its description is damaged: {error}") from error


def check_shapes(loaded: object) -> None:
    """Raises Unsafe where a tensor claims more numbers than the file holds for it."""
    seen: set[int] = set()
    waiting: list[Any] = [loaded]
    while waiting:  # no recursion: what a file nests deeply must not exhaust the stack
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            waiting += value
        elif isinstance(value, Tensor) and value.nbytes > value.untyped_storage().nbytes():
            raise Unsafe(f"a tensor of shape {tuple(value.shape)} claims more numbers than it holds")
