"""Pages of HTML, made from the templates beside this file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from data.sources.source import LabelSet
from evaluation.evaluate import Evaluation
from evaluation.gallery import GalleryRow
from evaluation.metrics import ARROWS, metric_label, written
from evaluation.protocol import Protocol
from evaluation.report.class_table import class_columns
from evaluation.report.curves import charts
from evaluation.report.metrics_table import ROW_TITLES, metric_scale
from evaluation.report.pictures import card_width, extremes, metric_orders

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,  # names of classes, files and runs are not trusted
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.globals |= {
    each.__name__: each for each in (card_width, metric_label, metric_orders, metric_scale, written, zip)
}
TEMPLATES.globals |= {"ARROWS": ARROWS, "ROW_TITLES": ROW_TITLES}


def write_page(
    path: Path, template: str, title: str, summary: str, notes: Sequence[str] = (), **content: object
) -> Path:
    """Fills `template` with `content`, all of it escaped, and writes it to `path`, which it returns.

    The page is one file with style and script inside. Without scripts it lacks sorting alone.
    """
    page = TEMPLATES.get_template(template).render(title=title, summary=summary, notes=notes, **content)
    path.write_text(page + "\n", encoding="utf-8")
    return path


def write_report(
    folder: Path,
    title: str,
    rows: Sequence[GalleryRow],
    label_set: LabelSet | None,
    evaluation: Evaluation | None = None,
    protocol: Protocol | None = None,
    curves: Sequence[Mapping[str, float]] = (),
    notes: Sequence[str] = (),
    shown: int | None = None,
) -> Path:
    """Writes `folder`/index.html and returns its path.

    `rows`: the gallery, whose files lie below `folder`, of which `shown` are on the page (None: all) and the
    worst and the best always; `label_set`: names and colours for the legend; `evaluation` and `protocol`:
    what was measured and how, None where nothing was; `curves`: rows of a run's log, each with "images" and
    named values (generator/..., discriminator/..., evaluation/...); `notes`: sentences for the reader. All of
    it may be empty: a section without content is absent. The page loads nothing but the pictures beside it.
    """
    scores = {} if evaluation is None else evaluation.scores
    count = f"{len(rows)} label map{'' if len(rows) == 1 else 's'}"
    return write_page(
        folder / "index.html",
        "report.html",
        title,
        count if protocol is None else f"{protocol.dataset}, {protocol.split}: {count}",
        notes,
        metrics=None if evaluation is None else evaluation.rows,
        protocol=protocol,
        class_columns=[] if evaluation is None else class_columns(evaluation.by_class),
        charts=charts(curves),
        label_set=label_set,
        rows=rows,
        shown=rows[:shown],
        scores=scores,
        extremes=extremes(rows, scores),
    )
