"""The table of a study: of each row the mean over runs that differ by their seeds, and the spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pandas import DataFrame, concat, isna

from evaluation.metrics import ARROWS, MetricSpec, metric_label, written
from evaluation.studies.comparison import INCOMPARABLE, Comparison, markdown

CHOSEN = ("fd_", "fid_", "miou_", "lpips_", "ssim", "psnr")
"""Beginnings of the metrics that the table shows, in its order; within one, in that of the runs."""
NOT_CHOSEN = ("miou_unknown_", "lpips_diversity_")
DEVIATION, LOW, HIGH = "_deviation", "_low", "_high"
"""Ends of a metric's columns beside its mean."""
DETAILS = ("style_from", "seeds", "generator_parameters", "encoder_parameters", "images_per_second")
"""The columns that are no metrics."""


def seed_table(comparison: Comparison, rows: Mapping[str, Sequence[str]], details: DataFrame) -> DataFrame:
    """The table as table.csv holds it, indexed by "row": those of the study, then the references.

    `rows`: the runs of each row; `details`, indexed by row: the columns of `DETAILS` but seeds, empty where
    there is nothing. A metric has four columns: the mean, the standard deviation of one seed (divided by
    count - 1; 0 for one seed, infinite where a value is), the lowest and the highest value. They are empty
    where a run lacks the metric.
    """
    chosen = dict.fromkeys(
        name
        for start in CHOSEN
        for name in comparison.headings
        if f"{name}_".startswith(start) and not name.startswith(NOT_CHOSEN)
    )
    headings = [comparison.headings[name] for name in chosen]
    row_of_run = {run: row for row, runs in rows.items() for run in runs}
    of_row = comparison.runs.rename(columns=comparison.headings)[headings].groupby(row_of_run, sort=False)
    mean = of_row.mean().where(of_row.count().eq(of_row.size(), axis=0))
    deviation = of_row.std().fillna(0.0).where(np.isfinite(mean), np.inf)
    ends = {"": mean, DEVIATION: deviation, LOW: of_row.min(), HIGH: of_row.max()}
    table = concat([of.where(mean.notna()).add_suffix(end) for end, of in ends.items()], axis=1)
    table = table[[heading + end for heading in headings for end in ends]]
    table = table.join(details.assign(seeds=of_row.size())[list(DETAILS)])
    counts = dict.fromkeys(("seeds", "generator_parameters", "encoder_parameters"), "Int64")
    references = comparison.references.rename(columns=comparison.headings)[headings]
    return concat([table, references]).astype(counts).rename_axis("row")


def metrics_of(table: DataFrame) -> list[str]:
    """The headings of the metrics in a table."""
    return [name.removesuffix(DEVIATION) for name in table.columns if name.endswith(DEVIATION)]


def label_of(heading: str) -> MetricSpec:
    """The label of the metric below a heading."""
    return metric_label(heading.removesuffix(INCOMPARABLE))


def written_spread(heading: str, mean: float, deviation: float, seeds: int) -> str:
    """The mean ± the deviation; the mean alone for one seed, or where the deviation is absent."""
    if isna(deviation):
        return written(mean, label_of(heading))
    decimals = label_of(heading).decimals
    return f"{mean:.{decimals}f}" + (f" ± {deviation:.{decimals}f}" if seeds > 1 else "")


def as_markdown(table: DataFrame, warnings: Sequence[str]) -> str:
    """The table for a document."""
    cells = DataFrame({"style from": table["style_from"].fillna("")})
    for heading in metrics_of(table):
        spreads = zip(table[heading], table[heading + DEVIATION], table["seeds"])
        cells[f"`{heading}` {ARROWS[label_of(heading).better]}"] = [
            written_spread(heading, *each) for each in spreads
        ]
    networks = zip(table["generator_parameters"], table["encoder_parameters"])
    cells["parameters, M"] = [_millions(own) + _millions(encoder, " + ") for own, encoder in networks]
    is_row = table["seeds"].notna()
    speeds = table["images_per_second"].map("{:.1f}".format, na_action="ignore")
    cells["images/s"] = speeds.astype(object).fillna("–").where(is_row, "")
    cells.index = [name if own else f"*{name}*" for name, own in is_row.items()]
    count = table["seeds"].max()
    spread = "One seed." if count == 1 else f"Mean over {count} seeds ± standard deviation of one."
    notes = f"{spread}\nParameters of the generator, + those of its encoder.\n"
    return f"{markdown(cells, text_columns=1)}\n{notes}" + "".join(f"\n{each}\n" for each in warnings)


def _millions(count: int, sign: str = "") -> str:
    return "" if isna(count) else f"{sign}{count / 1e6:.2f}"
