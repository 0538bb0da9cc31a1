"""Moment tensor potentials by motep: the second trainer, which needs no compiler."""
