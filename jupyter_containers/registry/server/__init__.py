"""A registry of our own: the OCI distribution protocol, as a server that needs nothing but a folder.

I own the folder that I am given and nothing else: content by digest, which repository may show which of it, tags, and
uploads that are not finished. I run in a process of my own, with a content store of my own (`registry serve`), or in
the daemon over its store and its images (`registry serve --images`): engine/sharing.py says why there.

    request ─▶ application: who is it (users), how often (pace), what does it ask for (targets), whose turn is it
                  ├ blobs, manifests, sessions, listings: one file for each kind of thing; status codes live there
                  └ storage (a Protocol) ─ folder: links and tags as files ─ uploads: resumable ─ garbage: the sweep
                                                    └ retention: which tags stay

Names on the wire become paths only after they have matched the specification's grammar; folders of mine begin with
"_", which no part of a repository's name can. Nothing is held in memory but manifests (4 MiB at most).

Source: OCI distribution-spec 1.1. Start at application.py.
"""
