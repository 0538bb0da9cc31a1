"""Structures: packing, supercells, void sites and ranked occupations, free of any workflow engine."""
