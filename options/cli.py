"""The command line: Hydra composes typed options of it, a mistake gets one line, `--help` says what there is.

Nothing here imports torch, so `--help` and mistyped options take a second.
"""

from __future__ import annotations

import os
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from inspect import cleandoc, signature
from typing import Any, TypeVar

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException, OverrideParseException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from options.schema import COMMANDS, CONFIGS, GROUPS, choices_of, groups_of
from options.schema.fields import Rule, as_typed, choose_among, did_you_mean, rule_of
from options.schema.testing import WHOLE
from options.validation import check_values

USAGE_ERROR = 2
"""Exit status where what users gave cannot be used."""
STOPPED = 130
"""Exit status after a Ctrl-C with nothing to save, as shells have it."""

WIDTH, LEFT = 100, 34
"""Columns in all, and of names with their values."""
EXAMPLES = ("norm=sean", "dataset=folder")
TYPES = {"bool": "true or false", "int": "integer", "float": "number", "str": "text"}

Options = TypeVar("Options")


def command(
    name: str,
    options: type[Options],
    verb: Callable[[Options, list[str]], None],
    implied: Callable[[list[str]], list[str]] = lambda overrides: [],
) -> None:
    """Runs `verb(options, overrides)` with what the command line changes in the options of `COMMANDS[name]`.

    `implied` returns the overrides that go without saying beside those given. A ValueError, or a file that
    cannot be read or written, ends in one line and exit status 2.
    """
    overrides = [expanded(word) for word in sys.argv[1:]]
    flags = [word for word in overrides if word.startswith("-")]
    try:
        with one_line_errors():
            if not flags:
                overrides = implied(overrides) + overrides
                return verb(composed(name, options, overrides), overrides)
            text = _shown(name, flags, [word for word in overrides if "=" in word])
        print(text, flush=True)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        raise SystemExit(STOPPED) from None
    except BrokenPipeError:
        # The reader of `--help | head` has gone; nothing is left to be written when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _shown(name: str, flags: list[str], overrides: list[str]) -> str:
    """What is printed in place of running: the help, or the whole configuration."""
    config = compose(name, overrides)
    if set(flags) <= {"-h", "--help"}:
        return help_text(COMMANDS[name], config)
    if flags == ["--cfg"]:
        return OmegaConf.to_yaml(config).rstrip()
    raise ValueError(f"{' '.join(flags)}: no such flag; there are --help and --cfg job")


def expanded(word: str) -> str:
    """An override with `~/` in front of its value expanded, which shells leave to programs."""
    name, equals, value = word.partition("=")
    return name + equals + (os.path.expanduser(value) if value.startswith("~/") else value)


def composed(name: str, options: type[Options], overrides: list[str]) -> Options:
    """The options of a command line; ValueError, in one line, where overrides do not fit them."""
    config = compose(name, overrides)
    if missing := sorted(OmegaConf.missing_keys(config)):
        examples = " ".join(f"{key}=..." for key in missing)
        raise ValueError(f"{', '.join(missing)} must be given: add {examples}")
    parsed = OmegaConf.to_object(config)
    assert isinstance(parsed, options)
    check_values(parsed)
    return parsed


def compose(name: str, overrides: list[str]) -> DictConfig:
    """What Hydra makes of overrides, in which options may still be missing; ValueError as in `composed`."""
    register_schemas()
    for word in overrides:
        if word.startswith(("+", "~")):
            raise ValueError(f"{word}: options are neither added nor taken away; write name=value")
        if word.startswith(("hydra.", "hydra/")):
            raise ValueError(f"{word}: no such option; Hydra composes the options here, and runs nothing")
    with hydra.initialize_config_dir(str(CONFIGS), version_base="1.3"):
        try:
            return hydra.compose(name, with_entries(name, overrides))
        except OverrideParseException as error:
            word = str(error.override).lstrip("+")
            key, given, value = word.partition("=")
            quotes = f'quote a value with special characters, "{key}={quoted(value)}"'
            raise ValueError(
                f"{word}: cannot be understood; {quotes if given else 'write name=value'}"
            ) from error
        except (HydraException, OmegaConfBaseException) as error:
            raise ValueError(_one_line(name, overrides, error)) from error


