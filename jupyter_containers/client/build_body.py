"""What is sent to /build: the context's tar, or several parts when there are secrets, known hosts or more contexts.

Docker's daemon does not know the parts; see api/build_body.py for what they are.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from jupyter_containers.client.context import gather_all
from jupyter_containers.client.other_contexts import AnyContext


def body_of(
    context: AnyContext, hidden: Mapping[str, bytes], folders: Mapping[str, Path], known_hosts: bytes = b""
) -> tuple[str, Iterator[bytes]]:
    """Return the type and the bytes of the body. `hidden` are secrets by id, `folders` are named contexts."""
    if not hidden and not folders and not known_hosts:
        return "application/x-tar", context.chunks()
    # Long and not guessable: no file and no secret has it in it.
    boundary = secrets.token_hex(24)
    return f"multipart/form-data; boundary={boundary}", _parts(boundary, context, hidden, folders, known_hosts)


def _parts(
    boundary: str, context: AnyContext, hidden: Mapping[str, bytes], folders: Mapping[str, Path], known_hosts: bytes
) -> Iterator[bytes]:
    for name, content in hidden.items():
        yield from _part(boundary, f"secret.{quote(name, safe='')}", iter((content,)))
    if known_hosts:
        yield from _part(boundary, "known-hosts", iter((known_hosts,)))
    for name, folder in folders.items():
        yield from _part(boundary, f"context.{quote(name, safe='')}", _tar(folder))
    if not context.remote:
        yield from _part(boundary, "context", context.chunks())
    yield f"--{boundary}--\r\n".encode()


def _part(boundary: str, name: str, content: Iterator[bytes]) -> Iterator[bytes]:
    yield f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
    yield from content
    yield b"\r\n"


def _tar(place: Path) -> Iterator[bytes]:
    """Return a folder as a tar, or a tar as it is."""
    if place.is_dir():
        yield from gather_all(place).chunks()
        return
    with place.open("rb") as file:
        while chunk := file.read(256 * 1024):
            yield chunk
