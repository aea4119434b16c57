"""Segmenters from elsewhere: of the transformers library, of torchvision, or a TorchScript file."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torchvision.models import get_model, list_models, segmentation
from torchvision.transforms.functional import normalize

from data.image_range import to_uint8
from data.sources.source import LabelSet
from evaluation.segmenters.segmenter import MappedSegmenter, Segmenter
from models.pretrained.weights import load_tensors, read_tensors

PROBE = (64, 64)
"""The size of the picture that finds out how many classes a TorchScript file scores."""
IMAGENET_MEAN, IMAGENET_STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

ClassMapping = Callable[[Sequence[str] | None, int], Tensor]
"""The segmenter's class names (None where it has none) and their number, to the data set's ids (M,)."""


def transformers_segmenter(model: str, label_set: LabelSet, mapping: ClassMapping) -> Segmenter:
    """Any semantic segmentation model of the transformers library, by name or local folder, in safetensors.

    Its own image processor resizes and normalises. No code that comes with a model is run, and no pickle
    read. Raises ValueError where the library is missing or the model cannot be had.
    """
    try:
        from transformers import AutoImageProcessor, AutoModelForSemanticSegmentation
    except ImportError as error:
        raise ValueError(
            f"segmenter {model} is a model of the transformers library, which is not installed:"
            ' pip install ".[transformers]"'
        ) from error
    try:
        processor = AutoImageProcessor.from_pretrained(model, trust_remote_code=False)
        network = AutoModelForSemanticSegmentation.from_pretrained(
            model, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError, KeyError) as error:
        raise ValueError(
            f"segmenter {model}: no such semantic segmentation model ({error}); give the name of one, or a"
            " folder with its config.json, preprocessor_config.json and model.safetensors"
        ) from error
    names = [network.config.id2label[index] for index in range(network.config.num_labels)]

    def scores(pictures: Tensor) -> Tensor:
        photos = list(to_uint8(pictures).cpu().numpy())  # (3, H, W) each
        inputs = processor(images=photos, return_tensors="pt", input_data_format="channels_first")
        return network(pixel_values=inputs["pixel_values"].to(pictures.device)).logits

    return MappedSegmenter(Path(model).name, label_set, network, scores, mapping(names, len(names)))


def torchvision_segmenter(
    architecture: str, file: Path, label_set: LabelSet, mapping: ClassMapping
) -> Segmenter:
    """A segmentation network of torchvision with the tensors of `file` (a state dict); nothing is executed.

    Photos are normalised as ImageNet's. Raises ValueError where the architecture is unknown or the file does
    not fit it.
    """
    known = list_models(module=segmentation)
    if architecture not in known:
        raise ValueError(f"segmenter.architecture={architecture}: choose one of {', '.join(known)}")
    state = read_tensors(file, architecture)
    biases = [state[name] for name in state if name.startswith("classifier.") and name.endswith("bias")]
    if not biases:
        raise ValueError(f"{file} holds no classifier of a torchvision segmenter; give its state dict")
    count = len(biases[-1])
    auxiliary = any(name.startswith("aux_classifier.") for name in state)
    network = get_model(
        architecture, weights=None, weights_backbone=None, num_classes=count, aux_loss=auxiliary or None
    )
    load_tensors(network, state, file, architecture)

    def scores(pictures: Tensor) -> Tensor:
        return network(_normalised(pictures))["out"]

    return MappedSegmenter(file.stem, label_set, network, scores, mapping(None, count))


def torchscript_segmenter(
    file: Path, label_set: LabelSet, mapping: ClassMapping, run_code: bool
) -> Segmenter:
    """A TorchScript file that takes photos normalised as ImageNet's and returns scores, or {"out": scores}.

    Such a file is a program: it is only opened with `run_code`, by which users state that they trust it.
    Raises ValueError without it, or where the file is none.
    """
    if not run_code:
        raise ValueError(
            f"{file} is a TorchScript file, which is a program that would run here; if you trust where it"
            " comes from, set segmenter.run_code=true"
        )
    try:
        with warnings.catch_warnings():
            # torch deprecates TorchScript, but it is the format of the files that exist.
            warnings.simplefilter("ignore", FutureWarning)
            network = torch.jit.load(str(file), map_location="cpu")
    except (RuntimeError, ValueError, OSError) as error:
        raise ValueError(f"{file} is no TorchScript file ({str(error).splitlines()[0]})") from error

    def scores(pictures: Tensor) -> Tensor:
        output: Any = network(_normalised(pictures))
        return output["out"] if isinstance(output, dict) else output

    count = scores(torch.zeros(1, 3, *PROBE)).shape[1]
    return MappedSegmenter(file.stem, label_set, network, scores, mapping(None, count))


def _normalised(pictures: Tensor) -> Tensor:
    return normalize((pictures + 1) / 2, IMAGENET_MEAN, IMAGENET_STD)
