"""Figures of the report: one idea a file; documents in, descriptions of figures out."""
