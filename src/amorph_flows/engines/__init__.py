"""Engines: where energies and forces come from."""
