"""The curves of a run as small charts of one scale each, drawn as SVG: losses, and figures along the way."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

GROUPS = ("evaluation", "generator", "discriminator")
POINTS = 240  # of a curve; more rows than that are averaged in stretches
WIDTH, HEIGHT = 1000, 300  # in the drawing's own units; the page stretches it

Curve = list[tuple[float, float]]


def charts(log: Sequence[Mapping[str, float]]) -> str:
    """A chart for each curve of `GROUPS` (generator/...) that two rows of the log know; "" for none."""
    names = dict.fromkeys(name for row in log for name in row if name.split("/")[0] in GROUPS)
    ordered = sorted(names, key=lambda name: name.split("/")[0] != "evaluation")
    curves = {name: _curve(log, name) for name in ordered}
    drawn = "".join(_chart(name, curve) for name, curve in curves.items() if len(curve) > 1)
    return f'<div class="charts">{drawn}</div>' if drawn else ""


def _curve(log: Sequence[Mapping[str, float]], name: str) -> Curve:
    """(images, value) in the log's order, averaged to at most `POINTS`; NaN and infinity left out."""
    points = [
        (float(row["images"]), float(row[name])) for row in log if math.isfinite(row.get(name, math.nan))
    ]
    stretch = -(-len(points) // POINTS) or 1
    stretches = [points[start : start + stretch] for start in range(0, len(points), stretch)]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in stretches]


def _chart(name: str, curve: Curve) -> str:
    group, _, figure = name.partition("/")
    words = escape(f"{group}: {figure.replace('_', ' ')}")
    values = [value for _, value in curve]
    first, last = curve[0][0], curve[-1][0]
    return (
        f'<figure class="chart {group}"><figcaption>{words}<span>{values[-1]:.3g}</span></figcaption>'
        f'<div class="plot"><span>{max(values):.3g}</span><span>{min(values):.3g}</span>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" aria-label="{words}">'
        f'<polyline points="{_points(curve)}"/></svg></div>'
        f'<p class="along"><span>{first:,.0f}</span><span>{last:,.0f} images</span></p></figure>'
    )


def _points(curve: Curve) -> str:
    """The curve in the drawing's units, filling it from edge to edge."""
    images, values = [x for x, _ in curve], [y for _, y in curve]
    across = WIDTH / ((images[-1] - images[0]) or 1.0)
    up = HEIGHT / ((max(values) - min(values)) or 1.0)
    return " ".join(f"{(x - images[0]) * across:.1f},{HEIGHT - (y - min(values)) * up:.1f}" for x, y in curve)
