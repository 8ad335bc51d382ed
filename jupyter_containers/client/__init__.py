"""Client: the Engine API as Python, on requests. Works with our daemon and with any Docker or Podman socket.

    connect() ─▶ addresses (DOCKER_HOST, docker contexts, or our own daemon, started by autostart) ─▶ Client
    Client.containers · images · builds · networks · volumes · registries · system
      └─▶ transport ─▶ dialing (unix, tcp, tls, ssh)

Owns nothing that lasts but logins in the docker CLI's file (credential_store.py). Touches connections, and programs:
our own daemon (autostart.py), the user's ssh (ssh.py) and credential helpers (credentials.py); never the daemon's
modules or files.
Docker's JSON stops here: what callers get are the values of values.py and the kinds of errors.py.
What a stream means (frames, JSON lines, a build) is read without I/O in streams.py and build_reader.py.
Everything is synchronous; a stream that is not read to its end is closed by its owner. Start at client.py.
"""

from __future__ import annotations

from jupyter_containers.client.client import Client, connect

__all__ = ["Client", "connect"]
