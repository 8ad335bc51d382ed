"""Who may come in: a file of names and bcrypt hashes, as htpasswd -B writes it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from pathlib import Path

from jupyter_containers.errors import InvalidParameter, Unsupported

_HASH = re.compile(rb"\$2[aby]\$[0-9]{2}\$[./A-Za-z0-9]{53}")
# Of no password; checked for names that are not there, so that the time does not tell them.
_NOBODY = b"$2b$10$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
# bcrypt reads no more; newer libraries refuse what is longer.
_BCRYPT_BYTES = 72


class Users:
    """The people in a htpasswd file, read again when it changes.

    Raises InvalidParameter for a file that is not one, Unsupported if the bcrypt library is not installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._hashes: dict[bytes, bytes] = {}
        self._secret = os.urandom(32)
        self._proved: dict[bytes, bytes] = {}
        try:
            import bcrypt
        except ImportError:
            raise Unsupported(
                "--htpasswd needs the library bcrypt, which is not installed: "
                "pip install 'jupyter-containers[registry]'"
            ) from None
        self._check = bcrypt.checkpw
        self._read()

    def admits(self, authorization: str) -> bool:
        """Say whether an Authorization header has a name and its password. Slow (bcrypt) the first time."""
        scheme, _, value = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            name, colon, password = base64.b64decode(value.strip(), validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return False
        self._read()
        known = self._hashes.get(name)
        proof = hmac.digest(self._secret, name + b"\0" + (known or b"") + b"\0" + password, hashlib.sha256)
        if known is not None and hmac.compare_digest(self._proved.get(name, b""), proof):
            return True
        if not colon or len(password) > _BCRYPT_BYTES or b"\0" in password:
            return False
        if not self._check(password, known or _NOBODY) or known is None:
            return False
        self._proved[name] = proof
        return True

    def _read(self) -> None:
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size)
            if stamp == self._stamp:
                return
            content = self._path.read_bytes()
        except OSError as error:
            raise InvalidParameter(f"cannot read htpasswd file {self._path}: {error.strerror}") from error
        self._hashes = _parse(content, self._path)
        self._stamp = stamp


def _parse(content: bytes, path: Path) -> dict[bytes, bytes]:
    hashes: dict[bytes, bytes] = {}
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip() or line.startswith(b"#"):
            continue
        name, _, hash_ = line.strip().partition(b":")
        if not name or not _HASH.fullmatch(hash_):
            raise InvalidParameter(f"{path}, line {number}: not NAME:BCRYPT-HASH; write it with htpasswd -B")
        hashes[name] = hash_
    return hashes
