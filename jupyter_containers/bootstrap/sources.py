"""Sources of packages, as apt is told of them: both styles of lists, and the options that matter here.

Source: sources.list(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jupyter_containers.bootstrap.deb822 import Paragraph, paragraphs
from jupyter_containers.errors import InvalidParameter

_LINE = re.compile(
    r"(?P<type>deb|deb-src)\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>[^\s\[]\S*)\s+(?P<suite>\S+)(?P<rest>.*)"
)
_FILE_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """One suite of one archive. `signed_by`: paths of keyrings, or one keyring in text; empty: those apt trusts.

    `architectures` is empty where the source does not limit them.
    """

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""
    architectures: tuple[str, ...] = ()


def read(folder: Path) -> list[Source]:
    """Return the sources of packages in apt's configuration folder, in apt's order. Raises InvalidParameter."""
    names = sorted((folder / "sources.list.d").glob("*"), key=lambda path: path.name)
    files = [folder / "sources.list", *names]
    found: list[Source] = []
    for path in files:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = _text(path)
        found += parse_list(text, str(path)) if path.suffix == ".list" else parse_sources(text, str(path))
    return found


def _text(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_FILE_LIMIT).decode("utf-8", "replace")


def parse_list(text: str, what: str) -> Iterator[Source]:
    """Read the style of one line for each archive. Raises InvalidParameter; `what` names the file."""
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if not line:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise InvalidParameter(f"{what} has a line that is no source: {line:.100}")
        if found["type"] == "deb":
            options = dict(word.partition("=")[::2] for word in (found["options"] or "").split())
            yield Source(
                uri=found["uri"].rstrip("/"),
                suite=found["suite"],
                components=tuple(found["rest"].split()),
                # Several keyrings stand behind commas here, and behind blanks in the other style.
                signed_by=options.get("signed-by", "").replace(",", " "),
                architectures=tuple(filter(None, options.get("arch", "").split(","))),
            )


def parse_sources(text: str, what: str) -> Iterator[Source]:
    """Read the style of paragraphs. Raises InvalidParameter; `what` names the file."""
    for fields in paragraphs(text, what):
        if fields.get("enabled", "yes").lower() in ("no", "false", "0") or "deb" not in _words(fields, "types"):
            continue
        for uri in _words(fields, "uris"):
            for suite in _words(fields, "suites"):
                yield Source(
                    uri=uri.rstrip("/"),
                    suite=suite,
                    components=_words(fields, "components"),
                    signed_by=fields.get("signed-by", ""),
                    architectures=_words(fields, "architectures"),
                )


def _words(fields: Paragraph, name: str) -> tuple[str, ...]:
    return tuple(fields.get(name, "").split())
