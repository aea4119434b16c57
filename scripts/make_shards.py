"""Writes a data set as tar shards: `python scripts/make_shards.py dataset=… dataset.root=… out=DIR`.

Train on them with `dataset=webdataset dataset.root=DIR`, or with the URL of a copy. Stopped half-way, the
same command goes on, and leaves the same files as if it had not been stopped.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import command
from options.schema import ShardsOptions


def start(options: ShardsOptions, overrides: list[str]) -> None:
    """Writes every split that the data set has."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    from tqdm import tqdm

    from data.loader import warn_above_bars
    from data.sources.shards.write import ShardPlan, write_shards
    from data.sources.source import open_splits
    from options.build.data import build_source, resolve_dataset

    out, on_error = Path(options.out), options.dataset.on_error
    resolve_dataset(options.dataset, log=print)
    sources, absent, refused = open_splits(partial(build_source, options.dataset), options.splits)
    for why in (*refused.values(), *(absent.values() if not sources else ())):
        raise ValueError(why)
    for split, why in absent.items():
        print(f"{split}: absent ({why})")
    for split, source in sources.items():
        made = {"dataset": asdict(options.dataset), "split": split}
        plan = ShardPlan(options.records, options.quality, shuffle=split == "train", made=made)
        with tqdm(total=len(source), desc=split, unit="record", dynamic_ncols=True, leave=False) as bar:
            index = write_shards(
                source, out / split, plan, options.num_workers, on_error, bar.update, warn_above_bars
            )
        assert index.shards is not None, "they are complete"
        print(f"{split}: {sum(index.shards.values())} records in {len(index.shards)} shards")
    print(f"train on them with: python train.py name=RUN dataset=webdataset dataset.root={out} …")


if __name__ == "__main__":
    command("make_shards", ShardsOptions, start)
