"""Coarse-to-fine training: what a step trains, and when (Wang et al. 2018, section 3.1)."""

from __future__ import annotations

from engine.ema import ExponentialMovingAverage
from engine.step import TrainingStep
from models.conditional_generator import ConditionalGenerator
from models.generators import LocalEnhancer


class CoarseToFine:
    """Leads a step and the average of its weights through a generator's phases.

    The phase follows from the images seen, so a resumed run finds its own. Parameters at rest get no
    gradient: the optimizer leaves them and their moments alone, and DistributedDataParallel, which is wrapped
    anew at each border, waits for none of them. Generators without phases are left alone.
    """

    def __init__(self, step: TrainingStep, ema: ExponentialMovingAverage[ConditionalGenerator]) -> None:
        self._step = step
        self._averaged = ema.network
        self._entered: str | None = None

    def enter(self, images: int) -> None:
        """Call it before a step, with the images seen before it."""
        generator = self._step.G.generator
        if not isinstance(generator, LocalEnhancer) or generator.phase_at(images) == self._entered:
            return
        for G in (self._step.G, self._averaged):
            enter_phase(G, images)
        self._entered = generator.phase
        for name, parameter in generator.named_parameters():
            parameter.requires_grad_(generator.learns(name))
        self._step.wrap()

    def images_of_newest(self, images: int) -> int:
        """The images, of those seen, that the part which came last has been trained on."""
        generator = self._step.G.generator
        if not isinstance(generator, LocalEnhancer) or images <= generator.global_images:
            return images
        return images - generator.global_images


def enter_phase(G: ConditionalGenerator, images: int) -> None:
    """Sets the phase of a step before which training has seen so many images."""
    generator = G.generator
    if isinstance(generator, LocalEnhancer):
        generator.phase = generator.phase_at(images)
