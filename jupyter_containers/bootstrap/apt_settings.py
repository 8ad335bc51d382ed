"""Settings of apt, as far as they tell how to reach a mirror: proxies. Source: apt.conf(5), apt-transport-http(1)."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

from jupyter_containers.errors import InvalidParameter

_TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|\#(?!clear\b|include\b)[^\n]*)
      | (?P<text>"[^"\n]*")
      | (?P<mark>[{};])
      | (?P<word>(?!/\*)[^\s{};"]+)""",
    re.VERBOSE | re.DOTALL,
)
_FILE_LIMIT = 1 << 20
DIRECT = "DIRECT"


def read(folder: Path) -> dict[str, str]:
    """Return the settings in apt's configuration folder, names in lower case; later files win.

    Files that apt does not understand either are left out.
    """
    found: dict[str, str] = {}
    files = sorted(path for path in (folder / "apt.conf.d").glob("*") if path.suffix in ("", ".conf"))
    for path in (*files, folder / "apt.conf"):
        if path.is_file():
            with path.open("rb") as file:
                found |= parse(file.read(_FILE_LIMIT).decode("utf-8", "replace"), str(path))
    return found


def parse(text: str, what: str) -> dict[str, str]:
    """Return the settings in a file: `a::b "c";` and `a { b "c"; };` are the same. Raises InvalidParameter."""
    found: dict[str, str] = {}
    scopes: list[str] = []
    words: list[str] = []
    for token in _tokens(text, what):
        if token == "{":
            scopes.append("::".join([*scopes[-1:], *words[:1]]))
            words = []
        elif token == "}":
            if not scopes:
                raise InvalidParameter(f"{what} closes a brace that is not open")
            scopes.pop()
            words = []
        elif token == ";":
            if len(words) == 2:
                found["::".join([*scopes[-1:], words[0]]).lower()] = words[1]
            words = []
        else:
            words.append(token)
    return found


def _tokens(text: str, what: str) -> Iterator[str]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise InvalidParameter(f"{what} cannot be read at {text[place : place + 40]!r}")
        place = found.end()
        if found["skip"] is None:
            yield found[0].strip('"')


def proxy_for(url: str, settings: Mapping[str, str]) -> str | None:
    """Return the proxy that apt would use for a URL, DIRECT for none; None if its settings say nothing of it.

    The environment's proxies are then right. A setting for one host goes before that for all.
    """
    parts = urllib.parse.urlsplit(url)
    scheme, host = parts.scheme.lower(), (parts.hostname or "").lower()
    for name in (f"acquire::{scheme}::proxy::{host}", f"acquire::{scheme}::proxy"):
        value = settings.get(name, "")
        if value:
            return DIRECT if value.upper() == DIRECT else value
    return None
