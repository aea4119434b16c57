"""A run's folder and the options it keeps, so that nobody retypes a flag."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from data.atomic_write import write_text_atomically
from engine.checkpoint.checkpoint_paths import latest_images
from options.cli import CONFIGS, is_group
from options.schema import GROUPS, TrainOptions
from options.validation import EXACT

CHECKPOINTS = CONFIGS.parent / "checkpoints"
CONFIG = "config.yaml"
WHEN_STARTING = ("name", "resume", "experiment")
"""Options that say how a run is started, and so do not change a run that goes on."""

RENAMED = {
    "train.batch": "train.batch_size",
    "train.accumulate": "train.grad_accum_steps",
    "train.max_bad_steps": "train.max_nonfinite_steps",
    "hardware.workers": "hardware.num_workers",
    "evaluate.batch": "evaluate.batch_size",
    "evaluate.most_share": "evaluate.max_time_fraction",
    "optimizer.constant_share": "optimizer.lr_decay_start",
    "dataset.unknown_id": "dataset.ignore_id",
    "augment": "diffaugment",
}
"""Options under the names that runs of earlier versions keep, and what they are called now."""
RENAMED_CHOICES = {("loss.adversarial", "original"): "non_saturating", ("diffaugment", "colour"): "color"}

UNREADABLE = (OmegaConfBaseException, YAMLError, UnicodeDecodeError, KeyError, TypeError, OSError)
"""What a damaged config.yaml raises."""


def run_folder(name: str) -> Path:
    """checkpoints/NAME, or NAME itself where it is the path of a run folder."""
    path = Path(name).expanduser()
    return path if (path / CONFIG).is_file() else CHECKPOINTS / name


def existing_run(name: str) -> Path:
    """The folder of a run that was trained or imported; ValueError where there is none."""
    run = run_folder(name)
    if not (run / CONFIG).is_file():
        known = sorted(file.parent.name for file in CHECKPOINTS.glob(f"*/{CONFIG}"))
        listed = f"there are {', '.join(known)}" if known else "train one with train.py"
        raise ValueError(f"name={name}: no run in {run}; {listed}")
    return run


def new_run(name: str) -> Path:
    """The folder of a run to be; ValueError where one of that name has saved something already."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"name={name}: a run's name is one folder name under {CHECKPOINTS}")
    run = CHECKPOINTS / name
    if latest_images(run) is not None:
        raise ValueError(f"{run} holds a run already; go on with resume=true, or choose another name")
    return run


def write_options(options: TrainOptions, run: Path) -> None:
    """Writes config.yaml."""
    run.mkdir(parents=True, exist_ok=True)
    write_text_atomically(run / CONFIG, OmegaConf.to_yaml(OmegaConf.structured(options)))


def read_options(run: Path, overrides: list[str] | None = None) -> TrainOptions:
    """The options of a run, changed by `overrides` (words of a command line).

    Raises ValueError where config.yaml is damaged, or where an override would make it another run.
    """
    file = run / CONFIG
    try:
        stored = _stored(file)
        config = OmegaConf.structured(TrainOptions)
        for group, words in GROUPS.items():
            word = stored[group]["name"]
            if word not in words:
                raise ValueError(f"{file}: {group}={word} is unknown here; known are {', '.join(words)}")
            config[group] = OmegaConf.structured(words[word])
        config.merge_with(stored)
        _change(config, overrides or [])
        options = OmegaConf.to_object(config)
    except UNREADABLE as error:
        raise ValueError(f"{file} cannot be read as a run's options: {error}") from error
    assert isinstance(options, TrainOptions)
    return options


def _stored(file: Path) -> DictConfig:
    stored = OmegaConf.load(file)
    if not isinstance(stored, DictConfig):
        raise TypeError("it is no table of names and values")
    return with_present_names(stored)


def with_present_names(stored: DictConfig) -> DictConfig:
    """The options of an earlier version's run under the names of today."""
    for old, new in RENAMED.items():
        group, _, name = old.rpartition(".")
        table = stored.get(group) if group else stored
        if isinstance(table, DictConfig) and name in table:
            table[new.rpartition(".")[2]] = table.pop(name)
    for (name, old), new in RENAMED_CHOICES.items():
        value = OmegaConf.select(stored, name)
        if value == old:
            OmegaConf.update(stored, name, new)
        elif isinstance(value, ListConfig):
            OmegaConf.update(stored, name, [new if entry == old else entry for entry in value])
    return stored


def _change(config: DictConfig, overrides: list[str]) -> None:
    """Sets what may change in a run; its choices (data set, norm, ...) stay."""
    for override in OverridesParser.create().parse_overrides(overrides):
        key, value = override.key_or_group, override.value()
        if key in WHEN_STARTING or key.startswith("hydra"):
            continue
        if (key, value) == ("hardware.precision", "auto"):
            continue  # settled when the run began: another machine goes on in that precision
        if key in GROUPS:
            chosen = config[key]["name"]
            if value != chosen:
                raise ValueError(
                    f"{override.input_line}: the run was started with {key}={chosen}, which cannot change; "
                    "start another run under another name"
                )
        elif is_group(key):
            OmegaConf.update(config, key, OmegaConf.load(CONFIGS / key / f"{value}.yaml"), merge=True)
        else:
            OmegaConf.update(config, key, value, merge=True)


def stored_choices(overrides: list[str]) -> list[str]:
    """What goes without saying beside `overrides` that resume a run: its choices, and what they must know.

    So that `dataset.root=ELSEWHERE` is understood as an option of the run's own data set.
    """
    said = dict(override.split("=", 1) for override in overrides if "=" in override)
    if said.get("resume", "").lower() not in ("true", EXACT) or "name" not in said:
        return []
    try:
        stored = _stored(run_folder(said["name"]) / CONFIG)
        words: dict[str, object] = {}
        for group in GROUPS:
            name = stored[group]["name"]
            if said.get(group, name) == name:  # else it is refused, with the reason, by read_options
                words[group] = name
                needed = [entry.name for entry in fields(GROUPS[group][name]) if entry.default == MISSING]
                words |= {f"{group}.{option}": stored[group][option] for option in needed}
    except UNREADABLE:
        return []  # a new run, or a damaged one: whoever opens it says so
    return [f"{name}={_quoted(value)}" for name, value in words.items() if name not in said]


def _quoted(value: object) -> str:
    """A value as Hydra's command line takes it, whatever characters it has."""
    return QuotedString(value, Quote.single).with_quotes() if isinstance(value, str) else str(value)