def register_schemas() -> None:
    """Tells Hydra the options of each command, and those of each choice of a group."""
    store = ConfigStore.instance()
    for group, choices in GROUPS.items():
        for choice, table in choices.items():
            if getattr(table, "takes_norm", True):
                store.store(group=group, name=choice, node=table)
                continue
            # A generator with norms of its own goes with no other, whatever the default is.
            store.store(group=f"schema/{group}", name=choice, node=table)
            own = {"override /norm@_global_.norm": "none"}
            defaults = [f"/schema/{group}/{choice}@_here_", own, "_self_"]
            store.store(group=group, name=choice, node={"defaults": defaults})
    for name, table in COMMANDS.items():
        store.store(name=f"{name}_schema", node=table)
        groups = [{group: rule.choice} for group, rule in groups_of(table).items()]
        store.store(name=name, node={"defaults": [f"{name}_schema", "_self_", *groups]})


def is_group(override: str) -> bool:
    """Whether an override chooses from a group (norm=sean), and sets no option (norm.hidden=64)."""
    name = override.partition("=")[0]
    return name in GROUPS or (name.isidentifier() and (CONFIGS / name).is_dir())


def with_entries(name: str, overrides: list[str]) -> list[str]:
    """Overrides with the entries of tables spelled as Hydra has it for what may be added.

    `style.sky=A.png` is `++style.sky=A.png`, and `style=A.png`, the entry for all, `++style.all=A.png`.
    """
    tables = {entry.name for entry in fields(COMMANDS[name]) if str(entry.type).startswith("dict")}
    spelled = []
    for override in overrides:
        key, given, value = override.partition("=")
        table, _, entry = key.partition(".")
        spelled.append(f"++{table}.{entry or WHOLE}={value}" if given and table in tables else override)
    return spelled


