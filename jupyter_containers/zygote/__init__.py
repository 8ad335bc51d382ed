"""Zygote: a small process with one thread that forks shims, because the daemon cannot.

I own forking and nothing else. I import what a shim needs once, so that a shim costs a fork (2 ms) and not a start of
Python (130 ms). I live in the host's namespaces, have no timers, and end when the daemon's end of my socket closes;
my shims do not notice.

    launcher ─ a byte + control socket ─▶ server.serve ─ fork ─▶ shim.process.serve

My interpreter is a read-only clone of the file on disk: a hostile image that gets hold of /proc/self/exe cannot
overwrite the host's Python through it (CVE-2019-5736). Start at server.py. mounter.py is the other process of the
daemon's that lives out there, for the time of one mount of a volume.
"""
