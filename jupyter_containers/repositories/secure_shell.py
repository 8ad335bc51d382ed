"""git over ssh: `git-upload-pack` on a server, asked by a client in this process; no program of this machine is run.

The server's key must be one of the known hosts that came with the build: nobody is trusted at first sight. We log in
with the build's agent and with nothing else: no key, no settings and no known hosts of the daemon's own user count, no
password is asked for, and no agent is forwarded to the server. Imported when a repository is first behind ssh: asyncssh
is large, and may not be there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from jupyter_containers.errors import ContainersError, Forbidden, Unauthorized, Unavailable
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.addresses import SHELL_PORT, ShellAddress
from jupyter_containers.repositories.known_hosts import trusted

T = TypeVar("T")

# How long a server may be silent, and how long all of a login may take, with an agent that may ask somebody.
SECONDS = 30.0
LOGIN_SECONDS = 60.0
_END_SECONDS = 2.0
# So often somebody may tell that nobody waits for the repository any more.
_CHECK_SECONDS = 0.5
# As in OpenSSH. Source: ssh-agent.c, AGENT_MAX_LEN.
MAX_AGENT_BYTES = 256 * 1024
# What may wait here before the server has to wait; and what is kept of its complaints, the last of them.
FULL_BYTES = 1 << 20
COMPLAINT_BYTES = 2000


class Shell:
    """A command that runs on a server. For one thread, which it blocks: its event loop turns only while that waits.

    `check` is called now and then while we wait, and stops the work by raising.
    """

    def __init__(self, server: ShellAddress, command: str, access: Access, check: Callable[[], None]) -> None:
        """Connect, log in and start the command. Raises OSError, Forbidden for a key that is not known, and others."""
        self._runner = asyncio.Runner()
        self._check = check
        self._connection: asyncssh.SSHClientConnection | None = None
        try:
            self._session = self._run(self._started(server, command, access), SECONDS + LOGIN_SECONDS)
        except BaseException:
            self.close()
            raise

    async def _started(self, server: ShellAddress, command: str, access: Access) -> Session:
        proofs, client, session = trusted(access.known_hosts, server), _Client(), Session()
        async with asyncssh.SSHAgentClient(_Agent(_agent(server, access))) as agent:
            keys = await _keys(server, agent)
            try:
                self._connection, _ = await asyncssh.create_connection(
                    lambda: client, server.host, server.port, username=server.user, config=None,
                    known_hosts=proofs.lists, client_keys=keys, agent_path=None, preferred_auth="publickey",
                    gss_host=None, x509_trusted_certs=None, compression_algs=None, agent_forwarding=False,
                    connect_timeout=SECONDS, login_timeout=LOGIN_SECONDS,
                )  # fmt: skip
                await self._connection.create_session(lambda: session, command, encoding=None)
            except asyncssh.HostKeyNotVerifiable as error:
                raise _not_verified(server, client.shown, error.reason, is_known=proofs.is_known) from None
            except asyncssh.PermissionDenied:
                raise Unauthorized(
                    f"{server.place} lets {server.user} in with none of the {len(keys)} keys of the ssh agent; add the "
                    "right one to it with ssh-add, or name its file: --ssh default=FILE"
                ) from None
            except asyncssh.Error as error:
                raise Unavailable(f"{server.place} breaks ssh off: {printable(error.reason)}") from None
        return session

    def _run(self, work: Coroutine[Any, Any, T], seconds: float) -> T:
        async def watched() -> T:
            task = asyncio.ensure_future(work)
            try:
                async with asyncio.timeout(seconds):
                    while not (await asyncio.wait({task}, timeout=_CHECK_SECONDS))[0]:
                        self._check()
                    return await task
            finally:
                task.cancel()

        try:
            return self._runner.run(watched())
        except TimeoutError as error:
            raise TimeoutError(f"no answer in {seconds:.0f} seconds") from error

    def read(self, size: int) -> bytes:
        """Return `size` bytes, fewer at the end. Raises TimeoutError for a server that is silent for too long."""
        session = self._session
        while len(session.content) < size and not session.ended:
            self._run(session.more(len(session.content)), SECONDS)
        taken = bytes(session.content[:size])
        del session.content[:size]
        return taken

    def write(self, content: bytes) -> int:
        self._session.channel.write(content)
        # Bytes leave when the loop turns; whether somebody took them, an answer will tell.
        self._run(asyncio.sleep(0), SECONDS)
        return len(content)

    def readlines(self) -> list[bytes]:
        """Return what the command has complained of, as a file of it would."""
        lines = self._session.complaints.decode("utf-8", "replace").splitlines()
        return [printable(line).encode() for line in lines]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            with suppress(TimeoutError, asyncssh.Error, OSError):
                self._runner.run(asyncio.wait_for(self._connection.wait_closed(), _END_SECONDS))
            self._connection = None
        self._runner.close()


class Session(asyncssh.SSHClientSession[bytes]):
    """What a command on a server says: `content`, and `complaints` beside it."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.complaints = b""
        self.ended = False
        self._news = asyncio.Event()

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        self.channel = chan

    def data_received(self, data: bytes, datatype: int | None) -> None:
        if datatype is not None:
            self.complaints = (self.complaints + data)[-COMPLAINT_BYTES:]
            return
        self.content += data
        if len(self.content) >= FULL_BYTES:
            self.channel.pause_reading()
        self._news.set()

    def eof_received(self) -> bool:
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended = True
        self._news.set()

    async def more(self, count: int) -> None:
        """Wait until there is more of the content than `count` bytes, or its end is known."""
        self.channel.resume_reading()
        while len(self.content) <= count and not self.ended:
            self._news.clear()
            await self._news.wait()


