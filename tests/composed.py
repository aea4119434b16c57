"""Options as the command line composes them."""

from __future__ import annotations

import options.cli
from options.schema import TrainOptions
from options.validation import check, resolve


def composed(*words: str) -> TrainOptions:
    """The options of `train.py name=x WORDS`, checked."""
    found = options.cli.composed("train", TrainOptions, ["name=x", *words])
    resolve(found)
    check(found)
    return found
