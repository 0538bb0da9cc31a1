"""Analysis of structure and transport, on arrays and trajectories, free of any workflow engine."""
