"""From the command line to typed options: Hydra composes, and a person's mistake gets one line."""

from __future__ import annotations

import difflib
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from options.schema import COMMANDS, GROUPS
from options.schema.testing import WHOLE

CONFIGS = Path(__file__).resolve().parents[1] / "configs"
USAGE_ERROR = 2
"""Exit status where what a person gave cannot be used."""
HELP_WIDTH, HELP_INDENT = 110, 17
"""Of the lines in the help that list words: characters, and those in front of the words."""
STOPPED = 130
"""Exit status after a Ctrl-C with nothing to save, as shells have it."""

Options = TypeVar("Options")


def register_schemas() -> None:
    """Tells Hydra the types: `train_schema` and so on, and schema/GROUP/WORD for each choice."""
    OmegaConf.register_new_resolver("words", listed_words, replace=True)
    store = ConfigStore.instance()
    for name, schema in COMMANDS.items():
        store.store(name=f"{name}_schema", node=schema)
    for group, words in GROUPS.items():
        for word, schema in words.items():
            store.store(group=f"schema/{group}", name=word, node=schema)


def plain(options: object) -> dict[str, Any]:
    """Options as names, numbers and words."""
    container = OmegaConf.to_container(OmegaConf.structured(options), enum_to_str=True)
    assert isinstance(container, dict), "options are a table of names and values"
    return {str(name): value for name, value in container.items()}


def words_of(group: str) -> list[str]:
    """The words that GROUP=WORD may say."""
    return sorted(file.stem for file in (CONFIGS / group).glob("*.yaml"))


def listed_words(group: str) -> str:
    """The words of a group for the help, on as many lines as they take."""
    indent = " " * HELP_INDENT
    lines = textwrap.fill(
        ", ".join(words_of(group)), HELP_WIDTH, initial_indent=indent, subsequent_indent=indent
    )
    return lines.lstrip()


def is_group(override: str) -> bool:
    """Whether `override` chooses a word of a group (norm=sean) and is no option (norm.hidden=64)."""
    return override.split("=")[0] in {folder.name for folder in CONFIGS.iterdir() if folder.is_dir()}


def command(
    config_name: str,
    options: type[Options],
    verb: Callable[[Options, list[str]], None],
    implied: Callable[[list[str]], list[str]] = lambda overrides: [],
) -> None:
    """Runs `verb(options, overrides)` on what the command line says on top of configs/CONFIG_NAME.yaml.

    `overrides` are the words of the command line as they stand; `implied` answers those that go without
    saying beside them. A ValueError, or a file that cannot be read or written, ends in one line and exit
    status 2.
    """
    register_schemas()
    sys.argv[1:] = [at_home(word) for word in sys.argv[1:]]
    with one_line_errors():
        if any(word.startswith("-") for word in sys.argv[1:]):  # --help, --cfg job
            check_overrides(config_name, [word for word in sys.argv[1:] if re.match("[^-]+=", word)])
        else:
            sys.argv[1:1] = implied(sys.argv[1:])
            check_overrides(config_name, sys.argv[1:])
    sys.argv[1:] = with_entries(config_name, sys.argv[1:])

    @hydra.main(config_path=str(CONFIGS), config_name=config_name, version_base="1.3")
    def run(config: DictConfig) -> None:
        with one_line_errors():
            _refuse_missing(config)
            parsed = OmegaConf.to_object(config)
            assert isinstance(parsed, options)
            verb(parsed, list(HydraConfig.get().overrides.task))

    try:
        run()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(STOPPED) from None
    except BrokenPipeError:
        # `--help | head` has seen enough; nothing is left to be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def at_home(word: str) -> str:
    """A word of the command line with `~/` in front of its value expanded, which shells leave to us."""
    name, equals, value = word.partition("=")
    return name + equals + (os.path.expanduser(value) if value.startswith("~/") else value)


def check_overrides(config_name: str, overrides: list[str]) -> DictConfig:
    """What `overrides` compose; raises ValueError, in one line, where they do not fit the options."""
    for word in overrides:
        if word.startswith(("+", "~")):
            raise ValueError(f"{word}: options are neither added nor taken away; write name=value")
    overrides = with_entries(config_name, overrides)
    with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
        try:
            return hydra.compose(config_name, overrides)
        except OverrideParseException as error:
            word = str(error.override).lstrip("+")
            remedy = _quoting(word) if "=" in word else "write name=value"
            raise ValueError(f"{word}: cannot be understood; {remedy}") from error
        except (HydraException, OmegaConfBaseException) as error:
            raise ValueError(_one_line(config_name, overrides, error)) from error


