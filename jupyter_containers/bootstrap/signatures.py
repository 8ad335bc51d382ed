"""Whether a release is Debian's: OpenPGP signatures, by pysequoia, against keys that are on this machine.

Nothing is downloaded to check with, and nothing that is not signed is believed, whatever a source says of `trusted`.
Source: RFC 9580; apt-secure(8).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_containers.errors import ContainersError, InvalidParameter, Unsupported

if TYPE_CHECKING:
    from pysequoia import Cert

# A keyring of all keys that Debian ever had is a tenth of this.
KEYRING_LIMIT = 4 << 20


class SignatureRefused(ContainersError):
    """The release is not signed by a key that is trusted here, or was changed after."""


class Keyring:
    """Keys that are trusted; `name` says in errors where they are from."""

    def __init__(self, name: str, *contents: bytes) -> None:
        """Read keys of one or more files, armored or not. Raises InvalidParameter, Unsupported without the library."""
        try:
            from pysequoia import Cert
        except ImportError:
            raise Unsupported(
                "checking signatures of a release needs the Python package pysequoia; install it with "
                "pip install 'jupyter-containers[bootstrap]'"
            ) from None
        self.name = name
        try:
            self._keys: Sequence[Cert] = [key for content in contents for key in Cert.split_bytes(content)]
        except Exception as error:
            raise InvalidParameter(f"{name} is no keyring: {_first_line(error)}") from error
        if not self._keys:
            raise InvalidParameter(f"{name} has no keys")

    def open_signed(self, content: bytes, what: str) -> str:
        """Return what is signed of a file that has its signature with it (InRelease). Raises SignatureRefused.

        What stands around the signed part is dropped: it could be anybody's.
        """
        return _text(self._verify(content, None, what), what)

    def check_detached(self, content: bytes, signature: bytes, what: str) -> str:
        """Return a file as text after checking it against signatures beside it (Release.gpg). Raises as open_signed."""
        from pysequoia import ArmorKind, armor
        from pysequoia.packet import PacketPile

        try:
            packets = [bytes(packet) for packet in PacketPile.from_bytes(signature)]
        except Exception as error:
            raise SignatureRefused(f"{what}: its signature cannot be read: {_first_line(error)}") from error
        refusal: SignatureRefused | None = None
        # One of them is enough, as with the form that is signed inline.
        for packet in packets[:32]:
            try:
                self._verify(content, armor(packet, ArmorKind.Signature).encode(), what)
                return _text(content, what)
            except SignatureRefused as error:
                refusal = error
        raise refusal or SignatureRefused(f"{what} is not signed")

    def _verify(self, content: bytes, signature: bytes | None, what: str) -> bytes:
        from pysequoia import Sig, verify

        asked: list[str] = []

        def keys(ids: Sequence[str]) -> Sequence[Cert]:
            asked.extend(ids)
            return self._keys

        # The library raises kinds of its own for what was not signed, not by these keys, or changed.
        try:
            if signature is None:
                result = verify(bytes=content, store=keys)
            else:
                result = verify(bytes=content, store=keys, signature=Sig.from_bytes(signature))
        except Exception as error:
            raise SignatureRefused(self._reason(what, asked, _first_line(error))) from error
        # So far the library raises then; its API is not called stable.
        if not result.valid_sigs:
            raise SignatureRefused(self._reason(what, asked, "no valid signature"))
        return content if signature is not None else bytes(result.bytes or b"")

    def _reason(self, what: str, asked: Sequence[str], cause: str) -> str:
        """Say which of the usual reasons it is: no signature, a stranger's key, a key that is over, changed content."""
        if not asked:
            return f"{what} is not signed: {cause}"
        known = [key for key in self._keys if _is_of(key, asked)]
        now = datetime.now(UTC)
        over = [key for key in known if key.expiration is not None and key.expiration < now]
        if over and len(over) == len(known):
            when = f"{over[0].expiration:%Y-%m-%d}"
            return (
                f"{what} is signed by key {over[0].fingerprint} of {self.name}, which has expired on {when}; "
                "update the keyring"
            )
        if not known:
            return (
                f"{what} is signed by {', '.join(asked)}, and none of these keys is in {self.name}; "
                "name the right keyring, or update it"
            )
        return f"{what} has a wrong signature: {cause}"


def _is_of(key: Cert, asked: Sequence[str]) -> bool:
    """Tell whether one of these ids or fingerprints is the key's, or that of a subkey, which is what signs."""
    from pysequoia.packet import PacketPile

    parts = [(packet.fingerprint or "").lower() for packet in PacketPile.from_bytes(bytes(key))]
    return any(part.endswith(one.lower()) for part in parts if part for one in asked)


def _text(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InvalidParameter(f"{what} is not text in UTF-8") from None


def _first_line(error: Exception) -> str:
    # The library's errors may have its own stack below.
    return (str(error).strip().splitlines() or ["?"])[0][:200]
