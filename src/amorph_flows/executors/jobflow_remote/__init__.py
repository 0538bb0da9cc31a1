"""Studies on a cluster through jobflow-remote: its project file and submission."""
