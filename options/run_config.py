"""The options that a run keeps, so that none is typed twice."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import MISSING, DictConfig, ListConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from data.atomic_write import write_text_atomically
from engine.checkpoint.checkpoint_paths import CONFIG, run_folder
from options.cli import is_group, quoted
from options.schema import CONFIGS, GROUPS, TrainOptions
from options.schema.fields import choose_among
from options.schema.training import EXACT
from options.validation import check_values

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

NETWORKS = ("generator", "norm", "encoder", "discriminator")

UNREADABLE = (OmegaConfBaseException, YAMLError, UnicodeDecodeError, KeyError, TypeError, OSError)
"""What a damaged config.yaml raises."""


def write_options(options: TrainOptions, run: Path) -> None:
    """Writes config.yaml."""
    run.mkdir(parents=True, exist_ok=True)
    write_text_atomically(run / CONFIG, OmegaConf.to_yaml(OmegaConf.structured(options)))


def read_options(run: Path, overrides: list[str] | None = None) -> TrainOptions:
    """The options of a run, changed by the overrides of a command line.

    Raises ValueError where config.yaml is damaged, or where an override would make it another run.
    """
    try:
        config = _typed(_stored(run))
    except (*UNREADABLE, ValueError) as error:
        raise ValueError(f"{run / CONFIG} cannot be read as a run's options: {error}") from error
    _change(config, overrides or [])
    options = OmegaConf.to_object(config)
    assert isinstance(options, TrainOptions)
    return options


def _stored(run: Path) -> DictConfig:
    stored = OmegaConf.load(run / CONFIG)
    if not isinstance(stored, DictConfig):
        raise TypeError("it is no table of names and values")
    return with_present_names(stored)


def _typed(stored: DictConfig) -> DictConfig:
    """Stored options, checked against those that there are."""
    config = OmegaConf.structured(TrainOptions)
    for group, choices in GROUPS.items():
        choice = stored[group]["name"]
        if choice not in choices:
            raise ValueError(f"{group}={choice}: no such choice; {choose_among(str(choice), choices)}")
        config[group] = OmegaConf.structured(choices[choice])
    config.merge_with(stored)
    check_values(OmegaConf.to_object(config))
    return config


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
        if key in WHEN_STARTING or (key in GROUPS and value == config[key]["name"]):
            continue
        if (key, value) == ("hardware.precision", "auto"):
            continue  # resolved when the run began: another machine goes on in that precision
        if key in GROUPS:
            raise ValueError(
                f"{override.input_line}: the run was started with {key}={config[key]['name']}, which cannot "
                "change; start another run under another name"
            )
        if not is_group(key):
            OmegaConf.update(config, key, value, merge=True)
        elif value is not None:
            OmegaConf.update(config, key, OmegaConf.load(CONFIGS / key / f"{value}.yaml"), merge=True)


def implied_choices(overrides: list[str]) -> list[str]:
    """What goes without saying beside overrides that resume a run, or begin one from the weights of another.

    A resumed run keeps its choices, and what they must be given, so that `dataset.root=ELSEWHERE` is
    understood as an option of the run's own data set; `init_from=RUN` brings the networks of RUN with all
    their options.
    """
    given = dict(override.split("=", 1) for override in overrides if "=" in override)
    resumes = given.get("resume", "").lower() in ("true", EXACT) and "name" in given
    source = given["name"] if resumes else given.get("init_from")
    if source is None:
        return []
    implied: dict[str, object] = {}
    try:
        stored = _stored(run_folder(source))
        for group, choices in GROUPS.items():
            choice = stored[group]["name"]
            # Another choice is refused by read_options where a run is resumed, and taken where one begins.
            if given.get(group, choice) == choice and (resumes or group in NETWORKS):
                implied[group] = choice
                options = [entry for entry in fields(choices[choice]) if entry.name != "name"]
                needed = [entry.name for entry in options if not resumes or entry.default == MISSING]
                implied |= {f"{group}.{option}": stored[group][option] for option in needed}
    except UNREADABLE:
        return []  # a new run, or a damaged one, which its reader reports
    return [f"{name}={quoted(value)}" for name, value in implied.items() if name not in given]
