"""Segmenters trained here, so that mIoU can be had on any data set: training, writing and reading them.

One is a folder of safetensors and a description that holds its classes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from data.atomic_write import write_text_atomically
from data.batch import Batch
from data.sources.source import LabelSet
from engine.checkpoint.serialization import load_weights, read_weights, save_weights
from evaluation.miou import SegmentationScores, segmentation_metrics
from evaluation.segmenters.segmenter import MappedSegmenter, Segmenter
from models.segmenter import BACKBONES, PyramidSegmenter

DESCRIPTION, WEIGHTS = "segmenter.json", "weights.safetensors"
FORMAT = 1
WEIGHT_DECAY = 1e-4
SCRATCH = "_scratch"
"""How the name of one without a pretrained network ends: it is used beside the one without this ending."""
LENGTHS = {"efficientnet_lite2": 6000, "none": 16000}
"""Images of a training, by backbone."""
MOST_ZOOM, COLOUR_SHIFT = 1.6, 0.3
"""Of augmented pairs: how far in or out; how far brightness and contrast vary, of photos in [-1, 1]."""
SEGMENTERS = Path(__file__).resolve().parents[2] / "segmenters"
"""Where scripts/train_segmenter.py writes them."""


@dataclass(frozen=True)
class Description:
    """What a folder holds about its segmenter; sizes in pixels.

    `names`: of its classes, in the order of their ids; `has_unknown`: the last of them is unknown; `images`:
    the number of photos it was trained on, repetitions counted; `val_miou`: on photos held back, None where
    there were none; `backbone`: of `models.segmenter.BACKBONES`.
    """

    dataset: str
    names: tuple[str, ...]
    has_unknown: bool
    height: int
    width: int
    channels: int
    images: int
    val_miou: float | None
    format: int = FORMAT
    backbone: str = "efficientnet_lite2"


def is_trained_here(folder: Path) -> bool:
    """Whether `folder` is one that `write_segmenter` wrote."""
    return (folder / DESCRIPTION).is_file()


def write_segmenter(folder: Path, network: PyramidSegmenter, description: Description) -> None:
    """Writes what was trained and the description; a frozen network under it comes with a package."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(network.trained.state_dict(), folder / WEIGHTS)
    write_text_atomically(folder / DESCRIPTION, json.dumps(asdict(description), indent=1) + "\n")


def read_description(folder: Path) -> Description:
    """Raises ValueError where it is absent or damaged."""
    file = folder / DESCRIPTION
    try:
        stored = json.loads(file.read_text())
        stored["names"] = tuple(map(str, stored["names"]))
        description = Description(**stored)
    except (OSError, KeyError, TypeError, ValueError) as error:
        why = f"is absent or damaged ({error}); make it with scripts/train_segmenter.py"
        raise ValueError(f"{file} {why}") from error
    if description.backbone not in BACKBONES:
        raise ValueError(
            f"{file} names the backbone {description.backbone!r}; this version has {', '.join(BACKBONES)}"
        )
    if description.format != FORMAT:
        raise ValueError(f"{file} has format {description.format}; this version reads format {FORMAT}")
    return description


def read_segmenter(folder: Path, label_set: LabelSet) -> Segmenter:
    """The segmenter of a folder, for the classes of `label_set`.

    Raises ValueError where its classes are others, so that no id is ever taken for another class, or where
    a file is absent or damaged.
    """
    description = read_description(folder)
    if description.names != label_set.names or description.has_unknown != label_set.has_unknown:
        raise ValueError(
            f"{folder} was trained on {description.dataset} with the classes {', '.join(description.names)};"
            f" the label maps have {', '.join(label_set.names)}: train one on this data set with"
            " scripts/train_segmenter.py"
        )
    network = PyramidSegmenter(len(label_set), description.channels, description.backbone)
    load_weights(network.trained, read_weights(folder / WEIGHTS), folder / WEIGHTS)
    same = torch.arange(len(label_set))
    segmenter = MappedSegmenter(folder.resolve().name, label_set, network, network, same)
    segmenter.backbone = description.backbone
    return segmenter


def train_segmenter(
    network: PyramidSegmenter, batches: Iterable[Batch], steps: int, learning_rate: float
) -> None:
    """Cross-entropy over all classes (unknown is one), AdamW, the rate rising to a peak and falling to zero.

    `batches`: `steps` of them, with photos, on the network's device. What is frozen stays as it is; without a
    pretrained backbone, pairs are augmented. Raises ValueError for batches without photos.
    """
    optimizer = torch.optim.AdamW(network.trained.parameters(), learning_rate, weight_decay=WEIGHT_DECAY)
    rates = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, total_steps=steps)
    network.train()
    for batch in batches:
        if batch.photo is None:
            raise ValueError(f"no photo for {batch.names[0]}; a segmenter is trained on photos: give them")
        photo, labels = batch.photo, batch.labels
        if not network.pretrained:
            photo, labels = augmented(photo, labels)
        loss = F.cross_entropy(network(photo), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        rates.step()
    network.eval()


def augmented(photo: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Photos (B, 3, H, W) and labels (B, H, W), each pair zoomed by up to `MOST_ZOOM` in or out and shifted.

    What would lie beyond a border is mirrored. Colours of photos get another brightness and contrast, each
    channel its own. All is drawn from torch's random numbers.
    """
    count = len(photo)
    scale = MOST_ZOOM ** (2 * torch.rand(count, device=photo.device) - 1)  # (B,): part of a side that is seen
    shift = (2 * torch.rand(count, 2, device=photo.device) - 1) * (1 - scale).abs()[:, None]
    affine = torch.cat([scale[:, None, None] * torch.eye(2, device=photo.device), shift[:, :, None]], dim=2)
    grid = F.affine_grid(affine, [*photo.shape], align_corners=False)  # (B, H, W, 2)
    seen = F.grid_sample(photo, grid, padding_mode="reflection", align_corners=False)
    ids = F.grid_sample(
        labels[:, None].to(photo), grid, mode="nearest", padding_mode="reflection", align_corners=False
    )
    brightness, contrast = (
        COLOUR_SHIFT * (2 * torch.rand(count, 3, 1, 1, device=photo.device) - 1) for _ in range(2)
    )
    return (seen * (1 + contrast) + brightness).clamp(-1, 1), ids[:, 0].round().long()


@torch.inference_mode()
def segmenter_metrics(
    network: PyramidSegmenter, batches: Iterable[Batch], label_set: LabelSet
) -> dict[str, float]:
    """mIoU and pixel accuracy on photos of `batches`, as `segmentation_metrics` names them."""
    scores = SegmentationScores(label_set).to(next(network.parameters()).device)
    for batch in batches:
        assert batch.photo is not None, "held-back photos were asked for"
        scores.update(network(batch.photo).argmax(dim=1), batch.labels)
    return segmentation_metrics(scores.compute(), label_set)
