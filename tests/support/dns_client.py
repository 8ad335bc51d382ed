"""Ask a container's name server as its processes do, and be a name server of the outside in another one."""

from __future__ import annotations

import ipaddress
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.daemon import Docker
from tests.support.dns import Reply, ask, read

# A client on the host's Python, in the container's network namespace: kind of socket, query in, answer out.
CLIENT = """import socket, sys
query = sys.stdin.buffer.read()
if sys.argv[1] == "tcp":
    with socket.create_connection(("127.0.0.11", 53), 30) as client:
        client.sendall(len(query).to_bytes(2, "big") + query)
        stream = client.makefile("rb")
        answer = stream.read(int.from_bytes(stream.read(2), "big"))
else:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(30)
        client.connect(("127.0.0.11", 53))
        client.send(query)
        answer = client.recv(65535)
sys.stdout.buffer.write(answer)
"""
# A name server on the host's Python, in a container's network namespace: one name, all others do not exist.
UPSTREAM = """import selectors, socket
NAME, CONTENT = b"\\7outside\\7example\\0\\0\\1\\0\\1", bytes([192, 0, 2, 77])
def answer(query):
    question = query[12:query.index(b"\\0", 12) + 5]
    found = question == NAME
    record = b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4" + CONTENT if found else b""
    counts = b"\\0\\1" + (b"\\0\\1" if found else b"\\0\\0") + bytes(4)
    return query[:2] + (b"\\x81\\x80" if found else b"\\x85\\x83") + counts + question + record
udp, tcp = socket.socket(type=socket.SOCK_DGRAM), socket.create_server(("", 53))
udp.bind(("", 53))
selector = selectors.DefaultSelector()
for one in (udp, tcp):
    selector.register(one, selectors.EVENT_READ)
print("ready", flush=True)
while True:
    for key, _ in selector.select():
        if key.fileobj is udp:
            query, client = udp.recvfrom(65535)
            udp.sendto(answer(query), client)
            continue
        with tcp.accept()[0] as client:
            stream = client.makefile("rb")
            reply = answer(stream.read(int.from_bytes(stream.read(2), "big")))
            client.sendall(len(reply).to_bytes(2, "big") + reply)
"""


def in_network_of(docker: Docker, container: str, *command: str) -> list[str]:
    """Return a command line that runs the host's Python in the container's network namespace."""
    pid = docker("inspect", "-f", "{{.State.Pid}}", container).stdout.strip()
    return ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-I", "-S", "-c", *command]


def question(docker: Docker, container: str, name: str, kind: int = 1, *, over: str = "udp", edns: int = 0) -> Reply:
    """Ask as a process of the container."""
    done = subprocess.run(
        in_network_of(docker, container, CLIENT, over),
        input=ask(name, kind, edns=edns), capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    return read(done.stdout)


def addresses(reply: Reply) -> list[str]:
    assert reply.rcode == 0
    return sorted(str(ipaddress.ip_address(content)) for _name, _kind, _ttl, content in reply.answers)


@contextmanager
def outside(docker: Docker, container: str) -> Iterator[None]:
    """Answer for outside.example at port 53 of all of a container's addresses: other names do not exist."""
    with subprocess.Popen(in_network_of(docker, container, UPSTREAM), stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            yield
        finally:
            server.kill()
