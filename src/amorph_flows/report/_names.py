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
