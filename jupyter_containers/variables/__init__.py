"""Variables: values of a notebook carried into a container as files, and out of it again.

    value ─▶ choice.pack ─▶ files ─▶ parcel.tar ─▶ $VARIABLES/in/NAME.SUFFIX      (archive put, before the start)
    value ◀─ choice.unpack ◀─ files ◀─ parcel.read ◀─ $VARIABLES/out/NAME.SUFFIX  (archive get, after the end)

The suffix is the format: .txt str, .bin bytes, .json, .jsonl a list of scalars (a line each), .npy, .arrow, .parquet,
.csv; anything else comes out as a file, and its Path is the value. One file of this room for each format. What a
container wrote is hostile: nothing is unpickled, sizes are limited before anything is read, only plain files count.
inside.py is the program that runs a cell's Python in the container: standard library only, never imported here.

Pure but for temporary files; numpy, pandas and pyarrow are used where they are there. Start at choice.py.
"""

from __future__ import annotations
