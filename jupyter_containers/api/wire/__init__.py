"""Wire: Docker's JSON shapes, to and from our values; one file per resource, pure functions.

Docker's spellings, nanoseconds, zero times, `null` against `[]` live here and nowhere below. What dockerd answers is
the reference, field by field. Source: Docker Engine API v1.51; `docker inspect` of the same object on dockerd.
"""
