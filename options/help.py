"""What `--help` prints: every option with its value, what it means, and its range or choices."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from omegaconf import MISSING, DictConfig, OmegaConf

from options.schema import GROUPS, choices_of, groups_of
from options.schema.fields import Rule, as_typed, rule_of

WIDTH, LEFT = 100, 34
"""Columns in all, and of names with their values."""
EXAMPLES = ("norm=sean", "dataset=folder")
TYPES = {"bool": "true or false", "int": "integer", "float": "number", "str": "text"}


def help_text(table: type, config: DictConfig) -> str:
    """The help of a command; `table` declares its options, and `config` holds their values."""
    usage = inspect.cleandoc(str(table.__doc__))
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
