"""The atomic cluster expansion, by python-ace and pacemaker in an environment of their own."""
