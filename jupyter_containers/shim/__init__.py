"""Shim: one small process per container, its parent, which outlives the daemon.

I own one container's life: its bundle's state.json and exit.json, its log, its cgroup, its streams and those who are
attached to them. I touch the runtime and one socket; never the database, the network, or another container.

    zygote ─ fork ─▶ process.serve ──┬─ maker.py      makes and starts a container in a process that then ends
                                     ├─ handover.py   takes it over from there
                                     ├─ requests.py   start exec kill attach resize pause … (protocol.py)
                                     ├─ target.py     init or an exec: pid, streams, exit
                                     ├─ streams.py    pipes and terminals → log and clients, with back-pressure
                                     ├─ logs.py       lines → json_log.py or local_log.py → log_file.py, which rotates
                                     └─ reaping       SIGCHLD → exit.json → event to whoever is connected

One thread, one selector. Without a connection I end myself once nothing runs; a container that was created and never
started dies with its daemon. Start at process.py.
"""
