"""Tests of variables.tables."""

from __future__ import annotations

import pandas
import pyarrow
import pyarrow.parquet
import pytest

from jupyter_containers.variables.codec import Codec
from jupyter_containers.variables.tables import ARROW, CSV, PARQUET


@pytest.mark.parametrize("codec", [ARROW, CSV], ids=lambda codec: codec.suffix)
def test_a_frame_comes_back(codec: Codec) -> None:
    frame = pandas.DataFrame({"k": [1, 2], "text": ["a", "b"]})
    assert codec.unpack(codec.pack(frame)).equals(frame)


def test_parquet_is_read() -> None:
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({"k": [1, 2]}), sink)
    assert PARQUET.unpack(bytes(sink.getvalue())).to_pydict() == {"k": [1, 2]}


def test_an_arrow_table_stays_one() -> None:
    table = pyarrow.table({"k": [1, None]})
    assert ARROW.unpack(ARROW.pack(table)).equals(table)
    assert CSV.pack(table) == b'"k"\n1\n\n'


def test_an_index_with_a_name_is_a_column_of_csv() -> None:
    assert CSV.pack(pandas.DataFrame({"v": [1]}, index=pandas.Index(["a"], name="k"))) == b"k,v\na,1\n"


def test_rubbish_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="File is too small"):
        ARROW.unpack(b"rubbish")
