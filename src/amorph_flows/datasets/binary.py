"""Numerical arrays and files as text: compact, exact, never nested lists."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from amorph_flows.errors import InputError


def encode_array(array: npt.ArrayLike) -> dict[str, Any]:
    """Return an array as ``{"dtype", "shape", "b64"}``, little-endian and in C order.

    Parameters
    ----------
    array
        Any numerical array.

    Raises
    ------
    InputError
        If the array holds Python objects.
    """
    values = np.asarray(array)
    if values.dtype.hasobject:
        raise InputError(f"an array of {values.dtype} cannot be stored; give numbers")
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    return {
        "dtype": values.dtype.str,
        "shape": list(np.shape(array)),
        "b64": base64.b64encode(values.tobytes()).decode("ascii"),
    }


def decode_array(value: object) -> npt.NDArray[Any]:
    """Return the array that `encode_array` stored; an array or a sequence passes through.

    Parameters
    ----------
    value
        The stored dictionary, an array, or a (nested) sequence of numbers.

    Raises
    ------
    InputError
        If the dictionary is not one of an array.
    """
    if not isinstance(value, dict):
        return np.asarray(value)
    try:
        raw = base64.b64decode(value["b64"])
        return np.frombuffer(raw, dtype=np.dtype(value["dtype"])).reshape(value["shape"]).copy()
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"a stored array is damaged ({error}); it must have the keys dtype, shape and b64"
        ) from error


def encode_file(content: bytes) -> str:
    """Return what a file holds as text, compressed.

    Parameters
    ----------
    content
        The contents.
    """
    return base64.b64encode(zlib.compress(content)).decode("ascii")


def decode_file(value: object) -> bytes:
    """Return the contents that `encode_file` stored; bytes pass through.

    Parameters
    ----------
    value
        The stored text, or bytes.

    Raises
    ------
    InputError
        If it is neither.
    """
    if isinstance(value, bytes):
        return value
    try:
        return zlib.decompress(base64.b64decode(str(value), validate=True))
    except (ValueError, zlib.error) as error:
        raise InputError(
            f"a stored file is damaged ({error}); it is text of encode_file"
        ) from error
