"""Makes a run of an official release: `python scripts/import_official.py SOURCE_DIR RUN_NAME`.

SOURCE_DIR holds latest_net_G.pth as SPADE, SEAN or pix2pixHD-in-SPADE were published. The run opens with
`python test.py name=RUN_NAME labels=DIR` and `load_generator`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.atomic_write import write_atomically, write_text_atomically
from data.dataset_info import DatasetInfo
from data.sources.classes import numbered_label_set
from engine.checkpoint.checkpoint_paths import LATEST, weights_file
from engine.checkpoint.serialization import load_weights, save_weights
from models.official import (
    ImageEncoderArchitecture,
    OfficialRelease,
    Pix2pixHDArchitecture,
    SpadeArchitecture,
    read_release,
)
from options.build.networks import build_generator
from options.cli import one_line_errors
from options.run_config import new_run, write_options
from options.schema.dataset import FolderOptions
from options.schema.networks import (
    DOUBLINGS,
    ImageEncoderOptions,
    MultiscaleOptions,
    NoEncoderOptions,
    NoNormOptions,
    Pix2pixHDOptions,
    PriorOptions,
    RegionStyleOptions,
    SeanOptions,
    SpadeGeneratorOptions,
    SpadeNormOptions,
)
from options.schema.training import TrainOptions


def import_release(release: OfficialRelease, name: str) -> Path:
    """Writes the run folder of a release; ValueError where its tensors do not fit what was inferred."""
    found = release.generator
    label_set = numbered_label_set(found.classes - release.unknown, has_unknown=release.unknown)
    facts = DatasetInfo(label_set, found.edges, ("default",))
    options = _options(release, name)
    run = new_run(name)
    G = build_generator(options, facts)
    state = {f"generator.{key}": tensor for key, tensor in release.generator_state.items()}
    state |= {f"encoder.{key}": tensor for key, tensor in (release.encoder_state or {}).items()}
    load_weights(G, state, release.folder)
    write_options(options, run)
    facts.write(run)
    write_atomically(weights_file(run, 0), lambda file: save_weights(G.state_dict(), file))
    write_text_atomically(run / LATEST, "0\n")
    return run


def _options(release: OfficialRelease, name: str) -> TrainOptions:
    found = release.generator
    height, width = release.crop_size or (256, 256)
    dataset = FolderOptions(
        root=str(release.folder),
        height=height,
        width=width,
        num_classes=found.classes - release.unknown,
        ignore_id=255 if release.unknown else None,
        instances=found.edges,
    )
    encoder: Any = NoEncoderOptions()
    if isinstance(release.encoder, ImageEncoderArchitecture):
        encoder = ImageEncoderOptions(
            width=release.encoder.width,
            style_width=release.encoder.style_width,
            norm=release.encoder.norm,
            spectral=release.encoder.spectral,
        )
    elif release.encoder is not None:
        encoder = RegionStyleOptions(style_width=release.encoder.style_width)
    elif isinstance(found, SpadeArchitecture) and found.style_width is not None:
        encoder = PriorOptions(style_width=found.style_width)
    generator: Any
    norm: Any = NoNormOptions()
    if isinstance(found, Pix2pixHDArchitecture):
        generator = Pix2pixHDOptions(
            width=found.width,
            downsamplings=found.downsamplings,
            blocks=found.blocks,
            kernel_size=found.kernel_size,
            first_kernel=found.first_kernel,
            norm=found.norm,
            spectral=found.spectral,
        )
    else:
        generator = SpadeGeneratorOptions(
            width=found.width, upsampling=found.upsampling, spectral=found.spectral
        )
        shared: dict[str, Any] = {
            "statistics": found.statistics,
            "kernel_size": found.kernel_size,
            "hidden": found.hidden,
        }
        norm = SpadeNormOptions(**shared)
        if found.style_kernel_size is not None:
            norm = SeanOptions(**shared, style_kernel_size=found.style_kernel_size)
    return TrainOptions(
        name=name,
        dataset=dataset,
        generator=generator,
        norm=norm,
        encoder=encoder,
        discriminator=MultiscaleOptions(),
    )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make a run of an official release.")
    parser.add_argument("source", type=Path, help="folder with latest_net_G.pth")
    parser.add_argument("run", help="name of the run to make, under checkpoints/")
    # What shapes do not show, and options.json or opt.txt beside the weights may say.
    switch = argparse.BooleanOptionalAction
    parser.add_argument("--upsampling", choices=list(DOUBLINGS))
    parser.add_argument("--instances", action=switch, help="the last input channel is the instance border")
    parser.add_argument("--unknown", action=switch, help="the last class is the unknown one, label 255")
    parser.add_argument("--aspect-ratio", type=float, help="width over height of the training images")
    given = parser.parse_args()
    with one_line_errors():
        release = read_release(
            given.source, given.upsampling, given.instances, given.unknown, given.aspect_ratio
        )
        run = import_release(release, given.run)
        for sentence in release.assumed:
            print(f"assumed: {sentence}")
        print(f"{release.family} release as {run}; generate with: python test.py name={given.run} labels=DIR")


if __name__ == "__main__":
    main()
