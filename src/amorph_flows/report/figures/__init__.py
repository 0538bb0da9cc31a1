"""Figures of the report: one idea a file; documents in, plotly figures out."""
