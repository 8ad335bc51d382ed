"""An ssh agent for key files, while a build is going on: the daemon gets its socket, and signatures; never a key.

Whoever may open the socket's folder (this user, and root) can have something signed as long as the block lasts. It
tells its public keys and signs, and does nothing else. One thread for all connections, and every message is bounded.
asyncssh reads the files and signs; it is imported when a key is first named.
Source: the internet draft draft-miller-ssh-agent.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from jupyter_containers.errors import InvalidParameter, Unsupported

if TYPE_CHECKING:
    from asyncssh import SSHKey

# As in BuildKit, and in OpenSSH. Source: moby/buildkit, session/sshforward/sshprovider; ssh-agent.c, AGENT_MAX_LEN.
MAX_KEY_BYTES = 100 * 1024
MAX_MESSAGE_BYTES = 256 * 1024
MAX_CONNECTIONS = 100
_KINDS = (b"ssh-ed25519", b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp521", b"ssh-rsa")
_REQUEST_IDENTITIES, _IDENTITIES_ANSWER, _SIGN_REQUEST, _SIGN_RESPONSE = 11, 12, 13, 14
_FAILURE = b"\5"
# How an RSA key signs, by the flags of a request. The first is SHA-1, which old servers want, and ssh-add -T.
_RSA = {0: b"ssh-rsa", 2: b"rsa-sha2-256", 4: b"rsa-sha2-512", 6: b"rsa-sha2-512"}


@contextmanager
def served(keys: Mapping[str, Sequence[Path]]) -> Iterator[dict[str, str]]:
    """Yield the sockets of agents, by id, for files of private keys, while the block runs.

    Raises InvalidParameter for a file that is no key, or encrypted; Unsupported without asyncssh. No error, and none of
    its frames, has anything of a file's content.
    """
    found = {name: [read_key(path, name) for path in paths] for name, paths in keys.items()}
    with TemporaryDirectory(prefix="ssh-agent-") as folder, ExitStack() as stack:
        listeners: list[tuple[socket.socket, Sequence[SSHKey]]] = []
        sockets = {}
        for number, (name, own) in enumerate(found.items()):
            sockets[name] = f"{folder}/{number}"
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(sockets[name])
            listener.listen()
            listeners.append((listener, own))
        with _running(listeners):
            yield sockets


@contextmanager
def _running(listeners: Sequence[tuple[socket.socket, Sequence[SSHKey]]]) -> Iterator[None]:
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def main() -> None:
        stop = asyncio.Event()
        places = asyncio.Semaphore(MAX_CONNECTIONS)
        for listener, keys in listeners:
            await asyncio.start_unix_server(partial(_attend, keys, places), sock=listener)
        started.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the start is to have it
            if not started.done():
                started.set_exception(error)

    # Its end cancels what is left of connections.
    thread = threading.Thread(target=run, name="ssh agent", daemon=True)
    thread.start()
    loop, stop = started.result()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()


async def _attend(
    keys: Sequence[SSHKey], places: asyncio.Semaphore, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        if places.locked():
            return
        async with places:
            while True:
                length = int.from_bytes(await reader.readexactly(4), "big")
                if not 0 < length <= MAX_MESSAGE_BYTES:
                    return
                answer = answered(keys, await reader.readexactly(length))
                writer.write(_text(answer))
                await writer.drain()
    except (OSError, EOFError):
        # Whoever asked has gone.
        pass
    finally:
        writer.close()


def answered(keys: Sequence[SSHKey], request: bytes) -> bytes:
    """Return an agent's answer to a request, both without their lengths. Never raises for a bad request."""
    try:
        if request == bytes([_REQUEST_IDENTITIES]):
            listed = b"".join(_text(key.public_data) + _text(b"") for key in keys)
            return bytes([_IDENTITIES_ANSWER]) + len(keys).to_bytes(4, "big") + listed
        if request[:1] == bytes([_SIGN_REQUEST]):
            public, rest = _taken(request[1:])
            content, flags = _taken(rest)
            [key] = [key for key in keys if key.public_data == public]
            return bytes([_SIGN_RESPONSE]) + _text(key.sign(content, _algorithm(key, flags)))
    except Exception:  # noqa: BLE001 - a request that cannot be met, whatever the library thinks of it
        return _FAILURE
    return _FAILURE


def _algorithm(key: SSHKey, flags: bytes) -> bytes:
    if len(flags) != 4:
        raise ValueError("not the flags of a request")
    return _RSA[int.from_bytes(flags, "big")] if key.algorithm == b"ssh-rsa" else key.algorithm


def _text(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _taken(content: bytes) -> tuple[bytes, bytes]:
    """Return a text of a message, and what follows it. Raises ValueError."""
    end = 4 + int.from_bytes(content[:4], "big")
    if len(content) < end:
        raise ValueError("a message is cut off")
    return content[4:end], content[end:]


def read_key(path: Path, name: str) -> SSHKey:
    """Return the private key in a file, for `--ssh NAME`. Raises InvalidParameter, Unsupported without asyncssh."""
    try:
        import asyncssh  # noqa: F401
    except ImportError:
        raise Unsupported(
            f"--ssh {name}={path}: key files need the Python package asyncssh; install it with "
            "pip install 'jupyter-containers[ssh]', or add the key to an agent: ssh-add"
        ) from None
    key, problem = _read(path)
    # Raised here, where no frame has the file's content: a notebook may show the variables of frames.
    if key is None:
        raise InvalidParameter(f"--ssh {name}: {path} {problem}")
    return key


def _read(path: Path) -> tuple[SSHKey | None, str]:
    from asyncssh import KeyEncryptionError, KeyImportError, import_private_key

    try:
        with path.open("rb") as file:
            content = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        return None, f"cannot be read: {error.strerror}"
    if len(content) > MAX_KEY_BYTES:
        return None, f"is larger than {MAX_KEY_BYTES} bytes, which no private key is"
    try:
        key = import_private_key(content)
    except KeyEncryptionError:
        return None, _encrypted(path)
    except KeyImportError as error:
        return None, _encrypted(path) if "assphrase" in str(error) else _NO_KEY
    except Exception:  # noqa: BLE001 - whatever it stumbles over, its frames have the content
        return None, _NO_KEY
    return (key, "") if key.algorithm in _KINDS else (None, _NO_KEY)


_NO_KEY = "is no private key that is known here; RSA, ECDSA and Ed25519 of OpenSSH and in PEM are"


def _encrypted(path: Path) -> str:
    return f"is encrypted, and nobody is asked for its passphrase; ssh-add {path}, and forward the agent: --ssh default"
