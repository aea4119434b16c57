"""Official SEAN generators (Zhu et al. 2020), which hold their style encoder."""

from __future__ import annotations

from models.generators.spade import PLAIN
from models.official import spade
from models.official.infer_config import Setup
from models.official.key_mapping import KeyMap
from models.official.release import Networks
from models.official.release_files import Shape, TensorFile

NAMES = {f"encoder.convs.{index}.conv.": f"Zencoder.model.{1 + 3 * index}." for index in range(4)} | {
    "encoder.to_codes.": "Zencoder.model.14.",
    **spade.NAMES,
    ".norm_": ".ace_",
    ".shared.": ".Spade.mlp_shared.0.",
    ".pair.": ".Spade.mlp_{gamma,beta}.",
    ".noise.weight": ".noise_var",
    ".style_linear.": ".fc_mu{}.",
    ".style_pair.": ".conv_{gamma,beta}.",
}
# The norms that follow take the encoder's biases away again; the plain block blends nothing.
UNUSED: dict[str, Shape] = {f"Zencoder.model.{1 + 3 * index}.bias": (32 << index,) for index in range(4)}
UNUSED |= {f"{spade.BLOCKS[PLAIN]}.ace_{n}.blending_{x}": (1,) for n in "01s" for x in ("gamma", "beta")}
OPTIONAL = spade.OPTIONAL | {
    # SEAN standardises by statistics of its own; those of the SPADE inside need not be of the same kind.
    r"(.*)\.Spade\.param_free_norm\.(running_mean|running_var|num_batches_tracked)": r"\1.noise_var",
    # The official norm has 19 linear layers whatever the number of classes.
    r"(.*)\.fc_mu(?:\d|1[0-8])\.(weight|bias)": r"\1.fc_mu0.\2",
}


class Sean(spade.Spade):
    """SPADE's body with another norm, of which SPADE is a part."""

    mark = r"Zencoder\.|.*\.ace_0\."
    first_norm, first_spade = "head_0.ace_0", "head_0.ace_0.Spade"

    def generator(self, file: TensorFile, setup: Setup) -> tuple[Networks, KeyMap]:
        if setup.edges:
            raise ValueError(
                f"{setup.tensor} has the instance border as its last input channel (no_instance=False), to "
                "which the official SEAN gives a style as if it were a class; such a release cannot be opened"
            )
        networks, _ = super().generator(file, setup)
        style_kernel_size = file.shape(f"{self.first_norm}.conv_gamma.weight")[2]
        networks["norm"] |= {"name": "sean", "style_kernel_size": style_kernel_size}
        style_width = file.shape("Zencoder.model.14.weight")[0]
        networks["encoder"] = {"name": "region_style", "style_width": style_width}
        return networks, KeyMap("SEAN generator", NAMES, UNUSED, OPTIONAL)
