"""GPAW: plane-wave density functional theory in a process of its own."""
