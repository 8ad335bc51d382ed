"""Kernels: notebooks whose Python runs in a container, chosen in the launcher like any other.

    kernel install ─▶ kernelspecs.py writes kernel.json, which names our provisioner and says what container
    the server starts it ─▶ provisioner.py: sockets.py makes a private folder with the connection file
      ─▶ client: create and start the container, that folder mounted in it ─▶ messages go over unix sockets
    it ends ─▶ ends.py says why in words ─▶ the container is removed; orphans.py removes what a dead server has left

No network is needed: sockets are files (transport ipc), and interrupts are messages. The provisioner runs in the
server's process, not in a notebook's, and gets nothing of its environment into the kernel.

Imports client, sandboxes (what of this machine a `host` kernel sees) and jupyter_client. Start at provisioner.py.
"""
