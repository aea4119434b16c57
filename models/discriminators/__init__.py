"""The discriminators by name. To add one: a file here, a line in this table, its options in the schema."""

from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.discriminators.frozen_features import FrozenFeaturesDiscriminator
from models.discriminators.multiscale import MultiscaleDiscriminator
from models.discriminators.oasis import OasisDiscriminator
from models.discriminators.projected import ProjectedDiscriminator

DISCRIMINATORS: dict[str, type[Discriminator]] = {
    "multiscale": MultiscaleDiscriminator,
    "oasis": OasisDiscriminator,
    "frozen_features": FrozenFeaturesDiscriminator,
    "projected": ProjectedDiscriminator,
}

__all__ = [
    "DISCRIMINATORS",
    "Discriminator",
    "DiscriminatorOutput",
    "FrozenFeaturesDiscriminator",
    "MultiscaleDiscriminator",
    "OasisDiscriminator",
    "ProjectedDiscriminator",
]
