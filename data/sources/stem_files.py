"""Published data sets name the files of one picture after one stem: STEM.jpg, STEM_labelIds.png, …"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from data.sources.label_format import LabelFormat
from data.sources.packed_strings import PackedStrings
from data.sources.pairing import files_in
from data.sources.reading import read_record
from data.sources.source import Record

ONE_STYLE = ("default",)


@dataclass(frozen=True)
class Place:
    """Where the files of one kind lie: `folder`/STEM`ending`."""

    folder: Path
    ending: str

    def file(self, stem: str) -> Path:
        """The file of a stem, which may begin with folders of its own."""
        return self.folder / f"{stem}{self.ending}"

    def stems(self, expected: str) -> list[str]:
        """The stems of all files here, sorted; other files are left alone.

        Raises ValueError, saying what was `expected`, where the folder is missing, closed or has none.
        """
        names, length = files_in(self.folder, expected), len(self.ending)
        stems = sorted(name[:-length] for name in names if name.endswith(self.ending))
        if not stems:
            raise ValueError(
                f"{self.folder}: the name of none of its {len(names)} files ends in {self.ending}; "
                f"expected {expected}"
            )
        return stems

    def __str__(self) -> str:
        return f"{self.folder}/*{self.ending}"


def shared_stems(places: Iterable[Place], expected: str) -> list[str]:
    """The stems that the files of all places have, sorted; one kind of file each place.

    Raises ValueError where a place is missing or empty, or with counts and the first stems where one has
    files that another has not.
    """
    first, *others = places
    return same_stems(first, first.stems(expected), [(place, place.stems(expected)) for place in others])


def same_stems(first: Place, stems: list[str], others: Iterable[tuple[Place, list[str]]]) -> list[str]:
    """`stems` of the first place; ValueError, as `shared_stems` raises it, where another has not the same."""
    for place, found in others:
        if found != stems:
            alone = [
                *_alone(sorted(set(stems) - set(found)), first, place),
                *_alone(sorted(set(found) - set(stems)), place, first),
            ]
            raise ValueError(f"{'; '.join(alone)}: unpack the archives again, or remove what has no partner")
    return stems


def _alone(stems: list[str], here: Place, there: Place) -> list[str]:
    if not stems:
        return []
    more = ", …" if len(stems) > 3 else ""
    return [f"{len(stems)} of {here} have no partner in {there} ({', '.join(stems[:3])}{more})"]


def first_style(stem: str) -> int:
    """The style of every picture of a data set that has one."""
    return 0


class StemSource:
    """A split whose files are named after one stem each.

    `labels`, `photos`, `instances`: where they lie, None where there are no instance maps; `styles`: names of
    the styles, `style_of` a stem's id among them; `enlarge`: label maps may be smaller than their photos by a
    whole factor, by which they are enlarged.
    """

    def __init__(
        self,
        stems: Iterable[str],
        label_format: LabelFormat,
        labels: Place,
        photos: Place,
        instances: Place | None = None,
        styles: tuple[str, ...] = ONE_STYLE,
        style_of: Callable[[str], int] = first_style,
        enlarge: bool = False,
    ) -> None:
        self.label_set = label_format.label_set
        self.has_instances = instances is not None
        self.styles = styles
        self._label_format = label_format
        self._labels, self._photos, self._instances = labels, photos, instances
        self._style_of = style_of
        self._enlarge = enlarge
        self._stems = PackedStrings(stems)

    def __len__(self) -> int:
        return len(self._stems)

    def read(self, index: int) -> Record:
        """Reads one picture; raises ValueError naming the file, what is wrong with it and the remedy."""
        stem = self._stems[index]
        record = read_record(
            self._labels.file(stem),
            self._photos.file(stem),
            None if self._instances is None else self._instances.file(stem),
            self._label_format,
            self._style_of(stem),
            self._enlarge,
        )
        return replace(record, name=stem.rpartition("/")[2])
