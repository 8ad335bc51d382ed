"""A registry of our own: the OCI distribution protocol, as a server that needs nothing but a folder.

I own the folder that I am given and nothing else: content by digest (a content store of my own), which repository
may show which of it, tags, and uploads that are not finished. I never run in the daemon; a process of its own serves
me (`jupyter-containers registry serve`).

    request ─▶ application: who is it (users), what does it ask for (targets), whose turn is it
                  ├ blobs, manifests, sessions, listings: one file for each kind of thing; status codes live there
                  └ storage (a Protocol) ─ folder: links and tags as files ─ uploads: resumable ─ garbage: the sweep

Names on the wire become paths only after they have matched the specification's grammar; folders of mine begin with
"_", which no part of a repository's name can. Nothing is held in memory but manifests (4 MiB at most).

Source: OCI distribution-spec 1.1. Start at application.py.
"""
