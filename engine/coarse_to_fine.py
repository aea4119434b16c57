"""Coarse-to-fine training: what a step trains, and when (Wang et al. 2018, section 3.1)."""

from __future__ import annotations

from models.conditional_generator import ConditionalGenerator


class CoarseToFine:
    """Leads a generator in training, and the average of its weights, through the generator's phases.

    The phase follows from the images seen, so a resumed run finds its own. Parameters at rest get no
    gradient: the optimizer leaves them and their moments alone. Generators of one phase are left alone.
    """

    def __init__(self, G: ConditionalGenerator, averaged: ConditionalGenerator) -> None:
        self._generators = G.generator, averaged.generator
        self._entered: str | None = None

    def enter(self, images: int) -> None:
        """Call it before a step, with the images seen before it."""
        trained, _ = self._generators
        phase = trained.phase_at(images)
        if phase == self._entered:
            return
        for generator in self._generators:
            generator.enter(phase)
        self._entered = phase
        for name, parameter in trained.named_parameters():
            parameter.requires_grad_(trained.learns(name))

    def images_of_newest(self, images: int) -> int:
        """The images, of those seen, that the part which came last has been trained on."""
        return self._generators[0].images_of_newest(images)
