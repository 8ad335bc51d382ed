"""Verbs: the command table as Python, for programs and for cells without magics.

    from jupyter_containers import connect
    with connect() as containers:
        result = containers.run("busybox", "sort", body="b\na\n")      # the keywords are the options' names
        containers.network.create("inner", internal=True)

    connect ─▶ Connection (connection.py) ─▶ a method of words.py for each command, made from the table
      ─▶ calls.py: arguments become the options that a line of words would have given ─▶ the command's action ─▶ Result

signatures.py says which keyword an option has, and of which type. words.pyi tells editors and type checkers the same;
it is written by `python tools/words_stub.py`, and a test compares it with the table.

Imports commands and the client; no IPython, so that it works in plain scripts. Start at connection.py.
"""

from __future__ import annotations

from jupyter_containers.verbs.connection import Connection, connect

__all__ = ["Connection", "connect"]
