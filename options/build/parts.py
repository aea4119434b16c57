"""From options to hardware, losses and optimizers. After the build files nobody sees a configuration."""

from __future__ import annotations

from torch import nn

from engine.adam import Adam
from engine.ema import ExponentialMovingAverage
from engine.runtime.hardware import Hardware, select_hardware
from models.conditional_generator import ConditionalGenerator
from models.discriminators import Discriminator
from models.losses import OBJECTIVES, GanObjective
from models.losses.generator_terms import GeneratorTerms
from models.losses.perceptual import PerceptualLoss
from options.build.networks import made
from options.schema.training import EmaOptions, HardwareOptions, LossOptions, OptimizerOptions


def build_hardware(options: HardwareOptions) -> Hardware:
    """Device and precision."""
    return select_hardware(options.device, options.precision, options.channels_last)


def build_objective(options: LossOptions, D: Discriminator) -> GanObjective:
    """The objective that the discriminator's outputs are made for, with its options."""
    return made(OBJECTIVES[D.objective], options, {})


def build_generator_terms(options: LossOptions, hardware: Hardware) -> GeneratorTerms:
    """The generator's other terms."""
    perceptual = None
    if options.perceptual != "none":
        perceptual = hardware.place(PerceptualLoss(options.perceptual))
    return GeneratorTerms(perceptual, options.perceptual_weight, options.l1, options.kl)


def build_optimizers(options: OptimizerOptions, G: nn.Module, D: nn.Module) -> tuple[Adam, Adam]:
    """Adam for each network, at its own rate; fused, since that can skip a step without a wait."""
    betas = (options.beta1, options.beta2)
    return (
        Adam(G.parameters(), lr=options.generator_lr, betas=betas, fused=True),
        Adam(D.parameters(), lr=options.discriminator_lr, betas=betas, fused=True),
    )


def build_ema(options: EmaOptions, G: ConditionalGenerator) -> ExponentialMovingAverage[ConditionalGenerator]:
    """The average of the generator's weights."""
    return ExponentialMovingAverage(G, options.half_life_images, options.ramp)
