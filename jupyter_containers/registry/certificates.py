"""What TLS connections are checked by and what they show: this host's authorities, and files for single registries.

    <folder>/HOST[:PORT]/*.crt        authorities that are trusted for this registry besides
    <folder>/HOST[:PORT]/NAME.cert    a certificate to show to it, with its key in NAME.key

Sources: Docker manual, "Verify repository client with certificates"; containers-certs.d(5).
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from pathlib import Path

from jupyter_containers.errors import ContainersError

FOLDERS = (Path("/etc/docker/certs.d"), Path("/etc/containers/certs.d"))


class SpoiltCertificates(ContainersError):
    """The files for a registry cannot be used."""


class Certificates:
    """Contexts by host. Reading what a host trusts takes 50 ms: it is done once, and again when files change."""

    def __init__(self, folders: Sequence[Path] = FOLDERS) -> None:
        self._folders = folders
        self._contexts: dict[tuple[object, ...], ssl.SSLContext] = {}

    def context(self, netloc: str, *, verify: bool) -> ssl.SSLContext | bool:
        """Return what aiohttp takes for `ssl`: False to check nothing. Blocks. Raises SpoiltCertificates."""
        files = self._files(netloc)
        if not files and not verify:
            return False
        key = (verify, *((path, path.stat().st_mtime_ns) for path in files))
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = _made(files, verify=verify)
        return context

    def _files(self, netloc: str) -> list[Path]:
        host = netloc.rpartition("@")[2]
        if not host or "/" in host or host in (".", ".."):
            return []
        return sorted(path for folder in self._folders for path in _files_in(folder / host))


def _files_in(place: Path) -> list[Path]:
    """Return the files of a folder; none of one that is not there, not for us to read, or too long for a name."""
    try:
        return [path for path in place.iterdir() if path.is_file()]
    except OSError:
        return []


def _made(files: Sequence[Path], *, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for path in files:
        try:
            if path.suffix == ".crt":
                context.load_verify_locations(path)
            elif path.suffix == ".cert":
                context.load_cert_chain(path, _key_of(path, files))
        except (OSError, ssl.SSLError) as error:
            raise SpoiltCertificates(f"cannot use {path}: {error}") from error
    return context


def _key_of(path: Path, files: Sequence[Path]) -> Path:
    key = path.with_suffix(".key")
    if key not in files:
        raise SpoiltCertificates(
            f"missing key {key.name} for client certificate {path.name}. CA certificates must use the extension .crt"
        )
    return key
