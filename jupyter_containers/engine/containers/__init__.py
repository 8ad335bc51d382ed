"""Containers: their lives, one file per family of verbs.

    record.py      what was asked for and what became of it      merge.py  checks.py   pure rules of a request
    limit_checks.py  sysctls.py  security.py  devices.py  capabilities.py                     more of these, by subject
    container.py   one live container: record, shim, waiters     roster.py             all of them, saved and told of
    create.py  start.py  ending.py  stop.py  restart.py  health.py  remove.py  recovery.py    the course of a life
    mount_points.py  volumes.py  bind_sources.py                                              what is mounted in it
    describe.py  listing.py  attach.py  stats.py  top.py (ps_columns.py)  files.py  update.py        looking at one
    sampling.py ─▶ history.py                                                 what all of them used in the last hour
    log_options.py ─▶ shim/logs.py ─▶ files ─▶ log_file.py (log_entries.py) ─▶ logs.py        what it has said

Verbs are functions of (roster, container, …). One verb that changes a container runs at a time: it holds the
container's lock. Containers, the face, is in containers.py: start there.
"""

from __future__ import annotations

from jupyter_containers.engine.containers.containers import Containers

__all__ = ["Containers"]
