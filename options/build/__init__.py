"""From options to objects: the only code that sees both."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields
from typing import Any, TypeVar

Constructed = TypeVar("Constructed")


def construct(make: Callable[..., Constructed], options: Any, **known: Any) -> Constructed:
    """Calls `make` with those of the options, and of the known values, that its signature names."""
    named = inspect.signature(make).parameters
    values = {entry.name: getattr(options, entry.name) for entry in fields(options)} | known
    return make(**{name: value for name, value in values.items() if name in named})
