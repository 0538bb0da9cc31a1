"""Studies on a cluster through FireWorks: submission, status, rescue."""
