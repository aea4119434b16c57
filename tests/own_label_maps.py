"""What a person gives to test.py: folders of label maps, instance maps and photos of sizes of their own."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.data.trees import blocks

SIZES = {"odd": (37, 53), "small": (11, 12), "exact": (32, 64)}


def own_label_maps(folder: Path) -> tuple[str, str, str]:
    """Writes them; returns the words labels=..., instances=... and photos=..."""
    for name, size in SIZES.items():
        ids = blocks(*size, seed=len(name))
        pictures = {"labels": ids, "instances": ids // 2, "photos": np.stack([60 * ids] * 3, axis=-1)}
        for kind, picture in pictures.items():
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(folder / kind / f"{name}.png")
    return f"labels={folder / 'labels'}", f"instances={folder / 'instances'}", f"photos={folder / 'photos'}"
