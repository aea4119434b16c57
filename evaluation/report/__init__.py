"""The report: `index.html` beside the pictures, which opens offline in any browser."""

from evaluation.report.page import write_report

__all__ = ["write_report"]
