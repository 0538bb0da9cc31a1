"""Transport: displacements across boundaries, diffusivities, hops, mobility, Van Hove functions."""
