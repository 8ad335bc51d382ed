"""Metadata: relations and wishes, in SQLite.

I own <data>/metadata.db: names of images, configurations of containers, parents of snapshots, volumes, build
cache. I am the only room with SQL. I touch one file; never the network, the kernel or other rooms'
files. Bytes live in the content store, facts about live processes in bundles: neither comes here.

    Database(path) ──▶ Images(db)  ImageRecords(db)  Containers(db)  Snapshots(db)
                       Volumes(db)  BuildCache(db)

One writer, one connection, any thread; a call costs about 0.02 ms, so the event loop may make it directly.
Several calls that belong together stand in `with database.transaction():`. Start at database.py; the tables are in
migrations/. Deletion order is the callers' duty: a row goes before the content that it protects.
"""
