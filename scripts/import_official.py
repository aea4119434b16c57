"""Makes a run of an official release: `python scripts/import_official.py SOURCE_DIR RUN_NAME`.

SOURCE_DIR holds latest_net_G.pth as SPADE, SEAN, CLADE or pix2pixHD-in-SPADE were published, or, there or in
models/, best_EMA.pth or best_G.pth, as OASIS was. The run opens with `load_generator` and
`python test.py name=RUN_NAME labels=DIR`; it keeps the release's discriminator as well.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from data.atomic_write import write_text_atomically
from engine.checkpoint.checkpoint_paths import LATEST, discriminator_file, new_run, weights_file
from options.cli import one_line_errors
from options.run_config import write_options
from options.schema import GROUPS, TrainOptions
from options.schema.networks import DOUBLINGS

# What imports torch is imported where it is used, so that --help is quick.
if TYPE_CHECKING:
    from data.dataset_info import DatasetInfo
    from data.sources.source import LabelSet
    from models.official import OfficialRelease
    from models.official.release_files import Options


def run_options(release: OfficialRelease, name: str) -> tuple[TrainOptions, DatasetInfo]:
    """The options of the run that a release becomes, and what its networks know of their data set."""
    from data.dataset_info import DatasetInfo

    dataset, label_set = dataset_of(release)
    choices = release.networks | {"dataset": dataset}
    chosen = {group: GROUPS[group][options["name"]](**options) for group, options in choices.items()}
    return TrainOptions(name=name, **chosen), DatasetInfo(label_set, release.setup.edges, ("default",))


def dataset_of(release: OfficialRelease) -> tuple[Options, LabelSet]:
    """The options of its data set, or of a folder where that is not known; and its classes."""
    from data.sources import READERS
    from data.sources.classes import numbered_label_set
    from data.sources.label_format import StoredIds

    setup = release.setup
    known = setup.classes - setup.unknown
    dataset: Options = {"name": setup.dataset or "folder", "root": str(release.folder)}
    dataset |= dict(zip(("height", "width"), setup.crop_size or (256, 256)))
    if hasattr(GROUPS["dataset"][dataset["name"]], "instances"):
        dataset["instances"] = setup.edges
    if setup.dataset is None:
        dataset |= {"num_classes": known, "ignore_id": 255 if setup.unknown else None}
        return dataset, numbered_label_set(known, has_unknown=setup.unknown)
    label_format = READERS[setup.dataset].label_format
    assert isinstance(label_format, StoredIds), "a published data set stores ids in one way"
    return dataset, label_format.label_set


def import_release(release: OfficialRelease, name: str) -> Path:
    """Writes the run folder of a release; ValueError where its tensors do not fit each other."""
    import torch

    from engine.checkpoint.serialization import save_weights
    from options.build.networks import build_discriminator, build_generator

    options, info = run_options(release, name)
    run = new_run(name)
    with torch.device("meta"):  # of our networks only names and shapes are needed
        G, D = build_generator(options, info), build_discriminator(options, info)
    weights, discriminator = release.generator_state(G), release.discriminator_state(D)
    write_options(options, run)
    info.write(run)
    save_weights(weights, weights_file(run, 0))
    if discriminator is not None:
        save_weights(discriminator, discriminator_file(run, 0))
    write_text_atomically(run / LATEST, "0\n")
    return run


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make a run of an official release.")
    parser.add_argument(
        "source", type=Path, help="folder with latest_net_G.pth, or of OASIS with best_EMA.pth"
    )
    parser.add_argument("run", help="name of the run to make, under checkpoints/")
    # What shapes do not show, and options.json or opt.txt beside the weights may say.
    switch = argparse.BooleanOptionalAction
    parser.add_argument("--upsampling", choices=list(DOUBLINGS), help="of SPADE and SEAN")
    parser.add_argument("--instances", action=switch, help="the last input channel is the instance border")
    parser.add_argument("--unknown", action=switch, help="the last class (OASIS: the first) is unknown")
    parser.add_argument("--noise", type=int, help="of OASIS: numbers in its noise vector, 0 without noise")
    parser.add_argument("--aspect-ratio", type=float, help="width over height of the training images")
    given = parser.parse_args()

    from models.official import read_release

    official = {"num_upsampling_layers": given.upsampling, "aspect_ratio": given.aspect_ratio}
    official["contain_dontcare_label"] = given.unknown
    official["no_instance"] = None if given.instances is None else not given.instances
    if given.noise is not None:
        official |= {"no_3dnoise": given.noise == 0} | ({"z_dim": given.noise} if given.noise else {})
    with one_line_errors():
        release = read_release(given.source, official)
        run = import_release(release, given.run)
        for warning in release.setup.warnings:
            print(f"warning: {warning}")
        print(f"{release.family} release as {run}; generate with: python test.py name={given.run} labels=DIR")


if __name__ == "__main__":
    main()
