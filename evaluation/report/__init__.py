"""The report: `index.html` beside the pictures, which opens offline in any browser."""

from evaluation.report.metrics_table import numbers_text
from evaluation.report.page import write_report

__all__ = ["numbers_text", "write_report"]
