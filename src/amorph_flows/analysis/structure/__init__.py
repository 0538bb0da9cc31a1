"""Structure: radial distributions, bonds, networks, rings, scattering, long-range order, melts."""
