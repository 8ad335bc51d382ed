"""Caches that leave and come: what a build has done, told to another daemon, and what others have told to this one.

I own the form in which results travel: BuildKit's, with keys of ours, so that its tools can hold and copy what they
cannot use. I touch the content store and the snapshots; where a cache comes from and goes to is the engine's.

    solver, ledger ─ note ─▶ Exchange ─ notes ─▶ config.py ─▶ a blob, or the text inside an image's config
    a blob, a text ─▶ config.py ─ Known ─▶ Exchange ─ look_up, bring ─▶ solver

A result is believed by its key alone; its layers are fetched only when something stands on them. history.py is the
older way, of images that carry no cache: what their history says was done.
"""
