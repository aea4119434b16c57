"""How an option is declared: type, default, help and range side by side.

`--help` (options/cli.py) and the checks of values (options/validation.py) are made from these declarations.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Iterable
from dataclasses import Field, dataclass, field, fields, make_dataclass
from math import isfinite
from operator import ge, gt, le, lt
from typing import Any

from omegaconf import MISSING


@dataclass(frozen=True)
class Rule:
    """What an option means, and its values: one of `choices`, or a finite number within the bounds.

    `group`: the option is a table that GROUP=CHOICE fills; `choice` is the one where none is given, if any.
    """

    help: str = ""
    choices: tuple[object, ...] = ()
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None
    unit: str = ""
    group: bool = False
    choice: str | None = None

    @property
    def range(self) -> str:
        """The bounds in words; empty where there are none."""
        if self.at_least is not None and self.at_most is not None:
            return f"{self.at_least} to {self.at_most}"
        bounds = {"{} or more": self.at_least, "above {}": self.above, "{} or less": self.at_most}
        bounds["below {}"] = self.below
        return ", ".join(text.format(bound) for text, bound in bounds.items() if bound is not None)

    def objection(self, value: object) -> str | None:
        """What to give instead of a value that is not allowed; None where it is."""
        number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
        if value in self.choices or (number is None and not self.choices):
            return None
        if number is not None and (self.range or not self.choices):
            bounds = ((self.at_least, ge), (self.above, gt), (self.at_most, le), (self.below, lt))
            if isfinite(number) and all(bound is None or holds(number, bound) for bound, holds in bounds):
                return None
            number_above = "a number " if self.range.startswith(("above", "below")) else ""
            return f"give {number_above}{self.range or 'a finite number'}"
        ranges = [self.range] if self.range else []
        return choose_among(str(value), [*map(as_typed, self.choices), *ranges])


def option(
    default: object, help: str, *, choices: Iterable[object] = (), unit: str = "", **bounds: Any
) -> Any:
    """A field of a dataclass of options; `bounds` are `at_least`, `above`, `at_most`, `below` (see `Rule`).

    `default` is MISSING where users must give a value.
    """
    rule = Rule(help, tuple(choices), unit=unit, **bounds)
    if isinstance(default, list | dict):
        return field(default_factory=lambda: copy.copy(default), metadata={"rule": rule})
    return field(default=default, metadata={"rule": rule})


def group(help: str, choice: str | None, table: type | None = None) -> Any:
    """A field that GROUP=CHOICE fills: with `choice` unless another is given; None: one must be, or none is.

    `table`: the dataclass of a group of presets, which set some of its options (optimizer=ttur). Without one,
    each choice has a dataclass of its own, in `GROUPS`.
    """
    metadata = {"rule": Rule(help, group=True, choice=choice)}
    if table is None:
        return field(default=MISSING, metadata=metadata)
    return field(default_factory=table, metadata=metadata)


def named(choice: str) -> Any:
    """The field `name` of a group's choice, by which config.yaml tells which one it is."""
    return option(choice, "", choices=(choice,))


def choice(name: str, meaning: str, base: type = object) -> type:
    """The dataclass of a group's choice with no options but those of its base."""
    return make_dataclass(name, [("name", str, named(name))], bases=(base,), namespace={"__doc__": meaning})


def by_name(*tables: type) -> dict[str, type]:
    """The dataclasses of a group's choices by their names."""
    return {str(entry.default): table for table in tables for entry in fields(table) if entry.name == "name"}


def rule_of(table: type, entry: Field[Any]) -> Rule:
    """The rule of an option; a subclass that gives it another default alone inherits the rest."""
    for parent in table.__mro__:
        declared = getattr(parent, "__dataclass_fields__", {}).get(entry.name)
        if declared is not None and "rule" in declared.metadata:
            return declared.metadata["rule"]
    return Rule()


def as_typed(value: object) -> str:
    """A value as it is typed on the command line."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    return f"[{','.join(map(as_typed, value))}]" if isinstance(value, list) else str(value)


def choose_among(given: str, known: Iterable[str]) -> str:
    """The remedy for a name that is none of the known ones: the nearest of these, and all."""
    known = list(known)
    return f"{did_you_mean(given, known)}choose one of {', '.join(known)}"


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A question after the known name that is nearest to a given one; empty where none is near."""
    near = difflib.get_close_matches(given, list(known), n=1)
    return f"did you mean {near[0]}? " if near else ""
