"""Official OASIS releases (Schönfeld et al. 2021)."""

from __future__ import annotations

from models.official.key_mapping import KeyMap

DISCRIMINATOR_NAMES = {f"decoder.blocks.{block}.conv_0.": f"body_up.{block}.conv1.2." for block in range(6)}
DISCRIMINATOR_NAMES |= {
    "encoder.0.conv_0.": "encoder.0.conv1.0.",
    ".conv_0.": ".conv1.1.",
    ".conv_1.": ".conv2.1.",
}
DISCRIMINATOR_NAMES |= {"encoder.": "body_down.", "decoder.blocks.": "body_up.", ".shortcut.": ".conv_s."}
DISCRIMINATOR_NAMES |= {"decoder.to_logits.": "layer_up_last."}
DISCRIMINATOR = KeyMap("OASIS discriminator", DISCRIMINATOR_NAMES)
