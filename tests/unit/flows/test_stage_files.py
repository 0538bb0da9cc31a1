"""One stage has one file name in every layer; what is no stage is named here with its reason."""

from __future__ import annotations

import pkgutil

import pytest

from amorph_flows import flows, jobs, schemas

LAYERS = {"schemas": schemas, "jobs": jobs, "flows": flows}

STAGES = {
    "crystal": "jobs flows",  # its document is that of relaxations, in labelling
    "melt_quench": "schemas jobs flows",
    "insertion": "schemas jobs",
    "sampling": "jobs",  # its jobs are those of the engine, their document is in labelling
    "dataset": "schemas jobs",  # part of the flow of potential
    "potential": "schemas jobs flows",
    "active_learning": "schemas jobs flows",
    "batch_active_learning": "flows",  # its jobs are those of active_learning
    "production_md": "schemas jobs",
    "large_glass": "flows",  # its jobs are those of melt_quench and insertion
    "voltage": "schemas jobs flows",
    "voltage_profile": "schemas jobs flows",
    "transport": "schemas jobs",
    "structure": "schemas jobs",
    "random_structure": "schemas jobs",
    "study": "schemas jobs",  # the report; the flow of the whole study is electrode
    "relabel": "schemas jobs flows",
    "potential_comparison": "schemas jobs flows",
    "glass": "schemas jobs flows",
    "glass_making": "schemas jobs flows",
    "glass_study": "schemas jobs flows",
    "glass_transition": "schemas jobs flows",
    "ion_dynamics": "schemas jobs flows",
    "elastic": "schemas jobs flows",
    "viscosity": "schemas jobs",  # of a run of production_md
}
NO_STAGES = {
    "schemas": {
        "array": "how arrays are stored",
        "base": "what all documents have",
        "combined": "a quantity of several glasses",
        "comparison": "studies side by side",
        "figure": "what a figure of the report shows",
        "fits": "settings of fits, of each method",
        "ion_mobility": "fast and slow ions of one run and what surrounds them",
        "ion_motion": "how the ions of one run moved",
        "judged_number": "what all results of studies have",
        "labelling": "what engines give, to several stages",
        "plan": "what a study will cost",
        "reference": "values from elsewhere",
        "result": "what documents of one result of the analysis share",
        "schedule": "the settings of engine MD",
        "spread": "a number of several glasses",
        "until": "goals of stages, and by what they were made longer",
    },
    "jobs": {
        "fields": "what the fields of Makers may be",
        "glass_numbers": "names of the numbers of a glass",
        "glass_goal": "whether there are enough glasses",
        "goal": "how far a run is from its goal, and how much longer it should be",
        "md_goal": "which goals engine MD may have, and how far it is from them",
        "potential_observables": "observables of a potential that is compared",
        "potential_verdicts": "which of several potentials to take",
        "production_extension": "what production with a goal took so far",
        "production_goal": "how far production is from its goal",
        "production_verdicts": "what is judged of production MD",
        "prolonged_md": "engine MD with a goal",
        "required": "inputs whose job failed",
        "seeds": "seeds of runs",
        "trajectories": "from frames to trajectories",
        "volume": "whether the volume of engine MD is right",
    },
    "flows": {
        "checks": "checks before the first calculation",
        "comparison_presets": "published comparisons of potentials",
        "potential_observables": "observables of potentials that are compared",
        "electrode": "the whole study, from its stages",
        "more_glasses": "glasses that are added to a study",
        "interface": "the interface of each stage",
        "learning_loop": "a turn of active learning, whatever its runs are",
        "sample_runs": "what is run in one glass and occupation, and analysed",
        "samples": "glasses and occupations of a study",
        "presets": "settings of whole studies",
        "glass_presets": "settings of whole studies of glasses",
        "production": "what production of a whole study starts from",
        "completed": "what the stages of a study share",
        "engine_transport": "diffusivities from engine MD that goes on",
        "side_runs": "runs of a study beside those of its samples",
        "differences": "what differs from the published protocol",
        "study_check": "checks of a whole study before the first calculation",
    },
}


@pytest.mark.parametrize("layer", LAYERS)
def test_each_file_is_of_a_stage_or_named(layer: str) -> None:
    files = {module.name for module in pkgutil.iter_modules(LAYERS[layer].__path__)}
    stages = {stage for stage, layers in STAGES.items() if layer in layers.split()}
    assert files == stages | set(NO_STAGES[layer])


def test_a_stage_is_not_an_exception() -> None:
    assert not set(STAGES) & {name for names in NO_STAGES.values() for name in names}
