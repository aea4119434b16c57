"""Rules across the options of test.py; torch is not imported, so that mistakes are answered at once."""

from __future__ import annotations

from options.schema.testing import PairOptions, TestOptions

OF_A_RUN = (
    "checkpoint", "split", "dataset", "instances", "photos", "images", "train_images", "seed", "ema",
    "samples", "style", "style_labels", "interpolate", "style_name",
)  # fmt: skip


def check_testing(options: TestOptions) -> None:
    """Raises ValueError where options contradict each other, or one would not be read."""
    if (options.generated is None) != (options.real is None):
        missing = "real" if options.real is None else "generated"
        raise ValueError(f"{missing} must be given: pictures are measured with generated=DIR real=DIR")
    if options.generated is not None:
        _check_folders(options)
        return
    if options.name is None:
        raise ValueError("name must be given: add name=... (or generated=DIR real=DIR, without a run)")
    if options.pairs != PairOptions():
        raise ValueError("pairs.* goes with generated=DIR real=DIR; a run's pictures have the run's size")
    for name in ("instances", "photos"):
        if options.labels is None and getattr(options, name) is not None:
            raise ValueError(f"{name}={getattr(options, name)} goes with labels=DIR; add it")


def _check_folders(options: TestOptions) -> None:
    defaults = TestOptions()
    for name in OF_A_RUN:
        if getattr(options, name) != getattr(defaults, name):
            raise ValueError(f"{name} goes with a run, name=...; generated=DIR real=DIR does not read it")
    if options.name is not None:
        raise ValueError(f"name={options.name} does not go with generated=DIR, which needs no run; drop one")
    if options.labels is None:
        if options.segmenter.path is not None:
            raise ValueError("segmenter.path compares with label maps; add labels=DIR")
        if options.pairs.num_classes is not None:
            raise ValueError("pairs.num_classes counts the classes of label maps; add labels=DIR")
    if (options.pairs.height is None) != (options.pairs.width is None):
        raise ValueError("pairs.height and pairs.width go together; give both or none")
