"""Images from label maps with a trained generator, for people: what they give is checked."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from data.resizing import enlarge
from engine.hardware import Hardware
from models.synthesiser import Synthesiser


class LabelMapGenerator:
    """A trained generator as a function from label maps to images.

    `synthesiser`: in eval mode; `classes`: label ids are 0 .. classes - 1; `style_count`: style ids are
    0 .. style_count - 1.
    """

    def __init__(self, synthesiser: Synthesiser, classes: int, style_count: int, hardware: Hardware) -> None:
        self.synthesiser = hardware.place(synthesiser.eval().requires_grad_(False))
        self.classes = classes
        self.style_count = style_count
        self.hardware = hardware

    @torch.inference_mode()
    def __call__(
        self,
        labels: Tensor,
        instances: Tensor | None = None,
        photo: Tensor | None = None,
        style_id: Tensor | None = None,
        seed: int = 0,
    ) -> Tensor:
        """Images in [-1, 1], (B, 3, H, W), on the device of `labels`.

        `labels`: integer ids (B, H, W), or (H, W) for one image, of any size; `instances`: likewise, where
        the generator was trained with them; `photo` (B, 3, H, W) in [-1, 1]: where the style is taken from,
        drawn at random without it; `style_id` (B,): 0 without it; `seed`: of all that is drawn.

        Raises ValueError for ids out of range, sizes that differ, and what the generator needs and lacks.
        """
        labels = self._checked(labels)  # (B, H, W)
        instances = None if instances is None else _as_batch(instances)
        if instances is not None and instances.shape != labels.shape:
            raise ValueError(
                f"instances are {tuple(instances.shape)} and labels {tuple(labels.shape)}: they must agree"
            )
        if photo is not None and photo.shape != (len(labels), 3, *labels.shape[1:]):
            raise ValueError(
                f"photo is {tuple(photo.shape)} and labels {tuple(labels.shape)}: "
                "(B, 3, H, W) and (B, H, W) must agree"
            )
        device, (height, width) = self.hardware.device, labels.shape[-2:]
        noise = self.hardware.noise().manual_seed(seed)
        with self.hardware.autocast():
            # Of photos and label maps at their own size: the border is nobody's style.
            photo = None if photo is None else photo.to(device)
            style = self.synthesiser.style(photo, labels.to(device), noise)
            condition = self.synthesiser.condition(
                self._prepared(labels),
                None if instances is None else self._prepared(instances),
                styles=None if style is None else style.codes,
                style_ids=self._checked_styles(style_id, labels).to(device),
                noise=noise,
            )
            fake = self.synthesiser.generator(condition)
        fake = enlarge(fake, self.synthesiser.scale)  # (B, 3, H or more, W or more)
        return fake[..., :height, :width].float().to(labels.device)

    def _checked_styles(self, style_id: Tensor | None, labels: Tensor) -> Tensor:
        if style_id is None:
            return labels.new_zeros(len(labels))
        if style_id.is_floating_point() or style_id.shape != (len(labels),):
            raise ValueError(
                f"style_id is {style_id.dtype} of shape {tuple(style_id.shape)}; "
                f"give one integer id a label map, ({len(labels)},)"
            )
        if int(style_id.min()) < 0 or int(style_id.max()) >= self.style_count:
            raise ValueError(f"style ids {style_id.tolist()}: this run knows 0 to {self.style_count - 1}")
        return style_id.long()

    def _checked(self, labels: Tensor) -> Tensor:
        if labels.is_floating_point() or labels.dim() not in (2, 3) or labels.numel() == 0:
            raise ValueError(
                f"labels are {labels.dtype} of shape {tuple(labels.shape)}; "
                "give integer ids, (H, W) or (B, H, W)"
            )
        labels = _as_batch(labels)
        lowest, highest = int(labels.min()), int(labels.max())
        if lowest < 0 or highest >= self.classes:
            raise ValueError(
                f"label ids run from {lowest} to {highest}; this generator knows 0 to {self.classes - 1}"
            )
        return labels

    def _prepared(self, maps: Tensor) -> Tensor:
        """On the device, with the border repeated to the size that the generator's doublings need."""
        multiple = int(self.synthesiser.generator.multiple)  # type: ignore[arg-type]
        below, right = -maps.shape[-2] % multiple, -maps.shape[-1] % multiple
        padded = F.pad(maps[:, None].double(), (0, right, 0, below), mode="replicate")
        return padded[:, 0].to(self.hardware.device, torch.int64)


def _as_batch(maps: Tensor) -> Tensor:
    maps = maps.long()
    return maps[None] if maps.dim() == 2 else maps
