"""Tests of variables.arrays."""

from __future__ import annotations

import io
from typing import Any

import numpy
import pytest

from jupyter_containers.variables.arrays import NPY


def saved(array: Any, **options: Any) -> bytes:
    file = io.BytesIO()
    numpy.save(file, array, **options)
    return file.getvalue()


def test_arrays_and_scalars_come_back() -> None:
    array = numpy.arange(6, dtype="int16").reshape(2, 3)
    back = NPY.unpack(NPY.pack(array))
    assert (back.dtype, back.tolist()) == (array.dtype, array.tolist())
    assert NPY.unpack(NPY.pack(numpy.float64(1.5))) == 1.5


def test_an_array_of_objects_does_not_go() -> None:
    assert not NPY.takes(numpy.array([object()]))


def test_a_pickle_in_an_array_is_not_read() -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return pytest.fail, ("it was unpickled",)

    content = saved(numpy.array([Bomb()], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle of a container is never read"):
        NPY.unpack(content)


def test_a_header_that_lies_is_refused_before_memory_is_taken() -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,)}\n"
    lying = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(24)
    with pytest.raises(ValueError, match="tells of 7999999999992 bytes, and 24 follow"):
        NPY.unpack(lying)
    with pytest.raises(ValueError, match="tells of 24 bytes, and 23 follow"):
        NPY.unpack(saved(numpy.zeros(3))[:-1])
