"""Machine-learned potentials: one contract, one registry, one folder for each method."""
