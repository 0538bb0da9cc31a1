"""Proper orthogonal descriptors: fitted by LAMMPS's ``fitpod``, native MD.

Sources: N. Nguyen and A. Rohskopf, J. Comput. Phys. 480 (2023) 112030; N. Nguyen, Phys. Rev. B 107
(2023) 144103.
"""
