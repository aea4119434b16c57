"""Sample images of a run: the same few label maps, generated anew at each interval."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from data.batch import Batch
from data.image_range import to_uint8
from data.palette import Colour, colourise
from data.resample import enlarge
from engine.runtime.hardware import Hardware
from models.conditional_generator import ConditionalGenerator


@dataclass
class SampleGrid:
    """Draws labels | fake | real of one batch, one row a sample: 8-bit (B H, 3 W, 3).

    `G`: the averaged one, in eval mode.
    """

    G: ConditionalGenerator
    batch: Batch
    colours: tuple[Colour, ...]
    hardware: Hardware

    @torch.inference_mode()
    def __call__(self) -> Tensor:
        batch, rng = self.batch, self.hardware.rng().manual_seed(0)
        condition = self.G.condition(batch.labels, batch.instances, style_ids=batch.style_id, rng=rng)
        with self.hardware.autocast():
            fake = self.G(condition, batch.photo).fake
        columns = [colourise(batch.labels, self.colours), to_uint8(enlarge(fake, self.G.scale))]
        if batch.photo is not None:
            columns.append(to_uint8(batch.photo))
        rows = torch.cat(columns, dim=3)  # (B, 3, H, columns W)
        return rows.movedim(1, -1).flatten(0, 1)
