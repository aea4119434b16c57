"""A run's folder and the options it keeps, so that nobody retypes a flag."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from options.command import CONFIGS
from options.schema import GROUPS, TrainOptions

CHECKPOINTS = CONFIGS.parent / "checkpoints"
CONFIG = "config.yaml"
WHEN_STARTING = ("name", "resume", "experiment")
"""Options that say how a run is started, and so do not change a run that goes on."""


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
    """The folder of a run to be; ValueError where one of that name exists already."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise ValueError(f"name={name}: a run's name is one folder name under {CHECKPOINTS}")
    run = CHECKPOINTS / name
    if (run / CONFIG).is_file():
        raise ValueError(f"{run} holds a run already; go on with resume=true, or choose another name")
    return run


def write_options(options: TrainOptions, run: Path) -> None:
    """Writes config.yaml."""
    run.mkdir(parents=True, exist_ok=True)
    (run / CONFIG).write_text(OmegaConf.to_yaml(OmegaConf.structured(options)))


def read_options(run: Path, overrides: list[str] | None = None) -> TrainOptions:
    """The options of a run, changed by `overrides` (words of a command line).

    Raises ValueError where config.yaml is damaged, or where an override would make it another run.
    """
    file = run / CONFIG
    try:
        stored = OmegaConf.load(file)
        assert isinstance(stored, DictConfig)
        config = OmegaConf.structured(TrainOptions)
        for group, words in GROUPS.items():
            word = stored[group]["name"]
            if word not in words:
                raise ValueError(f"{file}: {group}={word} is unknown here; known are {', '.join(words)}")
            config[group] = OmegaConf.structured(words[word])
        config = OmegaConf.merge(config, stored, OmegaConf.from_dotlist(_changes(stored, overrides or [])))
        options = OmegaConf.to_object(config)
    except (OmegaConfBaseException, AssertionError, KeyError, TypeError, OSError) as error:
        raise ValueError(f"{file} cannot be read as a run's options: {error}") from error
    assert isinstance(options, TrainOptions)
    return options


def _changes(stored: DictConfig, overrides: list[str]) -> list[str]:
    """The overrides that change values of a run; its choices (data set, norm, ...) stay."""
    changes = []
    for override in overrides:
        key, _, value = override.partition("=")
        key = key.lstrip("+")
        if key in WHEN_STARTING:
            continue
        if key in GROUPS:
            chosen: Any = stored[key]["name"]
            if value != chosen:
                raise ValueError(
                    f"{override}: the run was started with {key}={chosen}, which cannot change; "
                    "start another run under another name"
                )
            continue
        changes.append(f"{key}={value}")
    return changes
