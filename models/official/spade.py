"""Official SPADE generators (Park et al. 2019)."""

from __future__ import annotations

from models.official.infer_config import Setup
from models.official.key_mapping import KeyMap
from models.official.release import Family, Networks
from models.official.release_files import Options, TensorFile

BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3", "up_4")
NAMES = {"generator.": "", "stem.conv.": "fc.", "stem.linear.": "fc.", "to_rgb.": "conv_img."}
NAMES |= {f"blocks.{index}.": f"{name}." for index, name in enumerate(BLOCKS)}
NAMES |= {".shared.": ".mlp_shared.0.", ".pair.": ".mlp_{gamma,beta}.", ".standardise.": ".param_free_norm."}
OPTIONAL = {r"(.*\.param_free_norm)\.num_batches_tracked": r"\1.running_mean"}


class Spade(Family):
    """`mark`: of the names of tensors; `first_norm`: of the first block; `first_spade`: SPADE in it."""

    mark = r"head_0\.conv_0\."
    first_norm = first_spade = "head_0.norm_0"

    def label_tensor(self, file: TensorFile) -> str | None:
        return f"{self.first_spade}.mlp_shared.0.weight" if file.has(self.mark) else None

    def generator(self, file: TensorFile, setup: Setup) -> tuple[Networks, KeyMap]:
        _, (widest, *_), _, spectral = file.layer("head_0.conv_0")
        encoder: Options = {"name": "none"}
        stem_pixels = None
        if "fc.weight" in file.tensors and file.tensors["fc.weight"].dim() == 2:  # of a VAE
            rows, style_width = file.shape("fc.weight", 2)
            stem_pixels, encoder = rows // widest, {"name": "prior", "style_width": style_width}
        statistics = "instance"
        if f"{self.first_norm}.param_free_norm.running_mean" in file.tensors:
            is_synchronised = "syncbatch" in str(setup.options.get("norm_G")).replace("_", "")
            statistics = "sync_batch" if is_synchronised else "batch"
        # A number of channels that is no multiple of 16 does not fit the network that follows from it.
        generator = {"name": "spade", "width": max(1, widest // 16), "spectral": spectral}
        generator["upsampling"] = setup.resolve_sizes(file.has(r"up_4\."), stem_pixels)
        norm = self.norm(file) | {"statistics": statistics}
        networks = {"generator": generator, "norm": norm, "encoder": encoder}
        return networks, self.key_map()

    def norm(self, file: TensorFile) -> Options:
        """Our norm, but for its statistics."""
        hidden, _, kernel_size, _ = file.shape(f"{self.first_spade}.mlp_shared.0.weight")
        return {"name": "spade", "kernel_size": kernel_size, "hidden": hidden}

    def key_map(self) -> KeyMap:
        """The official names."""
        return KeyMap("SPADE generator", NAMES, optional=OPTIONAL)
