"""A bar over batches that counts their pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from tqdm import tqdm

from data.batch import Batch

Item = TypeVar("Item", bound=Batch | tuple[object, Batch])


@dataclass(frozen=True)
class ProgressBar(Generic[Item]):
    """`items` with a bar that is gone when they are: what there is to say is printed afterwards.

    `items`: batches, or pairs of something and its batch; `what` is done with them; `total` pictures in
    all; `visible`: in one of several processes.
    """

    items: Iterable[Item]
    what: str
    total: int
    visible: bool

    def __iter__(self) -> Iterator[Item]:
        # The bar goes with this generator, so nobody may hold one whose loop has failed: hence the class.
        with tqdm(
            total=self.total,
            desc=self.what,
            unit="picture",
            dynamic_ncols=True,
            leave=False,
            disable=not self.visible,
        ) as bar:
            for item in self.items:
                yield item
                bar.update(len(item[1] if isinstance(item, tuple) else item))
