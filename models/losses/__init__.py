"""The GAN objectives by name. To add one: a file here, a line in this table, its options in the schema."""

from models.losses.objective import GanObjective
from models.losses.patch import ADVERSARIAL_LOSSES, PatchObjective
from models.losses.projected import ProjectedObjective
from models.losses.segmentation import SegmentationObjective

OBJECTIVES: dict[str, type[GanObjective]] = {
    "patch": PatchObjective,
    "segmentation": SegmentationObjective,
    "projected": ProjectedObjective,
}

__all__ = [
    "ADVERSARIAL_LOSSES",
    "OBJECTIVES",
    "GanObjective",
    "PatchObjective",
    "ProjectedObjective",
    "SegmentationObjective",
]
