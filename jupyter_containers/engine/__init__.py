"""Engine: the rules of the product, one file per family of verbs.

I own what create, start, pull, build, remove … mean, in the order in which they touch the stores, and the events that
tell of it. I may touch every store through its face (content, snapshots, metadata, network), registry, images, build
and supervisor. I know no HTTP and no Docker JSON (api/wire translates), no SQL, no syscalls; I never fork.

    api ──▶ Engine ──┬─ containers, execs   lives of processes          ──▶ supervisor, snapshots, network
                     ├─ images              names, lists, removal        ──▶ images, metadata
                     ├─ transfers, pushes, exports   what comes and goes ──▶ registry, images
                     ├─ builds, contexts    Dockerfiles to images        ──▶ build
                     ├─ failed_steps        a RUN that failed, as a place  ──▶ build, containers
                     ├─ volumes, networks   what containers share
                     ├─ events              what happened, to whoever listens
                     └─ system              facts about this daemon, prune, disk use

Everything that a use-case needs comes in the Environment that daemon/main.py puts together. Start at engine.py.
"""
