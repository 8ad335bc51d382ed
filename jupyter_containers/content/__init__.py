"""Content: immutable bytes, named by their digest.

I own <data>/content: `blobs/<algorithm>/<hex>` (read-only files) and `ingest/` (writes that are not finished and may
be continued). I touch files only; I never parse what I keep. A blob is seen by others only after commit() has checked
its size and digest, so a crash leaves unfinished ingests, never a wrong blob.

    ingest(key) ── write(chunk)… ── commit(size, expected) ──▶ open(digest), read(digest)
         └── suspend() keeps the bytes for the next ingest with this key

Start at store.py; ingest.py is the write.
"""
