"""An official release, opened: what it is, and its tensors under our names."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from models.generators.spade import DOUBLINGS
from models.official import discriminator, encoder, pix2pixhd, sean, spade
from models.official.architecture import (
    DiscriminatorArchitecture,
    ImageEncoderArchitecture,
    Pix2pixHDArchitecture,
    RegionEncoderArchitecture,
    SpadeArchitecture,
)
from models.official.files import TensorFile, find_weights, open_tensors
from models.official.infer_config import Settled
from models.official.key_mapping import State, translate
from models.official.options import Options, Told, read_options, told_by

FAMILY_NAMES = {"spade": "SPADE", "sean": "SEAN", "pix2pixhd": "pix2pixHD"}


@dataclass(frozen=True)
class OfficialRelease:
    """An official release of one `family`: `spade`, `sean` or `pix2pixhd`.

    Each network: its architecture, and its state dict for a strict `load_state_dict`; None where the release
    lacks it. `unknown`: the last class stands for label 255; `crop_size`: height and width of the training
    images, where known; `options`: as found in options.json or opt.txt; `assumed`: what nobody said and
    convention decided, a sentence each, to be shown to whoever opens the release.
    """

    folder: Path
    family: str
    generator: SpadeArchitecture | Pix2pixHDArchitecture
    generator_state: State
    encoder: ImageEncoderArchitecture | RegionEncoderArchitecture | None
    encoder_state: State | None
    discriminator: DiscriminatorArchitecture | None
    discriminator_state: State | None
    unknown: bool
    crop_size: tuple[int, int] | None
    options: Options
    assumed: tuple[str, ...]


def read_release(
    folder: Path,
    upsampling: str | None = None,
    instances: bool | None = None,
    unknown: bool | None = None,
    aspect_ratio: float | None = None,
) -> OfficialRelease:
    """Opens a folder with `latest_net_G.pth` and, where there are such, `_D.pth` and `_E.pth`.

    Hyper-parameters come from the tensors' shapes. What shapes cannot tell is, in this order: an argument,
    options.json, opt.txt, the set-up published for so many input channels, the plainest case. `upsampling`:
    `normal`, `more` or `most`; `instances`: the last input channel is the instance border; `unknown`: the
    last class is the unknown one, label 255; `aspect_ratio`: width over height of the training images.

    Raises ValueError for anything else than a SPADE, SEAN or pix2pixHD release, naming the first tensor
    that does not fit, and for options that disagree with the tensors.
    """
    files = {player: open_tensors(path) for player, path in find_weights(folder).items()}
    options, options_file = read_options(folder)
    told = _with_arguments(told_by(options, options_file), upsampling, instances, unknown, aspect_ratio)
    family, tensor, channels = _family(files["G"])
    settled = Settled(told, channels, f"{files['G'].path}: tensor {tensor!r}")
    generator, region_encoder, state = _read_generator(files["G"], family, settled)
    image_encoder, encoder_state = _read_image_encoder(files.get("E"), generator, settled)
    if region_encoder is not None:
        state, encoder_state = sean.split(state)
    discriminator_architecture, discriminator_state = _read_discriminator(files.get("D"), settled)
    crop_size = settled.crop_size(None, 0)
    if isinstance(generator, SpadeArchitecture):
        crop_size = settled.crop_size(generator.stem_size, DOUBLINGS[generator.upsampling])
    return OfficialRelease(
        folder=folder,
        family=family,
        generator=generator,
        generator_state=state,
        encoder=region_encoder or image_encoder,
        encoder_state=encoder_state,
        discriminator=discriminator_architecture,
        discriminator_state=discriminator_state,
        unknown=settled.unknown,
        crop_size=crop_size,
        options=options,
        assumed=tuple(settled.assumed),
    )


def _with_arguments(
    told: Told,
    upsampling: str | None,
    instances: bool | None,
    unknown: bool | None,
    aspect_ratio: float | None,
) -> Told:
    """What is told, with the arguments that were given in its place."""
    if upsampling is not None and upsampling not in DOUBLINGS:
        raise ValueError(f"upsampling={upsampling!r} is unknown; choose one of {', '.join(DOUBLINGS)}")
    if aspect_ratio is not None and not 0.01 <= aspect_ratio <= 100:
        raise ValueError(f"aspect_ratio={aspect_ratio} is out of range; give width over height, 0.01 to 100")
    return replace(
        told,
        upsampling=told.upsampling if upsampling is None else upsampling,
        edges=told.edges if instances is None else instances,
        unknown=told.unknown if unknown is None else unknown,
        aspect_ratio=told.aspect_ratio if aspect_ratio is None else aspect_ratio,
    )


def _family(file: TensorFile) -> tuple[str, str, int]:
    """The family of a generator, the tensor that shows its number of input channels, and that number."""
    if sean.is_sean(file):
        return ("sean", *spade.input_channels(file, sean.FIRST_NORM))
    if spade.is_spade(file):
        return ("spade", *spade.input_channels(file, spade.FIRST_NORM))
    if pix2pixhd.is_pix2pixhd(file):
        return ("pix2pixhd", *pix2pixhd.input_channels(file))
    name, tensor = next(iter(file.tensors.items()))
    raise ValueError(
        f"{file.path}: tensor {name!r} {tuple(tensor.shape)} is no part of a generator of SPADE, SEAN or "
        "pix2pixHD as officially released; only these can be opened"
    )


def _read_generator(
    file: TensorFile, family: str, settled: Settled
) -> tuple[SpadeArchitecture | Pix2pixHDArchitecture, RegionEncoderArchitecture | None, State]:
    """The generator, the style encoder in the same file (SEAN), and the tensors of both."""
    word = FAMILY_NAMES[family]
    if family == "sean":
        architecture, region_encoder = sean.infer_sean(file, settled)
        rules = [*sean.generator_rules(architecture), *sean.encoder_rules(region_encoder)]
        return architecture, region_encoder, translate(file, rules, word)
    if family == "spade":
        architecture = spade.infer(file, "spade", spade.FIRST_NORM, spade.FIRST_NORM, settled)
        return architecture, None, translate(file, spade.generator_rules(architecture), word)
    plain = pix2pixhd.infer(file, settled)
    return plain, None, translate(file, pix2pixhd.generator_rules(plain), word)


def _read_image_encoder(
    file: TensorFile | None, generator: SpadeArchitecture | Pix2pixHDArchitecture, settled: Settled
) -> tuple[ImageEncoderArchitecture | None, State | None]:
    """The encoder of a VAE, where there is one."""
    wanted = (
        generator.style_width if isinstance(generator, SpadeArchitecture) and generator.stem_size else None
    )
    if file is None:
        if wanted is not None:
            settled.assumed.append("there is no encoder (*_net_E.pth): styles can only be sampled")
        return None, None
    architecture = encoder.infer(file)
    if architecture.style_width != wanted:
        raise ValueError(
            f"{file.path}: tensor 'fc_mu.weight' makes styles of width {architecture.style_width}, but the "
            f"generator wants {'none' if wanted is None else f'width {wanted}'}; "
            "remove the encoder, which belongs to another generator"
        )
    return architecture, translate(file, encoder.encoder_rules(architecture), "encoder")


def _read_discriminator(
    file: TensorFile | None, settled: Settled
) -> tuple[DiscriminatorArchitecture | None, State | None]:
    """The discriminator, where there is one."""
    if file is None:
        return None, None
    architecture = discriminator.infer(file, settled.classes, settled.edges)
    return architecture, translate(file, discriminator.discriminator_rules(architecture), "discriminator")
