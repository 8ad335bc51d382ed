"""Magics: the command table in a notebook, as `%container …` and `%%container …`.

    %load_ext jupyter_containers ─▶ register ─▶ ContainerMagics (container.py), completion.py, formatters (display.py)

While something runs, one display is updated at most 20 times a second; at the end it becomes one settled bundle of
our JSON, HTML of the safe subset, and text, which survives saving, nbconvert and a front end that is not Lab. In a
terminal IPython the same is printed. What a result looks like is the room pictures' business.

The only room that imports IPython. Start at container.py.
"""

from __future__ import annotations

from typing import Any

from jupyter_containers.magics import notebooks
from jupyter_containers.magics.container import ContainerMagics


def register(ipython: Any) -> None:
    """Add the magics, the completion and the formatters to a shell; a second time changes nothing."""
    unregister(ipython)
    magics = ContainerMagics(ipython)
    ipython.register_magics(magics)
    magics.attach()
    notebooks.tell_of_earlier(magics.session)


def unregister(ipython: Any) -> None:
    """Take all of it out again."""
    magics = ipython.magics_manager.registry.pop(ContainerMagics.__name__, None)
    if magics is not None:
        magics.detach()
