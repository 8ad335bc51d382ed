"""Images: relations between blobs. Index → manifest → config + layers, and what they become on disk.

I own no folder. I touch the content store, layers and snapshots through their protocols; never HTTP, never names in
the database.

    walk.load(content, descriptor) ─▶ Image ─ unpack.unpack ─▶ chain of committed snapshots, the top's name = chain id
    assemble.export_snapshot ─▶ layer blob ─ assemble.assemble ─▶ Image          (build, commit)
    host.host_image: this machine's root as an image;  archive.load / import_tar: files made by docker save / export
    layout.save: images as one file, an OCI layout that Docker's loaders read too

Start at walk.py.
"""
