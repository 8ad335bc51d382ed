"""Daemon: the only place where everything is plugged together.

I own start, stop, settings, the lock on a root, and the doctor. I may touch everything, once, while wiring it up; there
is no logic of containers here.

    configuration ─▶ lock ─▶ zygote ─▶ own mount namespace ─▶ stores ─▶ engine ─▶ server ─▶ signal ─▶ backwards

The order matters: the zygote is started first, while this process has one thread and the host's mount namespace;
after that the daemon leaves for a private one, so that mounts made while building are seen and left by nobody.
Containers live on when the daemon stops; the next one finds them. Start at main.py.
"""
