"""Operations: what a vertex can do, one kind per file.

definitions.py has the four values (pure); source.py brings a base image's root, execute.py runs a process, files.py
copies and makes directories. step_mounts.py and caches.py are what RUN --mount shows to a process. performer.py chooses
between them for the solver and computes their keys.
"""
