"""A daemon on another machine, through this user's ssh: `docker system dial-stdio` over there passes bytes on.

The user's own program is run, because his keys, agent, known hosts and settings are its business; it is the only one
besides our own daemon that the client starts. That docker must be installed over there is Docker's own convention.
"""

from __future__ import annotations

import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from jupyter_containers.client.addresses import Address

CONNECT_SECONDS = 30
# How long ssh may take to end after its connection has.
END_SECONDS = 2.0


class SshSocket(socket.socket):
    """The local end of a connection through ssh, which ends with it."""

    def attend(self, process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
        self._process, self._said = process, said

    def recv(self, size: int, flags: int = 0) -> bytes:
        with self._explained():
            content = super().recv(size, flags)
        if not content:
            self._explain()
        return content

    def recv_into(self, buffer: Any, nbytes: int = 0, flags: int = 0) -> int:
        with self._explained():
            size = super().recv_into(buffer, nbytes, flags)
        if not size:
            self._explain()
        return size

    def sendall(self, content: Any, flags: int = 0) -> None:
        with self._explained():
            super().sendall(content, flags)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Have a broken connection tell what ssh said."""
        try:
            yield
        except ConnectionError:
            self._explain()
            raise

    def _explain(self) -> None:
        """Raise ConnectionError with what ssh said, when it did not end well."""
        try:
            code = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            return
        if code:
            self._said.seek(0)
            lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
            raise ConnectionAbortedError(0, f"ssh: {lines[-1].strip() if lines else f'it ended with code {code}'}")

    def _real_close(self, *_: Any) -> None:
        # What socket.close calls when nobody reads from a file of it any more.
        super()._real_close()  # type: ignore[misc]
        if hasattr(self, "_process"):
            self._process.terminate()
            self._said.close()


def dial(address: Address) -> socket.socket:
    """Return a socket whose other end is the daemon over there; the caller closes it. Raises OSError."""
    if shutil.which("ssh") is None:
        raise FileNotFoundError(2, "ssh is not installed")
    ours, theirs = socket.socketpair()
    ours.setblocking(True)
    end = SshSocket(fileno=ours.detach())
    said = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the socket
    try:
        process = subprocess.Popen(
            command(address), stdin=theirs.fileno(), stdout=theirs.fileno(), stderr=said, start_new_session=True,
        )  # fmt: skip
    except BaseException:
        end.close()
        said.close()
        raise
    finally:
        theirs.close()
    end.attend(process, said)
    # Somebody has to take note of its end, which comes when our end is closed, or it stays a zombie.
    threading.Thread(target=process.wait, name="end of ssh", daemon=True).start()
    return end


def command(address: Address) -> list[str]:
    """Return the words of ssh for an address."""
    user, _, host = address.ssh.rpartition("@")
    name = host if not address.port else host.rpartition(":")[0]
    words = ["ssh", "-o", f"ConnectTimeout={CONNECT_SECONDS}", "-T"]
    words += ["-l", user] if user else []
    words += ["-p", str(address.port)] if address.port else []
    # ssh gives what follows to a shell over there.
    socket_there = ["--host", shlex.quote(f"unix://{address.path}")] if address.path else []
    return [*words, "--", name.strip("[]"), "docker", *socket_there, "system", "dial-stdio"]
