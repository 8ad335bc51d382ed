"""The doctor of the store: `doctor --storage` finds what is damaged under a data root, and `--repair` mends it.

Each module of checks looks at one kind of thing and yields findings: what it is, what is wrong, what helps, and, where
we can help, the deed. Without `--repair` the deeds are left undone, and the database is read from a copy, so that
nothing changes at all. The order in doctor.py matters: rows are sound before they are believed, blobs before images,
images before what stands on them. What can still be used is never removed. While a daemon has the data root, the
doctor keeps out.

    doctor.py  lock → store.py opens → database · blobs · snapshots · images · holders → findings → text or JSON

I may touch everything on disk below the data root. Start at doctor.py.
"""
