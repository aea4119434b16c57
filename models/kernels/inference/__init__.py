"""Trained networks made ready to generate: what does not depend on the label map is computed once."""

from models.kernels.inference.prepare import prepare_for_inference

__all__ = ["prepare_for_inference"]
