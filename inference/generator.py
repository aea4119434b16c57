"""Images from label maps with a trained generator."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from data.batch import Batch
from data.resample import enlarge
from engine.runtime.determinism import noise_seed, noise_vector_seed
from engine.runtime.hardware import Hardware
from inference.input_checks import (
    check_photo,
    checked_codes,
    checked_instances,
    checked_labels,
    checked_noise,
    checked_style_ids,
)
from models.conditional_generator import ConditionalGenerator
from models.encoders.encoder import Encoder
from models.kernels.inference import prepare_for_inference
from models.norms import add_style


class LabelMapGenerator:
    """A trained generator as a function from label maps to images.

    `G`: put into eval mode; `classes`: label ids are 0 .. classes - 1; `style_count`: style ids are
    0 .. style_count - 1; `mean_styles` (K, D): the training set's mean style of each class, where the run
    keeps it; `optimize`: prepares the generator for inference, in place: it cannot be trained afterwards.
    """

    def __init__(
        self,
        G: ConditionalGenerator,
        classes: int,
        style_count: int,
        hardware: Hardware,
        mean_styles: Tensor | None = None,
        optimize: bool = False,
    ) -> None:
        self.G = hardware.place(G.eval().requires_grad_(False))
        self.optimize = optimize
        if optimize:
            prepare_for_inference(self.G, hardware.autocast_dtype)
        self.classes, self.style_count, self.hardware = classes, style_count, hardware
        self.mean_styles = None if mean_styles is None else mean_styles.to(hardware.device)

    @torch.inference_mode()
    def __call__(
        self,
        labels: Tensor,
        instances: Tensor | None = None,
        photo: Tensor | None = None,
        style_id: Tensor | None = None,
        seed: int = 0,
        styles: Tensor | None = None,
        first: int = 0,
        z: Tensor | None = None,
    ) -> Tensor:
        """Images in [-1, 1], (B, 3, H, W), on the device of `labels`.

        `labels`: integer ids (B, H, W), or (H, W) for one image, of any size; `instances`: likewise, where
        the generator was trained with them; `style_id` (B,): 0 without it. Where the generator takes a style
        it is that of `photo` (B, 3, H, W) in [-1, 1], photos of these label maps; or `styles`, codes as
        `self.styles` returns them, one for each image or one for all; or the training set's mean style,
        where the run keeps it; or one that is drawn.

        `z`: the noise, where the generator takes some: one vector for each image, (B, N), one for each class,
        (B, K, N), or a map, (B, N, H, W); drawn without it.

        `seed`: of all that is drawn; noise comes from (seed, place), `first` being the place of the first
        label map among all, so that an image depends neither on batch nor process.

        Raises ValueError for ids out of range, sizes that differ, and inputs that are lacking or not taken.
        """
        labels = checked_labels(labels, self.classes)  # (B, H, W)
        instances = None if instances is None else checked_instances(instances, labels)
        if photo is not None:
            if styles is not None:
                raise ValueError("photo and styles both give a style; give one of them")
            # From photos and label maps at their own size: the repeated border must not enter the style.
            styles = self.styles(photo, labels)
        codes = self._codes(styles, len(labels), seed)
        z = self._noise(z, labels, seed, first)
        style_ids = checked_style_ids(style_id, labels, self.style_count)
        if self.G.draws_noise and len(labels) > 1:
            # One by one, since a generator draws from one rng for all images of a batch.
            given = [_each(own, labels) for own in (instances, codes, z)]
            images = [
                self(own, its_instances, None, its_id, seed, its_codes, first + index, its_z)
                for index, (own, its_id, its_instances, its_codes, its_z) in enumerate(
                    zip(labels, style_ids.split(1), *given)
                )
            ]
            return torch.cat(images)
        device, (height, width) = self.hardware.device, labels.shape[-2:]
        with self.hardware.autocast():
            condition = self.G.condition(
                self._padded(labels),
                None if instances is None else self._padded(instances),
                styles=codes,
                style_ids=style_ids.to(device),
                rng=self._rng(noise_seed(seed, first)),
                noise=z if z is None or z.dim() < 4 else F.pad(z, self._border(labels), mode="replicate"),
            )
            fake = self.G.generator(condition)
        fake = enlarge(fake, self.G.scale)  # (B, 3, H or more, W or more)
        return fake[..., :height, :width].float().to(labels.device)

    def pictures(
        self,
        batch: Batch,
        style_id: Tensor,
        styles: Tensor | None,
        seed: int,
        first: int,
        z: Tensor | None = None,
    ) -> Tensor:
        """Images (B, 3, H, W) of a batch's label maps in given styles, as `__call__` makes them."""
        return self(batch.labels, batch.instances, None, style_id, seed, styles, first, z)

    @torch.no_grad()
    def styles(self, photo: Tensor, labels: Tensor | None = None) -> Tensor:
        """The style codes of photos: (B, D), or (B, K, D), one a class, where each region has a style.

        `photo` (B, 3, H, W) in [-1, 1]; `labels` (B, H, W): the photos' own label maps. Without them every
        class gets the code of the whole photo. A class that is not in a photo's label map has the training
        set's mean code, or zero where the run keeps none. A VAE's style is the mean of its distribution.

        Raises ValueError for a generator without a style, sizes that differ, ids out of range.
        """
        encoder = self._encoder("a photo")
        labels = None if labels is None else checked_labels(labels, self.classes)
        check_photo(photo, labels, encoder.smallest)
        device = self.hardware.device
        labels = None if labels is None else labels.to(device)
        with self.hardware.autocast():
            codes = encoder.encode(photo.to(device), labels, None).codes.float()
        if labels is None or self.mean_styles is None:
            return codes
        present = torch.zeros_like(codes[..., 0], dtype=torch.bool).scatter_(1, labels.flatten(1), True)
        return torch.where(present[..., None], codes, self.mean_styles)

    def drawn_styles(self, seeds: Sequence[int]) -> Tensor:
        """Styles drawn at random, (B, D), each from a seed of its own; ValueError where they need a photo."""
        encoder = self._encoder("a seed")
        return torch.cat([encoder.prior(1, self._rng(seed)) for seed in seeds])

    def drawn_noise(self, seeds: Sequence[int]) -> Tensor:
        """Noise vectors of N(0, 1), (B, N), each from a seed of its own; ValueError where none is taken."""
        width = self._noise_width()
        draws = (self._rng(seed) for seed in seeds)
        return torch.cat([torch.randn((1, width), generator=rng, device=rng.device) for rng in draws])

    def add_style(self, like: int | None = None) -> int:
        """Adds a style to a generator with norm=cin and returns its id; only its parameters can be trained.

        `like`: the style that it starts from; None: the mean of all. See `models.norms.add_style`.

        Raises ValueError where the generator was prepared for inference.
        """
        if self.optimize:
            raise ValueError(
                "a generator that was prepared for inference cannot learn a style; "
                "open it with load_generator(run, optimize=False)"
            )
        new = add_style(self.G, like)
        self.style_count = new + 1
        return new

    def _encoder(self, given: str) -> Encoder:
        if self.G.encoder is None:
            raise ValueError(
                f"{given} was given for a style, but this generator's images depend on the label map alone; "
                "give none, or train with norm=sean or encoder=image"
            )
        return self.G.encoder

    def _codes(self, styles: Tensor | None, count: int, seed: int) -> Tensor | None:
        """Codes of `count` images: those given, else the mean ones, else drawn; None without an encoder."""
        if styles is None:
            if self.G.encoder is None:
                return None
            if self.mean_styles is None:
                return self.G.encoder.prior(count, self._rng(seed))
            styles = self.mean_styles
        shape = self._encoder("a style code").code_shape
        return checked_codes(styles, shape, count).to(self.hardware.device)

    def _noise_width(self) -> int:
        width = self.G.generator.noise_width
        if not width:
            raise ValueError(
                "z was given, but this generator takes no noise; give none, or train with generator.noise=64"
            )
        return width

    def _noise(self, z: Tensor | None, labels: Tensor, seed: int, first: int) -> Tensor | None:
        """The noise of label maps (B, H, W): that given, else drawn; None where the generator takes none."""
        if z is None:
            if not self.G.generator.noise_width:
                return None
            places = range(first, first + len(labels))
            return self.drawn_noise([noise_vector_seed(seed, 0, place) for place in places])
        z = checked_noise(z, labels, self.classes, self._noise_width())
        return z.to(self.hardware.device, torch.float32)

    def _padded(self, maps: Tensor) -> Tensor:
        """On the device, with the border repeated to the size that the generator's doublings need."""
        padded = F.pad(maps[:, None].double(), self._border(maps), mode="replicate")
        return padded[:, 0].to(self.hardware.device, torch.int64)

    def _border(self, maps: Tensor) -> tuple[int, int, int, int]:
        """What is added left, right, above and below, as `F.pad` takes it."""
        multiple = self.G.generator.multiple
        return 0, -maps.shape[-1] % multiple, 0, -maps.shape[-2] % multiple

    def _rng(self, seed: int) -> torch.Generator:
        return self.hardware.rng().manual_seed(seed)


def _each(given: Tensor | None, labels: Tensor) -> Iterable[Tensor | None]:
    """What is given for each label map of a batch."""
    return [None] * len(labels) if given is None else given.split(1)
