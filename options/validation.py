"""What options may be: each within its range, and all of them together."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from inspect import signature
from itertools import product

from options.schema.fields import rule_of
from options.schema.networks import ENCODERS, SpadeGeneratorOptions
from options.schema.testing import PairOptions, TestOptions
from options.schema.training import LengthOptions, LossOptions, TrainOptions

LENGTHS = ("images", "epochs", "minutes")
"""The options that say how long to train."""
ENCODER_FOR = {"none": "none", "global": "image", "region": "region_style"}
"""The encoder that gives a norm the style codes it needs."""
OF_A_RUN = (
    "checkpoint", "split", "dataset", "instances", "photos", "images", "train_images", "seed", "ema",
    "samples", "style", "style_labels", "interpolate", "style_name",
    "noise",
)  # fmt: skip
"""Options of test.py that it reads with `name=RUN` alone."""


def check_values(options: object, prefix: str = "") -> None:
    """Raises ValueError for the first option that is out of its range or none of its choices."""
    assert is_dataclass(options) and not isinstance(options, type), "options are dataclasses"
    for entry in fields(options):
        value, name = getattr(options, entry.name), prefix + entry.name
        if is_dataclass(value):
            check_values(value, f"{name}.")
            continue
        rule = rule_of(type(options), entry)
        for part in value if isinstance(value, list) else [value]:
            if part is not None and (objection := rule.objection(part)):
                raise ValueError(f"{name}={part}: {objection}")


def resolve(options: TrainOptions) -> None:
    """Replaces what is left to the program (encoder, hardware.precision: auto) by what that means here."""
    from engine.runtime.hardware import resolved_precision  # imports torch

    if options.encoder.name == "auto":
        options.encoder = ENCODERS[ENCODER_FOR[_styles_of_norm(options.norm.name)]]()
    hardware = options.hardware
    hardware.precision = resolved_precision(hardware.precision, hardware.device)


def check(options: TrainOptions) -> None:
    """Raises ValueError where an option is out of its range, or options contradict each other."""
    check_values(options)
    _check_length(options.train)
    _check_networks(options)
    _check_size(options)
    _check_loss(options)
    train = options.train
    if train.batch_size % train.grad_accum_steps:
        raise ValueError(
            f"train.batch_size={train.batch_size} is not divisible by "
            f"train.grad_accum_steps={train.grad_accum_steps}; give a batch that is"
        )


def _check_loss(options: TrainOptions) -> None:
    from models.discriminators import DISCRIMINATORS  # these import torch
    from models.losses import OBJECTIVES, ProjectedObjective
    from models.losses.generator_terms import GeneratorTerms

    loss, D = options.loss, DISCRIMINATORS[options.discriminator.name]
    objective = loss.objective or D.objective
    if OBJECTIVES[objective].logits != D.logits:
        raise ValueError(
            f"loss.objective={objective} does not go with discriminator={options.discriminator.name}, whose "
            f"logits tell apart {D.logits}; leave loss.objective out"
        )
    if objective == "patch" and loss.feature_matching and not D.has_features:
        raise ValueError(
            f"loss.feature_matching={loss.feature_matching} compares hidden features, and "
            f"discriminator={options.discriminator.name} returns none; set loss.feature_matching=0, or leave "
            "loss.objective out"
        )
    if loss.projected and objective == "projected":
        raise ValueError(
            f"loss.projected={loss.projected} adds projected heads beside another discriminator, and "
            "discriminator=projected has them; leave loss.projected out"
        )
    terms: list[type] = [GeneratorTerms, OBJECTIVES[objective]]
    terms += [ProjectedObjective] if loss.projected else []
    taken = {"objective", "projected"}.union(*(signature(of_terms).parameters for of_terms in terms))
    for entry in fields(loss):
        value = getattr(loss, entry.name)
        if entry.name not in taken and value != entry.default:
            raise ValueError(
                f"loss.{entry.name}={value} does not go with loss.objective={objective}, which does not take "
                f"it; leave loss.{entry.name} out, or choose another objective"
            )
    if loss.blur != LossOptions().blur and not loss.blur_images:
        raise ValueError(
            f"loss.blur={loss.blur} with loss.blur_images=0 blurs nothing; say over how many images it fades"
        )
    if loss.perceptual != "none" and loss.perceptual_weight == 0:
        raise ValueError(
            f"loss.perceptual={loss.perceptual} with loss.perceptual_weight=0 computes features for nothing; "
            "set loss.perceptual=none"
        )
    spectral = getattr(options.discriminator, "spectral", True)  # without the option: its own affair
    if loss.adversarial == "wasserstein" and not (spectral or loss.r1):
        raise ValueError(
            "loss.adversarial=wasserstein with discriminator.spectral=false and loss.r1=0 has no bound on "
            "the discriminator; set discriminator.spectral=true, or loss.r1=10, say"
        )


def has_length(options: LengthOptions) -> bool:
    """Whether the length of the run is given."""
    return any(getattr(options, name) is not None for name in LENGTHS)


def _check_length(options: LengthOptions) -> None:
    lengths = {name: getattr(options, name) for name in LENGTHS}
    if sum(length is not None for length in lengths.values()) != 1:
        given = ", ".join(f"train.{name}={length}" for name, length in lengths.items())
        raise ValueError(f"{given}: give exactly one, the length of the run, and null for the others")


def _styles_of_norm(norm: str) -> str:
    from models.norms import NORMS  # imports torch

    return "none" if norm == "none" else NORMS[norm].styles


def _check_networks(options: TrainOptions) -> None:
    generator, norm, encoder = options.generator.name, options.norm.name, options.encoder.name
    takes_norm = options.generator.takes_norm
    if takes_norm == (norm == "none"):
        own = "it has norms of its own: leave norm out, or set norm=none"
        remedy = "choose a norm" if takes_norm else own
        raise ValueError(f"generator={generator} does not go with norm={norm}; {remedy}")
    _check_spade_generator(options)
    styles = _styles_of_norm(norm)
    # SPADE's VAE: a norm without a style of its own leaves the code to the stem.
    takes_one = styles == "global" or (styles == "none" and takes_norm)
    if encoder != ENCODER_FOR[styles] and not (takes_one and encoder in ("image", "prior")):
        raise ValueError(
            f"encoder={encoder} does not go with generator={generator} norm={norm}; "
            f"set encoder={ENCODER_FOR[styles]}, or leave encoder out"
        )


def _check_spade_generator(options: TrainOptions) -> None:
    from models.norms import NORMS  # imports torch

    chosen, norm = options.generator, options.norm.name
    if not isinstance(chosen, SpadeGeneratorOptions):
        return
    takers = [name for name, kind in NORMS.items() if "noise_width" in signature(kind).parameters]
    if chosen.noise and norm not in takers:
        raise ValueError(
            f"generator.noise={chosen.noise} does not go with norm={norm}: noise goes with the label map, "
            f"which this norm does not see; set norm={' or '.join(takers)}, or leave generator.noise out"
        )
    if not chosen.first_block and chosen.upsampling != "normal":
        raise ValueError(
            f"generator.first_block=false does not go with generator.upsampling={chosen.upsampling}: "
            "without it there are five doublings; leave one of the two out"
        )


def _check_size(options: TrainOptions) -> None:
    needs = [options.generator.size_multiple()]
    if levels := getattr(options.discriminator, "levels", None):
        multiple = options.generator.largest_scale() * 2**levels
        needs.append((multiple, f"discriminator.levels={levels}"))
    for (multiple, reason), side in product(needs, ("height", "width")):
        value = getattr(options.dataset, side)
        if value % multiple or value < multiple:
            below = max(multiple, value // multiple * multiple)
            raise ValueError(
                f"dataset.{side}={value} is not a multiple of {multiple}, which {reason} needs; "
                f"try {below} or {below + multiple}"
            )


def check_testing(options: TestOptions) -> None:
    """Raises ValueError where options contradict each other, or one would not be read."""
    if (options.generated is None) != (options.real is None):
        missing = "real" if options.real is None else "generated"
        raise ValueError(f"{missing} must be given: pictures are measured with generated=DIR real=DIR")
    if options.generated is not None:
        _check_folders(options)
        return
    if options.name is None:
        raise ValueError("name must be given: add name=... (or generated=DIR real=DIR, without a run)")
    if options.pairs != PairOptions():
        raise ValueError("pairs.* goes with generated=DIR real=DIR; a run's pictures have the run's size")
    for name, folder in (("instances", options.instances), ("photos", options.photos)):
        if options.labels is None and folder is not None:
            raise ValueError(f"{name}={folder} goes with labels=DIR; add it")


def _check_folders(options: TestOptions) -> None:
    defaults = TestOptions()
    for name in OF_A_RUN:
        if getattr(options, name) != getattr(defaults, name):
            raise ValueError(f"{name} goes with a run, name=...; generated=DIR real=DIR does not read it")
    if options.name is not None:
        raise ValueError(f"name={options.name} does not go with generated=DIR, which needs no run; drop one")
    if options.labels is None:
        if options.segmenter.path is not None:
            raise ValueError("segmenter.path compares with label maps; add labels=DIR")
        if options.pairs.num_classes is not None:
            raise ValueError("pairs.num_classes counts the classes of label maps; add labels=DIR")
    if (options.pairs.height is None) != (options.pairs.width is None):
        raise ValueError("pairs.height and pairs.width go together; give both or none")
