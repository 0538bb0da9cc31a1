"""CHGNet as an ASE calculator that prints no warnings and uses one thread."""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import torch
from chgnet.model.dynamics import CHGNetCalculator
from chgnet.model.model import CHGNet
from typing_extensions import override


class QuietCHGNetCalculator(CHGNetCalculator):
    """CHGNet without its warnings about unusual configurations.

    Parameters
    ----------
    model
        Name of the weights in the chgnet package, such as ``"0.3.0"`` or ``"r2scan"``.
    use_device
        ``"cpu"``, ``"cuda"`` or None for the best that there is.
    **kwargs
        More arguments of `chgnet.model.dynamics.CHGNetCalculator`.
    """

    def __init__(self, model: str = "0.3.0", use_device: str | None = None, **kwargs: Any) -> None:
        torch.set_num_threads(1)
        kwargs.setdefault("on_isolated_atoms", "ignore")
        with _quiet(), contextlib.redirect_stdout(io.StringIO()):
            weights = CHGNet.load(model_name=model, use_device=use_device, verbose=False)
            super().__init__(weights, use_device=use_device, **kwargs)

    @override
    def calculate(self, *args: Any, **kwargs: Any) -> None:
        # those of the last cell, which may have had other atoms, must not be read as this one's
        self.results: dict[str, Any] = {}
        with _quiet():
            super().calculate(*args, **kwargs)


@contextlib.contextmanager
def _quiet() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
