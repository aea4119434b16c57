"""An official release, opened; and what a family of releases is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from models.official.infer_config import Setup
from models.official.key_mapping import KeyMap, State, translate
from models.official.release_files import Options, TensorFile

Networks = dict[str, Options]
"""Options of our `generator`, `norm`, `encoder` and `discriminator`, each with the `name` of the choice."""


@dataclass(frozen=True)
class OfficialRelease:
    """An official release of one `family`.

    `networks`: the options with which ours are its own; `setup`: what it was trained in; `files`, with the
    names in each: of generator `G` and, where it has them, encoder `E` and discriminator `D`.
    """

    folder: Path
    family: str
    networks: Networks
    setup: Setup
    files: dict[str, tuple[TensorFile, KeyMap]]

    def generator_state(self, G: nn.Module) -> State:
        """The state dict for `G`, a `ConditionalGenerator` of these `networks`, on any device (also meta).

        Raises ValueError naming the first tensor that does not fit, as does `discriminator_state`.
        """
        own = G.state_dict()
        encoder = {name: own[name] for name in own if "E" in self.files and name.startswith("encoder.")}
        rest = {name: own[name] for name in own if name not in encoder}
        state = translate(*self.files["G"], rest)
        return state | translate(*self.files["E"], encoder) if encoder else state

    def discriminator_state(self, D: nn.Module) -> State | None:
        """The state dict for `D`, the discriminator; None where the release has none."""
        return translate(*self.files["D"], D.state_dict()) if "D" in self.files else None


class Family(ABC):
    """A family of releases: how one is recognised, what its networks are, what it calls their tensors.

    The encoder and the discriminator here are those of SPADE's code.
    """

    @abstractmethod
    def label_tensor(self, file: TensorFile) -> str | None:
        """The weight in a generator's file that has the label map's channels; None for another family."""

    def setup(self, known: Options, file: TensorFile, tensor: str, D: TensorFile | None) -> Setup:
        """What the release was trained in; `tensor`: its `label_tensor`, `D`: its discriminator, if any."""
        return Setup(known, file.shape(tensor)[1], f"{file.path}: tensor {tensor!r}")

    @abstractmethod
    def generator(self, file: TensorFile, setup: Setup) -> tuple[Networks, KeyMap]:
        """Generator, norm and encoder; ours have names that start with `generator.` and `encoder.`."""

    def encoder(self, file: TensorFile, stem_width: int | None) -> tuple[Options, KeyMap]:
        """The encoder of a VAE from its own file; `stem_width`: of the styles that its generator takes."""
        _, (width, *_), norm, spectral = file.layer("layer1")
        style_width = file.shape("fc_mu.weight", 2)[0]
        if style_width != stem_width:
            raise ValueError(
                f"{file.path}: tensor 'fc_mu.weight' makes styles of width {style_width}, but the generator "
                f"takes {stem_width or 'none'}; remove the encoder, which belongs to another generator"
            )
        options = {"width": width, "style_width": style_width, "norm": norm, "spectral": spectral}
        names = {f"encoder.convs.{index}.": f"layer{index + 1}." for index in range(6)}
        names |= {"encoder.to_mean.": "fc_mu.", "encoder.to_log_var.": "fc_var."}
        return {"name": "image", **options}, KeyMap("encoder", names | normed_conv(norm))

    def discriminator(self, file: TensorFile, setup: Setup) -> tuple[Options, KeyMap]:
        """A multiscale discriminator from its file."""
        width = file.shape("discriminator_0.model0.0.weight")[0]
        hidden = file.layer("discriminator_0.model1.0")
        scales = len({name.split(".")[0] for name in file.tensors})
        first_scale = (name for name in file.tensors if name.startswith("discriminator_0."))
        layers = len({name.split(".")[1] for name in first_scale}) - 1
        options = {"layers": layers, "scales": scales, "norm": hidden.norm, "spectral": hidden.spectral}
        names = {"scales.": "discriminator_", ".first.": ".model0.0.", ".to_logits.": f".model{layers}.0."}
        names |= {f".hidden.{index}.": f".model{index + 1}.0." for index in range(layers - 1)}
        names |= normed_conv(hidden.norm)
        return {"name": "multiscale", "width": width, **options}, KeyMap("discriminator", names)


def normed_conv(norm: str) -> dict[str, str]:
    """Names in a `NormedConv`. Officially: a sequence of convolution and norm, or the convolution alone."""
    return {".conv.": "."} if norm == "none" else {".conv.": ".0.", ".norm.": ".1."}