class _Client(asyncssh.SSHClient):
    """`shown` is the key that a server gave and that is not known."""

    shown = ""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        self.shown = f"{key.get_algorithm()} {key.get_fingerprint()}"
        return False


class _Agent:
    """Leads asyncssh to an agent, which may not say more than an agent has to say."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def open_agent_connection(self) -> tuple[_Bounded, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_unix_connection(self._path)
        return _Bounded(reader), writer


class _Bounded:
    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def readexactly(self, count: int) -> bytes:
        if count > MAX_AGENT_BYTES:
            raise OSError(f"it says {count} bytes at once")
        return await self._reader.readexactly(count)


def _agent(server: ShellAddress, access: Access) -> Path:
    if access.agent is None:
        why = access.withheld or "this build was given none; forward one with --ssh default"
        raise Unauthorized(f"{server.place} is asked by ssh, which needs an agent, and {why}")
    return access.agent


async def _keys(server: ShellAddress, agent: asyncssh.SSHAgentClient) -> Sequence[asyncssh.SSHKeyPair]:
    """Return the agent's keys, which it signs with itself."""
    try:
        async with asyncio.timeout(SECONDS):
            keys = await agent.get_keys()
    except (TimeoutError, ValueError) as error:
        reason = printable(str(error)) or "no answer"
        raise Unauthorized(f"the ssh agent of this build gives no keys for {server.place}: {reason}") from None
    if not keys:
        raise Unauthorized(f"the ssh agent of this build has no keys for {server.place}; add one with ssh-add")
    return keys


def _not_verified(server: ShellAddress, shown: str, reason: str, *, is_known: bool) -> ContainersError:
    its_key = f" ({shown})" if shown else ""
    if not is_known:
        port = "" if server.port == SHELL_PORT else f"-p {server.port} "
        return Forbidden(
            f"the key of {server.place}{its_key} is in no file of known hosts; connect once with "
            f"ssh {port}{server.user}@{server.host}, compare the key with what the host's owner publishes, and build "
            "again"
        )
    if "revoked" in reason:
        return Forbidden(
            f"the key of {server.place} is revoked in the known hosts; ask the host's owner for the new one"
        )
    return Forbidden(
        f"{server.place} shows another key{its_key} than the known hosts have for it: somebody may be listening in, or "
        f"it has a new key; ask the host's owner, and then remove the old one with ssh-keygen -R '{server.place}'"
    )


def printable(text: str) -> str:
    """Return what a stranger said, on one line and not too much of it."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:500]).strip()
