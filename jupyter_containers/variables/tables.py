"""Tables of pandas and Arrow: as Arrow where pyarrow is there, and always as CSV, which every program reads."""

from __future__ import annotations

import csv
import io
from typing import Any

from jupyter_containers.variables.codec import Codec, importable, loaded, needed

# Before it, reading could execute code of the file's author (CVE-2023-47248).
_SAFE_ARROW = (14, 0, 1)


def is_frame(value: object) -> bool:
    pandas = loaded("pandas")
    return pandas is not None and isinstance(value, pandas.DataFrame)


def is_arrow(value: object) -> bool:
    pyarrow = loaded("pyarrow")
    return pyarrow is not None and isinstance(value, pyarrow.Table)


def _goes_as_arrow(value: object) -> bool:
    return is_arrow(value) or (is_frame(value) and importable("pyarrow") is not None)


def _pack_arrow(value: Any) -> bytes:
    pyarrow = needed("pyarrow", ".arrow")
    table = pyarrow.Table.from_pandas(value) if is_frame(value) else value
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _arrow(suffix: str) -> Any:
    pyarrow = needed("pyarrow", suffix)
    version = tuple(int(part) for part in pyarrow.__version__.split(".")[:3] if part.isdigit())
    if version < _SAFE_ARROW:
        raise ValueError(f"pyarrow {pyarrow.__version__} is not safe to read a container's file; 14.0.1 or newer is")
    return pyarrow


def _unpack_arrow(content: bytes) -> Any:
    pyarrow = _arrow(".arrow")
    table = pyarrow.ipc.open_file(pyarrow.BufferReader(content)).read_all()
    table.validate(full=True)
    return _as_it_was(table)


def _unpack_parquet(content: bytes) -> Any:
    pyarrow = _arrow(".parquet")
    parquet = needed("pyarrow.parquet", ".parquet")
    return _as_it_was(parquet.read_table(pyarrow.BufferReader(content)))


def _as_it_was(table: Any) -> Any:
    """Return a DataFrame for what was one, where pandas is there."""
    was_frame = b"pandas" in (table.schema.metadata or {})
    return table.to_pandas() if was_frame and importable("pandas") is not None else table


def _pack_csv(value: Any) -> bytes:
    if is_arrow(value):
        sink = io.BytesIO()
        needed("pyarrow.csv", ".csv").write_csv(value, sink)
        return sink.getvalue()
    has_plain_index = type(value.index).__name__ == "RangeIndex" and value.index.name is None
    return str(value.to_csv(index=not has_plain_index)).encode()


def _unpack_csv(content: bytes) -> Any:
    """Return a DataFrame, or without pandas a list of dicts of text."""
    pandas = importable("pandas")
    if pandas is not None:
        return pandas.read_csv(io.BytesIO(content))
    try:
        return list(csv.DictReader(io.StringIO(content.decode())))
    except csv.Error as error:
        raise ValueError(str(error)) from error


ARROW = Codec(".arrow", _goes_as_arrow, _pack_arrow, _unpack_arrow)
PARQUET = Codec(".parquet", lambda value: False, _pack_arrow, _unpack_parquet)
CSV = Codec(".csv", lambda value: is_frame(value) or is_arrow(value), _pack_csv, _unpack_csv)
