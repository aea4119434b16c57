"""What users give a generator: label maps, photos, style ids and codes in range and of matching sizes."""

from __future__ import annotations

from torch import Tensor


def checked_labels(labels: Tensor, classes: int) -> Tensor:
    """Label maps as int64 (B, H, W), from integer ids (H, W) or (B, H, W) in 0 .. classes - 1."""
    if labels.is_floating_point() or labels.dim() not in (2, 3) or labels.numel() == 0:
        found = f"labels are {labels.dtype} of shape {tuple(labels.shape)}"
        raise ValueError(f"{found}; give integer ids, (H, W) or (B, H, W)")
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= classes:
        raise ValueError(f"label ids run from {lowest} to {highest}; this generator knows 0 to {classes - 1}")
    return _batched(labels)


def checked_instances(instances: Tensor, labels: Tensor) -> Tensor:
    """Instance maps as int64, of the size of the label maps (B, H, W)."""
    instances = _batched(instances)
    if instances.shape != labels.shape:
        shapes = f"instances are {tuple(instances.shape)} and labels {tuple(labels.shape)}"
        raise ValueError(f"{shapes}: they must agree")
    return instances


def checked_style_ids(style_ids: Tensor | None, labels: Tensor, style_count: int) -> Tensor:
    """One id a label map, int64 (B,), in 0 .. style_count - 1; 0 where none are given."""
    if style_ids is None:
        return labels.new_zeros(len(labels))
    if style_ids.is_floating_point() or style_ids.shape != (len(labels),):
        found = f"style_id is {style_ids.dtype} of shape {tuple(style_ids.shape)}"
        raise ValueError(f"{found}; give one integer id a label map, ({len(labels)},)")
    if int(style_ids.min()) < 0 or int(style_ids.max()) >= style_count:
        raise ValueError(f"style ids {style_ids.tolist()}: this run knows 0 to {style_count - 1}")
    return style_ids.long()


def checked_codes(codes: Tensor, shape: tuple[int, ...], count: int) -> Tensor:
    """Style codes of `count` images, (count, *shape), from one code for each or one for all."""
    batch = codes.shape[: codes.dim() - len(shape)]
    if codes.shape[len(batch) :] != shape or tuple(batch) not in ((), (1,), (count,)):
        takes = f"this generator takes {shape} for all images, or {(count, *shape)}, one for each"
        raise ValueError(f"styles are {tuple(codes.shape)}; {takes}")
    return codes.expand(count, *shape)


def checked_noise(z: Tensor, labels: Tensor, classes: int, width: int) -> Tensor:
    """Noise of label maps (B, H, W): vectors (B, N), one a class (B, K, N), or maps (B, N, H, W).

    From as many, or from one for all; a vector for all may be (N,).
    """
    count, height, width_in_pixels = labels.shape
    z = z[None] if z.dim() == 1 else z
    shapes = {2: (width,), 3: (classes, width), 4: (width, height, width_in_pixels)}
    if not z.is_floating_point() or z.shape[1:] != shapes.get(z.dim()) or len(z) not in (1, count):
        takes = (
            f"({count}, {width}), ({count}, {classes}, {width}), one vector a class, or {(count, *shapes[4])}"
        )
        raise ValueError(f"z is {z.dtype} of shape {tuple(z.shape)}; this generator takes floats {takes}")
    return z.expand(count, *z.shape[1:])


def check_photo(photo: Tensor, labels: Tensor | None, smallest: int) -> None:
    """Photos are floats (B, 3, H, W), of their label maps' size, at least `smallest` pixels a side."""
    if labels is not None and photo.shape != (len(labels), 3, *labels.shape[1:]):
        shapes = f"photo is {tuple(photo.shape)} and labels {tuple(labels.shape)}"
        raise ValueError(f"{shapes}: (B, 3, H, W) and (B, H, W) must agree")
    if photo.dim() != 4 or photo.shape[1] != 3 or not photo.is_floating_point():
        found = f"photo is {photo.dtype} of shape {tuple(photo.shape)}"
        raise ValueError(f"{found}; give floats in [-1, 1], (B, 3, H, W)")
    if min(photo.shape[-2:]) < smallest:
        raise ValueError(f"photo is {tuple(photo.shape)}: its style needs {smallest} pixels a side or more")


def _batched(maps: Tensor) -> Tensor:
    maps = maps.long()
    return maps[None] if maps.dim() == 2 else maps
