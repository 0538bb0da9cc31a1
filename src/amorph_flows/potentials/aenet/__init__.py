"""Atomic energy networks, trained and run by the programs of AENET, which the settings name."""
