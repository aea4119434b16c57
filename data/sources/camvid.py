"""CamVid: street scenes filmed from a car, as Cambridge published them and as SegNet's authors arranged them.

Brostow et al., "Semantic object classes in video: a high-definition ground truth database", 2009, for the 32
classes; Badrinarayanan et al., "SegNet", 2015, for the 11 classes and the split.
"""

from __future__ import annotations

from pathlib import Path

from data.sources.classes import UNKNOWN, read_label_set
from data.sources.file_source import FileList, FileSource, require_same_names
from data.sources.label_format import IdsOrColours, LabelFormat, StoredColours, StoredIds
from data.sources.pairing import require_folder, require_split
from data.sources.source import SplitAbsent

SPLITS = ("train", "val", "test")
FILMS = ("0001TP", "0006R0", "0016E5", "Seq05VD")  # those of every split, so that style ids agree
PHOTOS, LABELS = "701_StillsRaw_full", "LabeledApproved_full"

ELEVEN = read_label_set(Path(__file__).with_suffix(".csv"))
THIRTY_TWO = read_label_set(Path(__file__).with_name("camvid_32.csv"))  # in the order of label_colors.txt

GROUPS = {
    "sky": ("Sky",),
    "building": ("Archway", "Bridge", "Building", "Tunnel", "Wall"),
    "pole": ("Column_Pole", "TrafficCone"),
    "road": ("LaneMkgsDriv", "LaneMkgsNonDriv", "Road"),
    "pavement": ("ParkingBlock", "RoadShoulder", "Sidewalk"),
    "tree": ("Tree", "VegetationMisc"),
    "sign": ("Misc_Text", "SignSymbol", "TrafficLight"),
    "fence": ("Fence",),
    "car": ("Car", "OtherMoving", "SUVPickupTruck", "Train", "Truck_Bus"),
    "pedestrian": ("Animal", "CartLuggagePram", "Child", "Pedestrian"),
    "bicyclist": ("Bicyclist", "MotorcycleScooter"),
    UNKNOWN: (UNKNOWN,),
}
"""The 11 classes in terms of the 32."""


COLOUR_OF = dict(zip(THIRTY_TWO.names, THIRTY_TWO.colours))
ELEVEN_BY_COLOUR = {
    COLOUR_OF[name]: ELEVEN.names.index(group) for group, names in GROUPS.items() for name in names
}
LABEL_FORMATS: dict[int, LabelFormat] = {
    11: IdsOrColours(StoredIds.in_order(ELEVEN, unknown=11), StoredColours(ELEVEN, ELEVEN_BY_COLOUR)),
    32: IdsOrColours(StoredIds.in_order(THIRTY_TWO, unknown=31), StoredColours(THIRTY_TWO)),
}
"""By the number of classes: 11 and unknown, or Cambridge's 32, of which Void is unknown."""


def label_format(classes: int = 11) -> LabelFormat:
    """How label maps of `classes` classes are stored."""
    return LABEL_FORMATS[classes]


def open_camvid(root: str | Path, split: str, classes: int = 11) -> FileSource:
    """One split, in the arrangement that `root` has.

    SegNet's: ROOT/train/NAME.png with ids in ROOT/trainannot/NAME.png; likewise val and test; 11 classes.
    Cambridge's: ROOT/701_StillsRaw_full/NAME.png with ROOT/LabeledApproved_full/NAME_L.png, in colours;
    `classes` is 32, or 11 for SegNet's groups of them; the splits are SegNet's.
    The style is the film, the first part of NAME: 0001TP is filmed at dusk, the others by day.

    Raises ValueError where the root has neither, a frame has no partner, or a film is unknown.
    """
    require_split(split, SPLITS, "CamVid has")
    stored = label_format(classes)
    expected = (
        f"CamVid as SegNet arranges it, {split}/NAME.png with {split}annot/NAME.png, "
        f"or Cambridge's {PHOTOS}/NAME.png with {LABELS}/NAME_L.png"
    )
    root = require_folder(root, expected)
    original = (root / PHOTOS).is_dir() or (root / LABELS).is_dir()
    if classes != 11 and not original:
        raise ValueError(
            f"{root}: dataset.classes={classes} needs {PHOTOS} and {LABELS} in it; "
            "SegNet's arrangement has 11 classes"
        )
    folder, ending = (LABELS, "_L.png") if original else (f"{split}annot", ".png")
    labels = FileList.find(root / folder, ending, expected)
    photos = FileList.find(root / (PHOTOS if original else split), ".png", expected)
    require_same_names(labels, photos)
    for index, name in enumerate(labels.names):
        if (film := name.split("_")[0]) not in FILMS:
            raise ValueError(
                f"{labels[index]}: film {film!r} is not one of {', '.join(FILMS)}; "
                "names begin with their film and an underscore"
            )
    if original:
        names = [name for name in labels.names if _split(name) == split]
        if not names:
            raise SplitAbsent(f"{root / LABELS}: no frame is of split={split}; unpack all of CamVid")
        labels, photos = labels.only(names), photos.only(names)
    return FileSource(stored, labels, photos, styles=FILMS, style_of=_style)


def _style(name: str) -> int:
    return FILMS.index(name.split("_")[0])


def _split(name: str) -> str:
    """SegNet's split: 0001TP is halved, and a stretch of 0016E5 that is labelled more densely is val."""
    film, _, frame = name.partition("_")
    if film == "Seq05VD" or (film == "0001TP" and frame > "008520"):
        return "test"
    return "val" if film == "0016E5" and "07959" <= frame <= "08159" else "train"
