"""Chapters of the report, one a file; documents in, sections out."""
