"""Text and bytes."""

from __future__ import annotations

from jupyter_containers.variables.codec import Codec

TEXT = Codec(
    ".txt", lambda value: type(value) is str, lambda value: str(value).encode(), lambda content: content.decode()
)
BYTES = Codec(".bin", lambda value: isinstance(value, bytes | bytearray), bytes, bytes)
