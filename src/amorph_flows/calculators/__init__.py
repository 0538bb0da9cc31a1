"""ASE calculators that engines and pretrained potentials are named by."""
