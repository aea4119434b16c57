"""Official CLADE generators (Tan et al. 2021): SPADE's body with another norm, in SPADE's code."""

from __future__ import annotations

import re

from models.official import spade
from models.official.infer_config import Setup
from models.official.key_mapping import KeyMap
from models.official.release_files import Options, TensorFile

AFFINE = "class_specified_affine"
NAMES = spade.NAMES | {".gamma": f".{AFFINE}.weight", ".beta": f".{AFFINE}.bias"}
OTHERS = {
    r".*\.inst_conv\.": "the instance border beside what each norm returns (no_instance=False)",
    rf".*\.{AFFINE}\.dist_conv_": "a positional encoding in its norms (add_dist, CLADE-ICPE)",
}
"""Tensors of what the norm here does not have, and what that is."""


class Clade(spade.Spade):
    """The ones for data sets without instances; the norm has nothing but a row a class."""

    mark = rf"head_0\.norm_0\.{AFFINE}\."

    def label_tensor(self, file: TensorFile) -> str | None:
        return f"{self.first_norm}.{AFFINE}.weight" if file.has(self.mark) else None

    def setup(self, known: Options, file: TensorFile, tensor: str, D: TensorFile | None) -> Setup:
        for pattern, what in OTHERS.items():
            found = next((name for name in file.tensors if re.match(pattern, name)), None)
            if found is not None:
                raise ValueError(f"{file.path}: tensor {found!r} belongs to {what}; it cannot be opened")
        classes, _ = file.shape(tensor, 2)
        return Setup(known | {"no_instance": True}, classes, f"{file.path}: tensor {tensor!r}")

    def norm(self, file: TensorFile) -> Options:
        return {"name": "clade"}

    def key_map(self) -> KeyMap:
        return KeyMap("CLADE generator", NAMES, optional=spade.OPTIONAL)
