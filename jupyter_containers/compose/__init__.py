"""Compose: a Compose file becomes requests of the client.

    text ─▶ source (YAML with lines) ─▶ interpolation ─▶ schema (each key known, short forms made long)
         ─▶ places (paths absolute) ─▶ extending, merging, loading (files, includes) ─▶ reading ─▶ Project (model.py)
    Project + what is there (observing) ─▶ planning: a list of operations ─▶ executing, through Client

Everything up to the plan is pure but for reading the user's files: values in, values out, and each error names file,
line and key. The plan can be printed (`up --dry-run`) and is compared in tests.

Containers, networks and volumes carry the labels and names of Docker Compose v2 (labels.py), so that it and
docker-compose find our projects, and we theirs.

Imports client and errors, never commands or magics. Source: the Compose Specification. Start at loading.py, then
planning.py; completion of a file's keys is in keys.py.
"""
