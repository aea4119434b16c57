"""From options to hardware, losses and optimizers. After the build files nobody sees a configuration."""

from __future__ import annotations

from torch import nn

from engine.adam import Adam
from engine.ema import ExponentialMovingAverage
from engine.oom_advice import MemorySettings
from engine.runtime.hardware import Hardware, select_hardware
from engine.step import Objective
from models.conditional_generator import ConditionalGenerator
from models.losses.adversarial import ADVERSARIAL_LOSSES
from models.losses.perceptual import PerceptualLoss
from options.schema.training import (
    EmaOptions,
    HardwareOptions,
    LossOptions,
    OptimizerOptions,
    Perceptual,
    TrainOptions,
)
from options.validation import size_multiple


def build_hardware(options: HardwareOptions) -> Hardware:
    """Device and precision."""
    return select_hardware(options.device.value, options.precision.value, options.channels_last)


def build_objective(options: LossOptions, hardware: Hardware) -> Objective:
    """What the players minimise."""
    perceptual = None
    if options.perceptual is not Perceptual.none:
        perceptual = hardware.place(PerceptualLoss(options.perceptual.value))
    return Objective(
        adversarial=ADVERSARIAL_LOSSES[options.adversarial.value],
        perceptual=perceptual,
        perceptual_weight=options.perceptual_weight,
        feature_matching_weight=options.feature_matching,
        kl_weight=options.kl,
        l1_weight=options.l1,
    )


def build_optimizers(options: OptimizerOptions, G: nn.Module, discriminator: nn.Module) -> tuple[Adam, Adam]:
    """Adam for each player, at its own rate; fused, since that can leave a step out without a wait."""
    betas = (options.beta1, options.beta2)
    return (
        Adam(G.parameters(), lr=options.generator_lr, betas=betas, fused=True),
        Adam(discriminator.parameters(), lr=options.discriminator_lr, betas=betas, fused=True),
    )


def build_ema(options: EmaOptions, G: ConditionalGenerator) -> ExponentialMovingAverage[ConditionalGenerator]:
    """The average of the generator's weights."""
    return ExponentialMovingAverage(G, options.half_life_images, options.ramp)


def memory_settings(options: TrainOptions, processes: int) -> MemorySettings:
    """What advice is computed from where memory is exhausted."""
    train, dataset, generator = options.train, options.dataset, options.generator
    return MemorySettings(
        train.batch_size,
        train.grad_accum_steps,
        processes,
        dataset.height,
        dataset.width,
        size_multiple(generator),
        generator.width,
    )
