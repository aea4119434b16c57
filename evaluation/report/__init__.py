"""The report: `index.html` beside the pictures, which opens offline in any browser."""

from evaluation.report.page import write_report
from evaluation.report.text import numbers_text

__all__ = ["numbers_text", "write_report"]
