"""The style codes of the photos that a command line names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from torch import Tensor

from data.batch import Sample
from data.sources.file_source import read_record
from data.sources.image_io import read_photo
from data.sources.label_format import LabelFormat
from data.sources.source import LabelSet, Record
from data.transforms import JointTransform
from inference.generator import LabelMapGenerator
from inference.style_args import MEAN, StyleArgs, find_class, option_name


def requested_codes(
    args: StyleArgs,
    label_set: LabelSet,
    generator: LabelMapGenerator,
    read: Callable[[Path, Path | None], Sample],
    means: Callable[[], Tensor] | None,
) -> dict[int | None, Tensor]:
    """The codes of `args.style`, (1, D) or (1, K, D), by class; None stands for the whole image.

    `read`: reads a photo with its label map; `means`: returns the mean styles (K, D).

    Raises ValueError for a name that no class has, for files that do not exist or do not fit, and for a label
    map that does not show the class whose style it is to give.
    """
    options: dict[int | None, str] = {}
    codes: dict[int | None, Tensor] = {}
    for name, photo in args.style.items():
        label = None if name is None else find_class(name, label_set, "style")
        option = f"{option_name('style', name)}={photo}"
        if label in options:
            raise ValueError(f"{option}: this class has {options[label]} already; give one of them")
        options[label] = option
        if photo == MEAN:
            assert means is not None, "StyleArgs.check has seen to it"
            codes[label] = means()[None]
            continue
        given = args.style_labels.get(name)
        labels = None if given is None else _existing(given, option_name("style_labels", name))
        sample = read(_existing(photo, option_name("style", name)), labels)
        assert sample.photo is not None
        shown = sample.labels.unique().tolist()
        if labels is not None and label is not None and label not in shown:
            raise ValueError(
                f"{option}: its label map {labels} shows no {label_set.names[label]}, but "
                f"{', '.join(label_set.names[other] for other in shown)}; "
                "without its label map the style of the whole photo is taken"
            )
        codes[label] = generator.styles(sample.photo[None], None if labels is None else sample.labels[None])
    return codes


def read_style_photo(
    photo: Path, labels: Path | None, label_format: LabelFormat, height: int, width: int
) -> Sample:
    """A photo with its label map, its shorter side as long as those of training images, `height` x `width`.

    A style is taken from features a few pixels wide: a photo four times as large has others.
    Without a label map `labels` are zero. Raises ValueError where the files cannot be used.
    """
    if labels is None:
        picture = read_photo(photo)
        record = Record(picture, np.zeros((picture.height, picture.width), np.int32), None, 0, photo.stem)
    else:
        record = read_record(labels, photo, None, label_format)
    resize = JointTransform(height, width, resize="short_side")
    return resize(record, np.random.default_rng(0))  # nothing is drawn: neither crop nor flip


def _existing(file: str, option: str) -> Path:
    path = Path(file).expanduser()
    if not path.is_file():
        raise ValueError(f"{option}={file}: there is no such file")
    return path
