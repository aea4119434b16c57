"""What a release says of itself beside its tensors: options.json, or the opt.txt of the official code."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from models.generators.spade import DOUBLINGS

Options = dict[str, str | int | float | bool | None]

# "              label_nc: 182                \t[default: 13]"
LINE = re.compile(r"^\s*(\w+): (.*?)\s*(?:\[default: .*\])?\s*$")
LONGEST_FILE = 1_000_000


@dataclass(frozen=True)
class Told:
    """What shapes cannot tell, each None where nobody says.

    `labels`: number of label ids, without the unknown one; `unknown`: there is a further class for label
    255; `edges`: the last input channel is the instance border; `aspect_ratio`: width over height;
    `crop_width`: of the training images, in pixels; `synchronised`: batch statistics over all processes.
    """

    labels: int | None = None
    unknown: bool | None = None
    edges: bool | None = None
    upsampling: str | None = None
    aspect_ratio: float | None = None
    crop_width: int | None = None
    synchronised: bool = False


def read_options(folder: Path) -> tuple[Options, Path | None]:
    """The options of a release and the file they come from: options.json, else opt.txt, else nothing.

    Raises ValueError for a file that is not what its name says. `opt.pkl` is never opened: a pickle is a
    program.
    """
    for name, parse in (("options.json", _parse_json), ("opt.txt", _parse_text)):
        path = folder / name
        if path.is_file():
            if path.stat().st_size > LONGEST_FILE:
                raise ValueError(f"{path} is larger than {LONGEST_FILE} bytes; options are a short text")
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise ValueError(
                    f"{path} is not text in UTF-8 ({error}); get it again, or remove it"
                ) from error
            return parse(text, path), path
    return {}, None


def _parse_json(text: str, path: Path) -> Options:
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is not JSON ({error}); correct it, or remove it") from error
    if not isinstance(content, dict):
        raise ValueError(f"{path} holds a {type(content).__name__}; an object of options is wanted")
    return {name: value for name, value in content.items() if not isinstance(value, dict | list)}


def _parse_text(text: str, path: Path) -> Options:
    found = [match for line in text.splitlines() if (match := LINE.match(line))]
    if not found:
        raise ValueError(f"{path} has no line 'name: value'; get it again, or remove it")
    return {match[1]: _value(match[2]) for match in found}


def _value(text: str) -> str | int | float | bool | None:
    """A value as `str()` wrote it."""
    words: dict[str, bool | None] = {"True": True, "False": False, "None": None}
    if text in words:
        return words[text]
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def told_by(options: Options, path: Path | None) -> Told:
    """The facts among the options. Raises ValueError for a value of another kind or out of range."""

    def refuse(name: str, wanted: str) -> ValueError:
        return ValueError(f"{path}: {name}={options[name]!r}; {wanted} is wanted")

    def flag(name: str) -> bool | None:
        value = options.get(name)
        if value is not None and not isinstance(value, bool):
            raise refuse(name, "true or false")
        return value

    def number(name: str, largest: int) -> int | None:
        value = options.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= largest:
            raise refuse(name, f"a whole number from 1 to {largest}")
        return value

    ratio = options.get("aspect_ratio")
    if ratio is not None and (
        isinstance(ratio, bool) or not isinstance(ratio, int | float) or not 0.01 <= ratio <= 100
    ):
        raise refuse("aspect_ratio", "a number from 0.01 to 100, width over height,")
    upsampling = options.get("num_upsampling_layers")
    if upsampling is not None and upsampling not in DOUBLINGS:
        raise refuse("num_upsampling_layers", f"one of {', '.join(DOUBLINGS)}")
    without_edges = flag("no_instance")
    return Told(
        labels=number("label_nc", 1_000_000),
        unknown=flag("contain_dontcare_label"),
        edges=None if without_edges is None else not without_edges,
        upsampling=str(upsampling) if upsampling is not None else None,
        aspect_ratio=None if ratio is None else float(ratio),
        crop_width=number("crop_size", 100_000),
        synchronised="syncbatch" in str(options.get("norm_G")).replace("_", ""),
    )