def quoted(value: object) -> str:
    """A value as Hydra's command line takes it, whatever characters it has."""
    if value is None:
        return "null"
    return QuotedString(value, Quote.single).with_quotes() if isinstance(value, str) else str(value)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns what users can fix into one line on standard error and exit status 2."""
    try:
        yield
    except (ValueError, OSError) as error:
        message = " ".join(str(error).split())
        traceback.clear_frames(error.__traceback__)  # a progress bar in one of them leaves the screen first
        print(f"error: {message}", file=sys.stderr)
        raise SystemExit(USAGE_ERROR) from None


def _one_line(name: str, overrides: list[str], error: Exception) -> str:
    """What is wrong, with the nearest existing names where an option does not exist."""
    chosen = [override for override in overrides if is_group(override)]
    for group, _, choice in (override.partition("=") for override in chosen):
        if choice not in (*choices_of(group), "null"):
            return f"{group}={choice}: no such choice; {choose_among(choice, choices_of(group))}"
    try:
        known = OmegaConf.to_container(hydra.compose(name, chosen), throw_on_missing=False)
    except (HydraException, OmegaConfBaseException):
        known = {}
    others = [override for override in overrides if override not in chosen]
    for parsed in OverridesParser.create().parse_overrides(others):
        if parsed.is_sweep_override():
            return f"{parsed.input_line}: one value a run; quote a comma, \"name='a,b'\""
        if unknown := _unknown(parsed.key_or_group or "", known):
            return unknown
    cause = error.__cause__ or error
    text = str(cause).splitlines()[0]
    return f"{cause.full_key}: {text}" if isinstance(cause, OmegaConfBaseException) else text


def _unknown(option: str, known: object) -> str | None:
    """Why `option` is not among the known ones; None where it is."""
    node, path = known, option.split(".")
    for depth, key in enumerate(path):
        if not isinstance(node, dict) or not node:
            return None
        if key not in node:
            table = ".".join(path[:depth]) or "the command line"
            meant = did_you_mean(key, node)
            message = f"{option}: no such option; {meant}{table} knows {', '.join(map(str, node))}"
            choices = GROUPS.get(path[0], {}) if depth == 1 else {}
            owners = [
                f"{path[0]}={name}" for name, has in choices.items() if key in signature(has).parameters
            ]
            return f"{message}; {key} goes with {', '.join(owners)}" if owners else message
        node = node[key]
    return None


def help_text(table: type, config: DictConfig) -> str:
    """The help of a command; `table` declares its options, and `config` holds their values."""
    usage = cleandoc(str(table.__doc__))
    program = usage.partition(".py")[0] + ".py"
    values = OmegaConf.to_container(config)
    assert isinstance(values, dict)
    lines = [usage, "", "Groups: GROUP=CHOICE chooses from one; * marks what is chosen now."]
    groups = groups_of(table)
    for group, rule in groups.items():
        default = f"; default: {rule.choice}" if group not in GROUPS and rule.choice else ""
        lines += ["", *_row(f"  {group}", rule.help + default)]
        for choice, meaning in choices_of(group).items():
            chosen = group in GROUPS and values[group] != MISSING and values[group]["name"] == choice
            lines += _row(f"  {'*' if chosen else ' '} {choice}", meaning)
    lines += ["", "Options: NAME=VALUE changes one; they are shown with the values that they have now."]
    for example in [example for example in EXAMPLES if example.partition("=")[0] in groups][:1]:
        lines += [f"Each choice has its own; for those of {example}: {program} {example} --help"]
    lines += [""]
    return "\n".join([*lines, *_options(table, values)])


def _options(table: type, values: dict[Any, Any], prefix: str = "") -> Iterator[str]:
    """The options of a table, then those of the tables in it."""
    inner = []
    for entry in fields(table):
        name, rule, value = prefix + entry.name, rule_of(table, entry), values[entry.name]
        if entry.name in GROUPS and rule.group:
            if isinstance(value, dict):
                inner.append((f"{name}={value['name']}", name, GROUPS[entry.name][str(value["name"])], value))
        elif isinstance(value, dict) and is_dataclass(entry.default_factory):
            inner.append((name, name, entry.default_factory, value))
        elif rule.help:
            given = "" if isinstance(value, dict) else f"={'...' if value == MISSING else as_typed(value)}"
            yield from _row(f"  {name}{given}", f"{rule.help} [{_allowed(str(entry.type), rule)}]")
    for title, name, nested, value in inner:
        rows = list(_options(nested, value, f"{name}."))
        if rows:
            headline = f"{title}: {str(nested.__doc__).splitlines()[0]}"
            yield from ["", *textwrap.wrap(headline, WIDTH, subsequent_indent="    "), *rows]


def _allowed(annotation: str, rule: Rule) -> str:
    """The values that an option may have, in words."""
    kind, optional, _ = annotation.partition(" | None")
    several = kind.startswith(("list", "dict"))
    choices = ", ".join(as_typed(choice) for choice in rule.choices)
    parts = [f"{'any' if several else 'one'} of {choices}"] if choices else []
    if rule.range or not choices:
        inner = kind.removeprefix("list[").removesuffix("]").partition(" | ")[0]
        what = rule.unit or TYPES.get(inner, "table")
        parts += [f"list of {what}s" if several and inner in TYPES else what, rule.range]
    return ", ".join(filter(None, parts)) + ("; or null" if optional else "")


def _row(left: str, right: str) -> list[str]:
    """Two columns, the right one wrapped."""
    indent = " " * LEFT
    if len(left) >= LEFT:
        return [left, *_row("", right)]
    return textwrap.wrap(left.ljust(LEFT) + right, WIDTH, subsequent_indent=indent, break_on_hyphens=False)
