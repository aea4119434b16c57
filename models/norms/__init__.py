"""The family: every norm standardises its input and then applies a scale and a shift.

They differ in over which axes they standardise (`statistics`) and in what the pair is computed from. To add
one: a file here, a line in this table, its options in options/schema, and its equation, written slowly, in
tests/references/norms.py.
"""

from collections.abc import Callable

from models.norms.adain import AdaIN, adain
from models.norms.batch import BatchNorm
from models.norms.cin import ConditionalInstanceNorm, add_style, check_style_ids
from models.norms.clade import Clade
from models.norms.instance import InstanceNorm
from models.norms.layer import LayerNorm
from models.norms.noisy_spade import NoisySpade
from models.norms.norm import ConditionalNorm, NormFactory
from models.norms.sean import Sean
from models.norms.spade import Spade
from models.norms.statistics import STATISTICS, Standardise

NORMS: dict[str, type[ConditionalNorm]] = {
    "batch": BatchNorm,
    "layer": LayerNorm,
    "instance": InstanceNorm,
    "cin": ConditionalInstanceNorm,
    "adain": AdaIN,
    "spade": Spade,
    "sean": Sean,
    "clade": Clade,
}


def statistics_for(norm: str, statistics: str | None = None) -> Callable[[int], Standardise]:
    """What makes the standardisation of `norm`: over the given statistics, or over its own default.

    Raises ValueError where a norm is defined by other statistics.
    """
    allowed = NORMS[norm].allowed_statistics
    name = allowed[0] if statistics is None else statistics
    if name not in allowed:
        raise ValueError(
            f"norm.statistics={name} does not go with norm={norm}, which standardises over "
            f"{' or '.join(allowed)}; leave norm.statistics out, or choose another norm"
        )
    return STATISTICS[name]


__all__ = [
    "NORMS",
    "STATISTICS",
    "ConditionalNorm",
    "NoisySpade",
    "NormFactory",
    "Sean",
    "Spade",
    "adain",
    "add_style",
    "check_style_ids",
    "statistics_for",
]
