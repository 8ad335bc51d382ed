"""A TCP proxy that cuts connections in the middle of what a client sends."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_PIECE = 64 * 1024


@dataclass(slots=True)
class CuttingProxy:
    """`address` leads to the target. `cuts` are numbers of bytes: the next connection that sends more is cut there.

    `sent` is how many bytes went to the target in all.
    """

    address: str
    cuts: list[int] = field(default_factory=list)
    sent: int = 0


@contextmanager
def cutting_proxy(target: str) -> Iterator[CuttingProxy]:
    """Run a proxy to `host:port`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = CuttingProxy(f"127.0.0.1:{listener.getsockname()[1]}")
        threads: list[threading.Thread] = []
        ending = threading.Event()

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:
                    return
                threads.append(threading.Thread(target=_pass_on, args=(proxy, client, target, ending)))
                threads[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield proxy
        finally:
            ending.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def _pass_on(proxy: CuttingProxy, client: socket.socket, target: str, ending: threading.Event) -> None:
    host, _, port = target.rpartition(":")
    with client, socket.create_connection((host, int(port))) as server, contextlib.suppress(OSError):
        sent = 0
        while not ending.is_set():
            for ready in select.select([client, server], [], [], 0.1)[0]:
                if not (piece := ready.recv(_PIECE)):
                    return
                if ready is server:
                    client.sendall(piece)
                    continue
                limit = proxy.cuts[0] if proxy.cuts else None
                if limit is not None and sent + len(piece) > limit:
                    server.sendall(piece[: limit - sent])
                    proxy.sent += limit - sent
                    proxy.cuts.pop(0)
                    return
                server.sendall(piece)
                sent += len(piece)
                proxy.sent += len(piece)
