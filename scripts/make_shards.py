"""Writes a data set as tar shards: `python scripts/make_shards.py dataset=… dataset.root=… out=DIR`.

Train on them with `dataset=webdataset dataset.root=DIR`, or with the URL of a copy. Stopped half-way, the
same command goes on, and leaves the same files as if it had not been stopped.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from options.cli import command
from options.schema import ShardsOptions

if TYPE_CHECKING:
    from data.sources.source import Source


def start(options: ShardsOptions, overrides: list[str]) -> None:
    """Writes every split that the data set has."""
    # What imports torch is imported here: --help and mistyped options are answered without it.
    from options.build.sources import settle, split_sources

    out = Path(options.out)
    settle(options.dataset)
    sources, absent, refused = split_sources(options.dataset, options.splits)
    for why in (*refused.values(), *(absent.values() if not sources else ())):
        raise ValueError(why)
    for split, why in absent.items():
        print(f"{split}: absent ({why})")
    for split, source in sources.items():
        write_split(options, source, split, out / split)
    print(f"train on them with: python train.py name=RUN dataset=webdataset dataset.root={out} …")


def write_split(options: ShardsOptions, source: Source, split: str, folder: Path) -> None:
    """One split, with a progress bar."""
    from tqdm import tqdm

    from data.loader import say_above_bars
    from data.shards.write import ShardPlan, write_shards

    plan = ShardPlan(
        options.records,
        options.quality,
        shuffle=split == "train",
        made={"dataset": asdict(options.dataset), "split": split},
    )
    with tqdm(total=len(source), desc=split, unit="record", dynamic_ncols=True, leave=False) as bar:
        on_error = options.dataset.on_error
        index = write_shards(source, folder, plan, options.num_workers, on_error, bar.update, say_above_bars)
    assert index.shards is not None, "they are complete"
    print(f"{split}: {sum(shard.records for shard in index.shards)} records in {len(index.shards)} shards")


if __name__ == "__main__":
    command("make_shards", ShardsOptions, start)
