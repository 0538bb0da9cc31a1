"""The study file and its overrides."""

from amorph_flows.study.study_file import Study, load_study

__all__ = ["Study", "load_study"]
