"""The table of data sets: a configuration's name for one leads to its reader, and to nothing else.

To add one: a file here with its reader (see source.py), its class list beside it, a line in the table.
"""

from __future__ import annotations

from collections.abc import Callable

from data.sources.camvid import CamVid
from data.sources.folder import Folder
from data.sources.scenes import Scenes
from data.sources.source import Source

SOURCES: dict[str, Callable[..., Source]] = {
    "camvid": CamVid,
    "folder": Folder.from_root,
    "scenes": Scenes,
}
