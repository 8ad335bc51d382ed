"""Kernels: notebooks whose Python runs in a container, chosen in the launcher like any other.

    kernel install ─▶ kernelspecs.py writes kernel.json, which names our provisioner and says what container
    the server starts it ─▶ provisioner.py: sockets.py makes a private folder with the connection file
      ─▶ client: create and start the container, that folder mounted in it ─▶ messages go over unix sockets
    it ends ─▶ ends.py says why, in the log and in the kernel after it ─▶ the container is removed
      (or orphans.py removes it, when the server is dead)

No network is needed: sockets are files (transport ipc), and interrupts are messages. The provisioner runs in the
server's process, not in a notebook's, and gets nothing of its environment into the kernel.

Imports client, sandboxes (what of this machine a `host` kernel sees) and jupyter_client. Start at provisioner.py.
"""
