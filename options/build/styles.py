"""From options to styles: the codes of the photos that were asked for, or each sample's own."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from data.batch import Sample
from data.dataset_info import DatasetInfo
from data.sources.image_io import read_photo
from data.sources.reading import read_record
from data.sources.source import Record
from data.transforms import JointTransform
from inference.generator import LabelMapGenerator
from inference.load import Run
from inference.style_args import StyleRequest, check_styles, requested_style_ids, requested_styles
from inference.style_sampling import Codes, DrawnCodes, PhotoCodes, StyleSampling, no_codes
from options.build.data import build_label_format
from options.build.mean_styles import provide_mean_styles
from options.schema.dataset import DatasetOptions
from options.schema.networks import NoEncoderOptions, PriorOptions, RegionStyleOptions
from options.schema.testing import TestOptions

Requests = dict[int | None, StyleRequest]
"""By class; None stands for the whole image."""


def build_style_sampling(
    run: Run, dataset: DatasetOptions, options: TestOptions, generator: LabelMapGenerator
) -> StyleSampling:
    """The styles that the options ask for, or each sample's own.

    Raises ValueError where the run cannot do what is asked, and where files do not fit.
    """
    check_styles(options, run.options)
    return StyleSampling(_codes(run, dataset, options, generator), requested_style_ids(options, run.facts))


def _codes(run: Run, dataset: DatasetOptions, options: TestOptions, generator: LabelMapGenerator) -> Codes:
    if isinstance(run.options.encoder, NoEncoderOptions):
        return no_codes
    if options.samples is not None or isinstance(run.options.encoder, PriorOptions):
        return DrawnCodes(generator, options.samples or 1, options.seed)
    requests = requested_styles(options, run.facts.label_set)
    photos = {
        label: read_style_photo(request, dataset, run.facts)
        for label, request in requests.items()
        if request.photo is not None
    }
    if isinstance(run.options.encoder, RegionStyleOptions):
        needed = _needs_means(options, requests)
        if needed or _lacks_classes(photos.get(None), run.facts):
            provide_mean_styles(run, dataset, options, generator, needed)
    codes = {
        label: _of_photo(generator, label, request, photos.get(label), run.facts)
        for label, request in requests.items()
    }
    return PhotoCodes(
        generator,
        run.facts.label_set.names,
        whole=codes.get(None),
        regions={label: code[0, label] for label, code in codes.items() if label is not None},
        steps=options.interpolate,
        seed=options.seed,
    )


def read_style_photo(request: StyleRequest, dataset: DatasetOptions, facts: DatasetInfo) -> Sample:
    """A photo with its label map, its shorter side as long as those that the run was trained on.

    A style is taken from features a few pixels wide: a photo four times as large has others.
    Without a label map `labels` are zero. Raises ValueError where the files cannot be used.
    """
    assert request.photo is not None, "the mean style has no photo"
    if request.labels is None:
        picture = read_photo(request.photo)
        labels = np.zeros((picture.height, picture.width), dtype=np.int32)
        record = Record(picture, labels, None, 0, request.photo.stem)
    else:
        label_format = build_label_format(dataset, facts.label_set)
        record = read_record(request.labels, request.photo, None, label_format)
    resize = JointTransform(dataset.height, dataset.width, resize="short_side")
    return resize(record, np.random.default_rng(0))  # nothing is drawn: neither crop nor flip


def _needs_means(options: TestOptions, requests: Requests) -> bool:
    """Whether there are images that have their styles from nowhere else."""
    has_photos = options.labels is None or options.photos is not None
    starts_with_own = options.interpolate is not None and set(requests) == {None}
    asked = any(request.photo is None for request in requests.values())
    return asked or (not has_photos and (None not in requests or starts_with_own))


def _lacks_classes(whole: Sample | None, facts: DatasetInfo) -> bool:
    return whole is not None and len(whole.labels.unique()) < len(facts.label_set)


def _of_photo(
    generator: LabelMapGenerator,
    label: int | None,
    request: StyleRequest,
    photo: Sample | None,
    facts: DatasetInfo,
) -> Tensor:
    """The codes of a photo, or the mean ones: (1, D) or (1, K, D)."""
    if photo is None:
        assert generator.mean_styles is not None, "they were provided"
        return generator.mean_styles[None]
    assert photo.photo is not None, "it was read from one"
    if request.labels is None:
        return generator.styles(photo.photo[None])
    shown = photo.labels.unique().tolist()
    if label is not None and label not in shown:
        names = facts.label_set.names
        raise ValueError(
            f"{request.option}: its label map {request.labels} shows no {names[label]}, but "
            f"{', '.join(names[other] for other in shown)}; "
            "without its label map the style of the whole photo is taken"
        )
    return generator.styles(photo.photo[None], photo.labels[None])
