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
}
"""What quantities are called."""
