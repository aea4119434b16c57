"""pix2pixHD's global generator (Wang et al. 2018) as the official SPADE code releases it.

One sequence: padding, first convolution, ReLU; a convolution and a ReLU for each halving and each doubling;
between them the residual blocks; padding, last convolution.
"""

from __future__ import annotations

from models.official.infer_config import Setup
from models.official.key_mapping import KeyMap
from models.official.release import Family, Networks, normed_conv
from models.official.release_files import TensorFile


class Pix2pixHD(Family):
    """pix2pixHD in the names of SPADE's code."""

    def label_tensor(self, file: TensorFile) -> str | None:
        is_pix2pixhd = file.has(r"model\.1\.") and file.has(r"model\.3\.|.*\.conv_block\.")
        return file.layer("model.1").weight if is_pix2pixhd else None

    def generator(self, file: TensorFile, setup: Setup) -> tuple[Networks, KeyMap]:
        _, (width, _, first_kernel, _), norm, spectral = file.layer("model.1")
        block_names = {name.split(".conv_block.")[0] for name in file.tensors if ".conv_block." in name}
        blocks = len(block_names)
        widest = max(tensor.shape[0] for tensor in file.tensors.values() if tensor.dim() == 4)
        downsamplings = (widest // width).bit_length() - 1  # each doubles the width
        kernel_size = file.layer(f"{min(block_names)}.conv_block.1").shape[2] if blocks else 3
        generator = {"width": width, "downsamplings": downsamplings, "blocks": blocks, "norm": norm}
        generator |= {"kernel_size": kernel_size, "first_kernel": first_kernel, "spectral": spectral}
        first_block = 3 + 2 * downsamplings
        first_up = first_block + blocks
        last = first_up + 2 * downsamplings + 1
        names = {"generator.": "", "first.": "model.1.", "to_rgb.": f"model.{last}."}
        names |= {f"down.{index}.": f"model.{3 + 2 * index}." for index in range(downsamplings)}
        names |= {f"blocks.{index}.": f"model.{first_block + index}.conv_block." for index in range(blocks)}
        names |= {f"up.{index}.": f"model.{first_up + 2 * index}." for index in range(downsamplings)}
        names |= {".conv_0.": ".1.", ".conv_1.": ".4."} | normed_conv(norm)
        networks: Networks = {"generator": {"name": "pix2pixhd", **generator}}
        networks |= {"norm": {"name": "none"}, "encoder": {"name": "none"}}
        return networks, KeyMap("pix2pixHD generator", names)
