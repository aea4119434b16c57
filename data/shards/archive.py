"""The records inside a tar archive."""

from __future__ import annotations

import tarfile
from pathlib import Path

from webdataset.tariterators import base_plus_ext

from data.sources.tar_member import TarMember


def records_in(archive: Path) -> list[dict[str, TarMember]]:
    """For each record, in order, its files by their endings ("photo.jpg"); only headers are read.

    Files that follow each other belong together where their names up to the first dot are equal, as the
    webdataset library has it. Raises ValueError where the archive cannot be read to its end.
    """
    records: list[dict[str, TarMember]] = []
    last = None
    try:
        with tarfile.open(archive, "r:") as opened:
            for info in opened:
                key, ending = base_plus_ext(info.name)
                if not info.isreg() or key is None:
                    continue
                if key != last:
                    records.append({})
                    last = key
                records[-1][ending.lower()] = TarMember(archive, info.name, info.offset_data, info.size)
    except (tarfile.TarError, OSError) as error:
        raise ValueError(
            f"{archive}: cannot be read as an uncompressed tar archive ({error}); make or fetch it again"
        ) from error
    return records
