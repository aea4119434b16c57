"""Anybody's own data: a folder of label maps, one of photos, one of instance maps."""

from __future__ import annotations

from pathlib import Path

from data.sources.label_format import LabelFormat
from data.sources.packed_strings import PackedStrings
from data.sources.pairing import pair, pictures_in, require_folder
from data.sources.reading import read_record
from data.sources.source import Record


class Folder:
    """Label maps with the photos and instance maps of the same names.

    `labels`: folder of label maps, stored in `label_format`; `photos`: folder of photos, or None to
    generate from label maps alone; `instances`: folder of instance maps, or None where there are none;
    `pairing`: "name" (file name without ending) or "sorted" (n-th with n-th, whatever the names).

    Raises ValueError where a folder is missing or empty, or a file has no partner.
    """

    styles: tuple[str, ...] = ("default",)

    def __init__(
        self,
        labels: Path,
        photos: Path | None,
        instances: Path | None,
        label_format: LabelFormat,
        pairing: str = "name",
    ) -> None:
        self.label_set = label_format.label_set
        self.has_instances = instances is not None
        self._label_format = label_format
        self._folders = (labels, photos, instances)
        names = pictures_in(labels, "label maps")
        self._labels = PackedStrings(names)
        self._photos = self._partners(names, photos, "photos", pairing)
        self._instances = self._partners(names, instances, "instance maps", pairing)

    @classmethod
    def from_root(cls, root: Path, split: str, label_format: LabelFormat, pairing: str = "name") -> Folder:
        """Opens ROOT/SPLIT/labels and ROOT/SPLIT/photos, and ROOT/SPLIT/instances where it exists."""
        require_folder(root, f"{split}/labels and {split}/photos in it (and {split}/instances, if wanted)")
        instances = root / split / "instances"
        return cls(
            root / split / "labels",
            root / split / "photos",
            instances if instances.is_dir() else None,
            label_format,
            pairing,
        )

    def __len__(self) -> int:
        return len(self._labels)

    def read(self, index: int) -> Record:
        """Reads one pair; raises ValueError naming the file, what is wrong with it and the remedy."""
        labels, photos, instances = self._folders
        return read_record(
            labels / self._labels[index],
            None if photos is None else photos / self._photos[index],
            None if instances is None else instances / self._instances[index],
            self._label_format,
        )

    def _partners(self, labels: list[str], folder: Path | None, expected: str, pairing: str) -> PackedStrings:
        if folder is None:
            return PackedStrings([])
        return PackedStrings(pair(labels, self._folders[0], pictures_in(folder, expected), folder, pairing))
