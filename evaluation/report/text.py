"""The numbers as lines for a terminal."""

from __future__ import annotations

from evaluation.protocol import Protocol, Rows


def numbers_text(metrics: Rows, protocol: Protocol) -> str:
    """One line a metric: the model's figure, then the scale's, then how they were made."""
    names = [name for name in metrics["model"] if name != "images"]
    width = max(len(protocol.metric_name(name)) for name in names)
    lines = [" " * width + "".join(f"{row:>14}" for row in metrics)]
    for name in names:
        figures = "".join(f"{row[name]:14.4g}" if name in row else f"{'':14}" for row in metrics.values())
        lines.append(f"{protocol.metric_name(name):<{width}}{figures}")
    lines.append("; ".join(f"{what}: {how}" for what, how in protocol.describe()))
    return "\n".join(lines)
