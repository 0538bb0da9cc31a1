"""Numerical arrays inside documents."""

from __future__ import annotations

from typing import Annotated, Any

import numpy.typing as npt
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from amorph_flows.datasets.binary import decode_array, encode_array

Array = Annotated[
    npt.NDArray[Any],
    PlainValidator(decode_array),
    PlainSerializer(encode_array, return_type=dict),
    WithJsonSchema({"type": "object", "description": "array as dtype, shape and base64"}),
]
