"""MACE."""
