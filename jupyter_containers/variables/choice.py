"""Which format a value takes, and what a file's suffix says about the value in it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_containers.variables import arrays, json_values, tables, text
from jupyter_containers.variables.codec import CannotTravel, Codec, importable

CODECS: Sequence[Codec] = (
    text.TEXT, text.BYTES, json_values.LINES, json_values.JSON, arrays.NPY, tables.ARROW, tables.PARQUET, tables.CSV,
)  # fmt: skip
_BY_SUFFIX: Mapping[str, Codec] = {codec.suffix: codec for codec in CODECS} | {"": text.TEXT}
_PICKLES = (".pkl", ".pickle", ".joblib", ".dill")
_KINDS = "str, bytes, JSON values, numpy arrays without objects, DataFrames, Arrow tables and Paths of files do"


@dataclass(frozen=True, slots=True)
class Packed:
    """A variable as a file."""

    name: str
    suffix: str
    content: bytes

    @property
    def file(self) -> str:
        return f"{self.name}{self.suffix}"


def pack(name: str, value: object) -> list[Packed]:
    """Return the files of a variable: a table has two, for who reads Arrow and who does not. Raises CannotTravel."""
    if isinstance(value, Path):
        return [_pack_file(name, value)]
    codecs = [codec for codec in CODECS if codec.takes(value)]
    if not codecs:
        raise CannotTravel(f"variable {name} cannot travel: {_why_not(name, value)}; {_KINDS}")
    chosen = codecs if codecs[0] is tables.ARROW else codecs[:1]
    try:
        return [Packed(name, codec.suffix, codec.pack(value)) for codec in chosen]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise CannotTravel(f"variable {name} cannot travel as {chosen[0].suffix}: {error}") from error


def _why_not(name: str, value: object) -> str:
    kind = type(value)
    if kind in (list, tuple, dict) and (found := json_values.obstacle(value)):
        place, what = found
        return f"{name}{place} {what}"
    return f"{kind.__module__}.{kind.__qualname__} has no format"


def _pack_file(name: str, path: Path) -> Packed:
    try:
        return Packed(name, path.suffix, path.expanduser().read_bytes())
    except OSError as error:
        raise CannotTravel(f"variable {name} cannot travel: {path} cannot be read ({error.strerror})") from error


def unpack(packed: Packed) -> Any:
    """Return the value in a file that a container wrote. Raises CannotTravel."""
    if packed.suffix in _PICKLES:
        raise CannotTravel(f"variable {packed.name}: {packed.file} is a pickle, and a container's pickle is never read")
    codec = _BY_SUFFIX.get(packed.suffix)
    if codec is None:
        path = Path(tempfile.mkdtemp(prefix="jupyter-containers-")) / packed.file
        path.write_bytes(packed.content)
        return path
    try:
        return codec.unpack(packed.content)
    except Exception as error:
        # Parsers of numpy, pandas and pyarrow raise kinds of their own for bytes that nobody has foreseen.
        raise CannotTravel(f"variable {packed.name}: {packed.file} cannot be read: {error}") from error


def readable_tables() -> list[str]:
    """Return the formats that can be read here and that not everybody can."""
    return [name for name, module in (("arrow", "pyarrow"), ("npy", "numpy")) if importable(module) is not None]
