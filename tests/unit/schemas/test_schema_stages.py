import importlib
import pkgutil

import pytest

from amorph_flows import schemas
from amorph_flows.schemas.base import StageDocument

MODULES = [module.name for module in pkgutil.iter_modules(schemas.__path__)]


@pytest.mark.parametrize("name", [name for name in MODULES if name != "base"])
def test_a_module_is_a_stage_where_it_has_the_document_of_a_job(name):
    module = importlib.import_module(f"{schemas.__name__}.{name}")
    own = [
        kind for kind in vars(module).values() if getattr(kind, "__module__", "") == module.__name__
    ]
    documents = [kind for kind in own if isinstance(kind, type) and issubclass(kind, StageDocument)]
    assert bool(documents) == (name not in schemas.SHARED)
