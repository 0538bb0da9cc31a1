"""What jobs need at run time: decorator, identity, walltime, progress and continuation."""