def composed(config_name: str, options: type[Options], overrides: list[str]) -> Options:
    """The options of another command line; raises ValueError, in one line, where they do not fit."""
    running, GlobalHydra.instance().hydra = GlobalHydra.instance().hydra, None
    try:
        config = check_overrides(config_name, overrides)
    finally:
        GlobalHydra.instance().hydra = running
    _refuse_missing(config)
    parsed = OmegaConf.to_object(config)
    assert isinstance(parsed, options)
    return parsed


def with_entries(config_name: str, words: list[str]) -> list[str]:
    """The words with the entries of tables spelled as Hydra has it for what may be added.

    `style.sky=A.png` is `++style.sky=A.png`, and `style=A.png`, the entry for all, `++style.all=A.png`.
    """
    tables = {entry.name for entry in fields(COMMANDS[config_name]) if entry.default_factory is dict}
    spelled = []
    for word in words:
        name, said, value = word.partition("=")
        table, _, key = name.partition(".")
        entry = bool(said) and table in tables
        spelled.append(f"++{table}.{key or WHOLE}={value}" if entry else word)
    return spelled


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns what a person can mend into one line on standard error and exit status 2."""
    try:
        yield
    except (ValueError, OSError) as error:
        message = str(error)
        traceback.clear_frames(error.__traceback__)  # a progress bar in one of them leaves the screen first
        refuse(message)


def refuse(message: str) -> NoReturn:
    """Prints one line and exits with status 2."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(USAGE_ERROR)


def _quoting(word: str) -> str:
    """How to say a value with characters that Hydra reads as something else."""
    name, _, value = word.partition("=")
    escaped = value.replace("'", "\\'")
    return f"quote a value with special characters, \"{name}='{escaped}'\""


def _refuse_missing(config: DictConfig) -> None:
    missing = sorted(OmegaConf.missing_keys(config))
    if missing:
        examples = " ".join(f"{key}=..." for key in missing)
        raise ValueError(f"{', '.join(missing)} must be given: add {examples}")


def _one_line(config_name: str, overrides: list[str], error: Exception) -> str:
    """What is wrong, with the nearest existing names where an option does not exist."""
    choices = [word for word in overrides if is_group(word)]
    for group, _, word in (choice.partition("=") for choice in choices):
        if word not in words_of(group):
            return f"{group}={word}: no such word; choose one of {', '.join(words_of(group))}"
    try:
        known = OmegaConf.to_container(hydra.compose(config_name, choices), throw_on_missing=False)
    except (HydraException, OmegaConfBaseException):
        known = {}
    changes = [word for word in overrides if word not in choices]
    for override in OverridesParser.create().parse_overrides(changes):
        if override.is_sweep_override():
            return f"{override.input_line}: one value a run; quote a comma, \"name='a,b'\""
        unknown = _unknown(override.key_or_group or "", known)
        if unknown:
            return unknown
    cause = error.__cause__ or error
    said = str(cause).splitlines()[0]
    return f"{cause.full_key}: {said}" if isinstance(cause, OmegaConfBaseException) else said


def _unknown(name: str, known: object) -> str | None:
    """Why `name` is no option among `known` ones, or None where it is one."""
    node, path = known, name.split(".")
    for depth, key in enumerate(path):
        if not isinstance(node, dict) or not node:
            return None
        if key not in node:
            near = difflib.get_close_matches(key, node, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            there = ".".join(path[:depth]) or "the command line"
            said = f"{name}: no such option; {meant}{there} knows {', '.join(map(str, node))}"
            choices = _choices_with(path[0], key) if depth == 1 else []
            return f"{said}; {key} goes with {', '.join(choices)}" if choices else said
        node = node[key]
    return None


def _choices_with(group: str, option: str) -> list[str]:
    """The choices of a group that have such an option: a word was forgotten, or another one meant."""
    words = GROUPS.get(group, {})
    return [
        f"{group}={word}"
        for word, schema in words.items()
        if option in {entry.name for entry in fields(schema)}
    ]
