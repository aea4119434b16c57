"""The family: every norm standardises its input and then applies a scale and a shift.

They differ in over which axes they standardise (`statistics`) and in what the pair is computed from.
To add one: a file here, a line in this table, a YAML in configs/norm, a line in the contract test.
"""

from models.norms.norm import ConditionalNorm, NormFactory
from models.norms.spade import Spade
from models.norms.statistics import STATISTICS

NORMS: dict[str, type[ConditionalNorm]] = {
    "spade": Spade,
}

__all__ = ["NORMS", "STATISTICS", "ConditionalNorm", "NormFactory"]
