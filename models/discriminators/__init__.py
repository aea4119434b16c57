"""The discriminators by name. To add one: a file here, a line in this table, its options in the schema."""

from models.discriminators.base import Discriminator, DiscriminatorOutput
from models.discriminators.multiscale import MultiscaleDiscriminator

DISCRIMINATORS: dict[str, type[Discriminator]] = {"multiscale": MultiscaleDiscriminator}

__all__ = ["DISCRIMINATORS", "Discriminator", "DiscriminatorOutput", "MultiscaleDiscriminator"]
