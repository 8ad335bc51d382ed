"""Snapshots: file systems with parents. I answer mounts, not images.

I own <data>/snapshots: `<number>/fs` (and `work` for overlay). I touch files and mounts; never images, registries or
the database (records come in through the SnapshotRecords protocol).

    prepare(key, parent) ── mounts ── somebody writes ── commit(name, key) ──▶ parent of others
    view(key, parent)    ── mounts ── somebody reads  ── remove(key)
    adopt(name, "/")     a directory that is not ours as the bottom of a chain (the host image)

Start at snapshotter.py (the protocols and a worked example); overlay.py is the usual implementation, plain.py copies.
"""
