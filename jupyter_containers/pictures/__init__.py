"""Pictures: results as HTML, one file for each kind, and as bundles of all their forms.

    result ─▶ choice.picture ─▶ runs, builds, pulls, tables … (`draw(result)`) ─▶ html.py: escaped, of the safe subset
    result ─▶ choice.bundle  ─▶ {text/plain, text/html, application/vnd.jupyter-containers.KIND+json}

What is drawn must look the same to whoever opens the notebook: no script, no style sheet, no class (html.py says what
stays). Everything that came from a container, a registry or a Dockerfile is text, and is escaped by html.py; its
colours are read by ansi.py. Pure: no daemon, no IPython.

Imports results of commands. A picture is loaded when it is first drawn, so that loading the extension stays quick.
Start at choice.py, where a new kind of result gets its line.
"""

from __future__ import annotations

from jupyter_containers.pictures.choice import bundle, picture

__all__ = ["bundle", "picture"]
