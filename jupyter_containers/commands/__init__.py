"""Commands: one table of words for both surfaces, `jupyter-containers …` in a shell and `%container …` in a notebook.

    words ─▶ table.find ─▶ parsing.parse ─▶ the command's action(session, options) ─▶ Result, shown by the Front

A Command (command.py) is data: name, arguments with what completes them, help, action. An action speaks to the
daemon through `session.client` and to the person through `session.front`; it never prints, and knows no surface
beyond what the session tells. A Result is what a command found out: attributes for programs, text, and JSON values.
Results that grow while work goes on take events (`apply`), so that a front can draw them live.

Imports the client; never IPython, never the daemon's rooms. Start at table.py; terminal.py is the shell's main.
"""

from __future__ import annotations
