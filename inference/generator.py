"""Images from label maps with a trained generator, for people: what they give is checked."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from data.batch import Batch
from data.resample import enlarge
from engine.runtime.hardware import Hardware
from models.conditional_generator import ConditionalGenerator
from models.encoders.encoder import Encoder
from models.kernels.inference import prepare_for_inference
from models.norms import add_style


class LabelMapGenerator:
    """A trained generator as a function from label maps to images.

    `G`: in eval mode; `classes`: label ids are 0 .. classes - 1; `style_count`: style ids are
    0 .. style_count - 1; `mean_styles` (K, D): the style of what no photo shows, where the run keeps it;
    `optimize`: makes the generator ready for generation alone, in place: it cannot be trained then.
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
        self.classes = classes
        self.style_count = style_count
        self.hardware = hardware
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
    ) -> Tensor:
        """Images in [-1, 1], (B, 3, H, W), on the device of `labels`.

        `labels`: integer ids (B, H, W), or (H, W) for one image, of any size; `instances`: likewise, where
        the generator was trained with them. Where the generator takes a style: `photo` (B, 3, H, W) in
        [-1, 1] gives the style of a photo of these label maps, `styles` codes as `self.styles` answers them,
        one for each image or one for all; without both it is drawn at random, or the training set's mean.
        `style_id` (B,): 0 without it; `seed`: of all that is drawn.

        Raises ValueError for ids out of range, sizes that differ, and what the generator needs and lacks or
        has no use for.
        """
        labels = self._checked(labels)  # (B, H, W)
        instances = None if instances is None else _as_batch(instances)
        if instances is not None and instances.shape != labels.shape:
            raise ValueError(
                f"instances are {tuple(instances.shape)} and labels {tuple(labels.shape)}: they must agree"
            )
        if photo is not None:
            if styles is not None:
                raise ValueError("photo and styles both say what style to make; give one of them")
            # Of photos and label maps at their own size: the border is nobody's style.
            styles = self.styles(photo, labels)
        device, (height, width) = self.hardware.device, labels.shape[-2:]
        rng = self.hardware.rng().manual_seed(seed)
        with self.hardware.autocast():
            condition = self.G.condition(
                self._prepared(labels),
                None if instances is None else self._prepared(instances),
                styles=self._codes(styles, len(labels), rng),
                style_ids=self._checked_styles(style_id, labels).to(device),
                rng=rng,
            )
            fake = self.G.generator(condition)
        fake = enlarge(fake, self.G.scale)  # (B, 3, H or more, W or more)
        return fake[..., :height, :width].float().to(labels.device)

    def pictures(self, batch: Batch, style_id: Tensor, styles: Tensor | None, seed: int) -> Tensor:
        """Images (B, 3, H, W) of a batch's label maps in given styles, as `__call__` makes them.

        Noise that the generator adds is drawn from `seed` for each picture anew, as for a label map alone, so
        that neither its neighbours in the batch nor the number of processes shows.
        """
        if not self.G.draws_noise:
            return self(batch.labels, batch.instances, style_id=style_id, seed=seed, styles=styles)
        pictures = []
        for index in range(len(batch)):
            one = slice(index, index + 1)
            instances = None if batch.instances is None else batch.instances[one]
            codes = None if styles is None else styles[one]
            pictures.append(self(batch.labels[one], instances, None, style_id[one], seed, codes))
        return torch.cat(pictures)

    @torch.no_grad()
    def styles(self, photo: Tensor, labels: Tensor | None = None) -> Tensor:
        """The style codes of photos: (B, D), or (B, K, D), one a class, where each region has a style.

        `photo` (B, 3, H, W) in [-1, 1]; `labels` (B, H, W): the photos' own label maps. Without them the
        whole photo is one region, whose code every class gets. A class that is not in a photo's label map has
        the training set's mean code, or zero where the run keeps none. A style that the encoder answers as a
        distribution (VAE) is its mean.

        Raises ValueError for a generator without a style, sizes that differ, ids out of range.
        """
        encoder = self._encoder("photo")
        if labels is not None:
            labels = self._checked(labels)
        _check_photo(photo, labels, encoder.smallest)
        device = self.hardware.device
        labels = None if labels is None else labels.to(device)
        with self.hardware.autocast():
            codes = encoder.encode(photo.to(device), labels, None).codes.float()
        if labels is None or self.mean_styles is None:
            return codes
        shown = torch.zeros_like(codes[..., 0], dtype=torch.bool).scatter_(1, labels.flatten(1), True)
        return torch.where(shown[..., None], codes, self.mean_styles)

    def drawn_styles(self, seeds: Sequence[int]) -> Tensor:
        """Styles drawn at random, (B, D), each from a seed of its own; ValueError where they need a photo."""
        encoder = self._encoder("a seed")
        draws = [encoder.prior(1, self.hardware.rng().manual_seed(seed)) for seed in seeds]
        return torch.cat(draws)

    def add_style(self, like: int | None = None) -> int:
        """One more style for a generator with norm=cin, and its id; only its rows can be trained.

        `like`: the style that it starts from; None: the mean of all. See `models.norms.add_style`.

        Raises ValueError where the generator was made ready for generation alone.
        """
        if self.optimize:
            raise ValueError(
                "a generator that was made ready for generation alone cannot learn a style; "
                "open it with load_generator(run, optimize=False)"
            )
        new = add_style(self.G, like)
        self.style_count = new + 1
        return new

    def _encoder(self, given: str) -> Encoder:
        if self.G.encoder is None:
            raise ValueError(
                f"{given} was given for a style, but this generator's images depend on the label map alone; "
                "leave it out, or train with norm=sean or encoder=image"
            )
        return self.G.encoder

    def _codes(self, styles: Tensor | None, count: int, rng: torch.Generator) -> Tensor | None:
        """Codes of `count` images: those given, else the mean ones, else drawn; None where there are none."""
        if styles is None:
            if self.G.encoder is None:
                return None
            if self.mean_styles is None:
                return self.G.encoder.prior(count, rng)
            styles = self.mean_styles
        shape = self._encoder("styles").code_shape
        batch = styles.shape[: styles.dim() - len(shape)]
        if styles.shape[len(batch) :] != shape or tuple(batch) not in ((), (1,), (count,)):
            raise ValueError(
                f"styles are {tuple(styles.shape)}; this generator takes {shape} for all images, "
                f"or {(count, *shape)}, one for each"
            )
        return styles.to(self.hardware.device).expand(count, *shape)

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
        multiple = self.G.generator.multiple
        below, right = -maps.shape[-2] % multiple, -maps.shape[-1] % multiple
        padded = F.pad(maps[:, None].double(), (0, right, 0, below), mode="replicate")
        return padded[:, 0].to(self.hardware.device, torch.int64)


def _as_batch(maps: Tensor) -> Tensor:
    maps = maps.long()
    return maps[None] if maps.dim() == 2 else maps


def _check_photo(photo: Tensor, labels: Tensor | None, smallest: int) -> None:
    if labels is not None and photo.shape != (len(labels), 3, *labels.shape[1:]):
        raise ValueError(
            f"photo is {tuple(photo.shape)} and labels {tuple(labels.shape)}: "
            "(B, 3, H, W) and (B, H, W) must agree"
        )
    if photo.dim() != 4 or photo.shape[1] != 3 or not photo.is_floating_point():
        raise ValueError(
            f"photo is {photo.dtype} of shape {tuple(photo.shape)}; give floats in [-1, 1], (B, 3, H, W)"
        )
    if min(photo.shape[-2:]) < smallest:
        raise ValueError(f"photo is {tuple(photo.shape)}: its style needs {smallest} pixels a side or more")
