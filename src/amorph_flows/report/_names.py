"""Names of quantities for people."""

NAMES = {
    "average_voltage": "average voltage",
    "voltage_crystal": "voltage of the crystal",
    "tracer_diffusivity": "tracer diffusivity D*",
    "jump_diffusivity": "jump diffusivity Dⱼ",
    "haven_ratio": "Haven ratio D*/Dⱼ",
    "conductivity": "conductivity",
    "residence_time": "residence time",
    "memory_time": "memory time",
    "correlation_factor": "correlation factor",
    "activation_energy": "activation energy",
    "diffusivity_300k": "tracer diffusivity of the fit",
    "conductivity_300k": "conductivity from the fit",
    "density": "density",
    "glass_transition": "glass transition",
    "youngs_modulus": "Young's modulus",
    "shear_modulus": "shear modulus",
    "bulk_modulus": "bulk modulus",
    "poisson_ratio": "Poisson's ratio",
    "connectivity": "connectivity of the network",
    "void_fraction": "volume of voids",
    "void_open_fraction": "open voids",
    "void_number_per_nm3": "voids",
    "void_limiting_radius": "largest sphere that could cross",
    "void_largest_radius": "largest sphere that fits",
    "persistent_loops": "loops of the persistence diagram",
    "persistent_loops_birth": "their mean birth",
    "persistent_loops_death": "their mean death",
    "persistent_cavities": "cavities of the persistence diagram",
    "persistent_cavities_birth": "their mean birth",
    "persistent_cavities_death": "their mean death",
    "fsdp_neutron": "first sharp diffraction peak, neutron",
    "fsdp_xray": "first sharp diffraction peak, X-ray",
    "fsdp_height_neutron": "its height, neutron",
    "fsdp_height_xray": "its height, X-ray",
    "fsdp_width_neutron": "its width, neutron",
    "fsdp_width_xray": "its width, X-ray",
}
"""What quantities are called."""

_OF_ATOMS = {
    "coordination": "coordination",
    "linkage": "linkages",
    "peak_width": "width of the first peak",
    "peak": "first peak",
}
"""What quantities of elements are called, by the beginning of their names."""

NUMBERS = {
    "energy_rmse_mev_atom": "energy RMSE",
    "energy_mae_mev_atom": "energy MAE",
    "force_rmse_ev_a": "force RMSE",
    "force_mae_ev_a": "force MAE",
    "stress_rmse_gpa": "stress RMSE",
    "stress_mae_gpa": "stress MAE",
    "maximum": "largest disorder over directions",
    "minimum": "smallest disorder over directions",
}
"""What numbers are called that are no results: errors of the fit, and order."""


def quantity_name(quantity: str) -> str:
    """Return what a quantity is called, that of elements such as ``coordination_P_O`` as well.

    Parameters
    ----------
    quantity
        Its name in data.
    """
    if quantity in NAMES:
        return NAMES[quantity]
    for start, words in _OF_ATOMS.items():
        if quantity.startswith(f"{start}_"):
            return f"{words} {quantity.removeprefix(f'{start}_').replace('_', '–')}"
    return quantity.replace("_", " ")
