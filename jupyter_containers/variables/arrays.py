"""numpy's arrays, as .npy without pickles."""

from __future__ import annotations

import io
from typing import Any

from jupyter_containers.variables.codec import Codec, loaded, needed


def _takes(value: object) -> bool:
    numpy = loaded("numpy")
    return numpy is not None and isinstance(value, numpy.ndarray | numpy.generic) and not value.dtype.hasobject


def _pack(value: Any) -> bytes:
    file = io.BytesIO()
    loaded("numpy").save(file, value, allow_pickle=False)
    return file.getvalue()


def _unpack(content: bytes) -> Any:
    """Read an array whose header and length agree: numpy would take memory for whatever a header says."""
    numpy, file = needed("numpy", ".npy"), io.BytesIO(content)
    version = numpy.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of .npy is not known")
    read = numpy.lib.format.read_array_header_1_0 if version == (1, 0) else numpy.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it has Python objects, which are pickles; a pickle of a container is never read")
    count = 1
    for length in shape:
        count *= length
    if count * dtype.itemsize != len(content) - file.tell():
        raise ValueError(f"its header tells of {count * dtype.itemsize} bytes, and {len(content) - file.tell()} follow")
    array = numpy.load(io.BytesIO(content), allow_pickle=False)
    return array if array.ndim else array[()]


NPY = Codec(".npy", _takes, _pack, _unpack)
