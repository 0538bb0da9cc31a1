"""Gaussian approximation potentials, fitted and evaluated by QUIP in an environment of its own."""
