"""What tests of this package and of its extensions use: a fast engine of pair potentials."""
