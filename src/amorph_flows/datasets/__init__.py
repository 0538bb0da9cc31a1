"""Datasets: labelled frames with provenance, their splits and their selection."""
