"""Sample images of a run: the same few label maps, generated anew at each interval."""

from __future__ import annotations

import torch
from torch import Tensor

from data.batch import Batch
from data.image_range import to_uint8
from data.palette import Colour, colourise
from data.resample import enlarge
from engine.runtime.hardware import Hardware
from models.conditional_generator import ConditionalGenerator


@torch.inference_mode()
def sample_grid(
    G: ConditionalGenerator, batch: Batch, colours: tuple[Colour, ...], hardware: Hardware
) -> Tensor:
    """Returns labels | fake | real of a batch, one row a sample: 8-bit (B H, 3 W, 3); `G` is in eval mode."""
    rng = hardware.rng().manual_seed(0)
    condition = G.condition(batch.labels, batch.instances, style_ids=batch.style_id, rng=rng)
    with hardware.autocast():
        fake = G(condition, batch.photo).fake
    columns = [colourise(batch.labels, colours), to_uint8(enlarge(fake, G.scale))]
    if batch.photo is not None:
        columns.append(to_uint8(batch.photo))
    rows = torch.cat(columns, dim=3)  # (B, 3, H, columns W)
    return rows.movedim(1, -1).flatten(0, 1)
