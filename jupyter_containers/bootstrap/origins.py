"""Where a release comes from: the archives of one suite, and the keys they must be signed by.

The host's own sources come first. A suite that is not among them is asked of the mirror that has another release of
Debian; a mirror that is named stands alone.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jupyter_containers.bootstrap.signatures import KEYRING_LIMIT, Keyring
from jupyter_containers.bootstrap.sources import Source, read
from jupyter_containers.errors import InvalidParameter, NotFound, Unsupported
from jupyter_containers.oci.platform import Platform

# Releases by their numbers, which images have as tags too. Those before have no signatures that are still good.
NUMBERED = {"10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky"}
_DEBIAN = frozenset({*NUMBERED.values(), "duke", "sid", "unstable", "testing", "stable", "oldstable", "oldoldstable"})
# What Debian calls the architectures of images.
_ARCHITECTURES = {
    "amd64": "amd64", "arm64": "arm64", "386": "i386", "ppc64le": "ppc64el", "s390x": "s390x", "riscv64": "riscv64",
    "loong64": "loong64",
}  # fmt: skip
_SUITE = re.compile(r"[a-z][a-z0-9.-]{1,40}")
_SUPPORTED = "what can be made is debian:SUITE, such as debian:bookworm or debian:12"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True, slots=True)
class Archive:
    """One suite of one archive, whose Release must be signed by a key of `keyring`.

    `is_guess`: nobody has said that this suite is there; without it the release is whole all the same.
    """

    uri: str
    suite: str
    components: tuple[str, ...]
    keyring: Keyring
    is_guess: bool = False

    def url(self, path: str) -> str:
        return f"{self.uri}/dists/{self.suite}/{path}"


def suite_of(image: str) -> str:
    """Return the suite in the name of an image. Raises InvalidParameter, Unsupported for another distribution."""
    name, _, tag = image.partition(":")
    if name != "debian":
        raise Unsupported(f"cannot make {image!r}: {_SUPPORTED}")
    if not tag:
        raise InvalidParameter(f"which release? {_SUPPORTED}")
    suite = NUMBERED.get(tag, tag)
    if not _SUITE.fullmatch(suite):
        raise InvalidParameter(f"{tag!r} cannot be a suite of Debian; {_SUPPORTED}")
    return suite


def architecture_of(platform: Platform) -> str:
    """Return Debian's name of a platform's architecture. Raises Unsupported when it has none."""
    if platform.architecture == "arm":
        return "armel" if platform.variant in ("v5", "v6") else "armhf"
    if platform.architecture not in _ARCHITECTURES:
        raise Unsupported(f"there is no Debian for {platform}")
    return _ARCHITECTURES[platform.architecture]


def archives(folder: Path, suite: str, architecture: str, *, mirror: str = "", keyring: str = "") -> list[Archive]:
    """Return the archives to make `suite` of, its main one first. `folder` is apt's configuration (/etc/apt).

    `mirror` is used instead of what is configured there; `keyring` (a path) instead of what the sources name.
    Raises NotFound when no mirror is configured, Unsupported for one that is not on the web, InvalidParameter.
    """
    configured = [] if mirror else [source for source in read(folder) if _is_for(source, architecture)]
    sources = [Source(mirror.rstrip("/"), suite, ("main",))] if mirror else _sources(folder, configured, suite)
    said = {(source.uri, source.suite) for source in configured}
    found = []
    for source in sources:
        _check(source.uri)
        keys = _keyring(folder, keyring or source.signed_by)
        is_guess = source.suite != suite and (source.uri, source.suite) not in said
        found.append(Archive(source.uri, source.suite, source.components, keys, is_guess))
    return found


def _is_for(source: Source, architecture: str) -> bool:
    return bool(source.components) and (not source.architectures or architecture in source.architectures)


def _check(uri: str) -> None:
    try:
        parts = urllib.parse.urlsplit(uri)
        _ = parts.port
    except ValueError as error:
        raise Unsupported(f"mirror {uri:.200} cannot be an address: {error}; name another with --mirror") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Unsupported(f"mirror {uri:.200} is neither http nor https; name another with --mirror")
    if "@" in parts.netloc:
        # It would end up in errors, and in the image.
        raise Unsupported(f"a mirror that wants a login is not supported (on {parts.hostname}); name another")


def _sources(folder: Path, configured: Sequence[Source], suite: str) -> list[Source]:
    suites = (suite, f"{suite}-updates", f"{suite}-security", f"{suite}/updates")
    found = [source for name in suites for source in configured if source.suite == name]
    if not found or found[0].suite != suite:
        found = _elsewhere(configured, suite)
    if not found:
        raise NotFound(
            f"no Debian mirror is configured on the daemon's machine ({folder}/sources.list and sources.list.d); "
            "name one with --mirror"
        )
    return list(_united(found))


def _elsewhere(configured: Sequence[Source], suite: str) -> list[Source]:
    """Return where the suite is likely to be: beside another release of Debian."""
    found = []
    for ending in ("", "-updates", "-security"):
        for source in configured:
            release = source.suite.removesuffix(ending) if ending else source.suite
            # The unstable suite is one alone.
            if (
                source.suite.endswith(ending)
                and release in _DEBIAN
                and (not ending or suite not in ("sid", "unstable"))
            ):
                found.append(replace(source, suite=f"{suite}{ending}"))
                break
    return found if found and found[0].suite == suite else []


def _united(sources: Iterable[Source]) -> Iterable[Source]:
    """Put the components of one suite of one archive together, which sources may list apart; only main is wanted."""
    seen: dict[tuple[str, str], Source] = {}
    for source in sources:
        if "main" in source.components:
            seen.setdefault((source.uri, source.suite), replace(source, components=("main",)))
    return seen.values()


def _keyring(folder: Path, signed_by: str) -> Keyring:
    """Return the keys that a source names, Debian's own where it names none. Raises NotFound, InvalidParameter."""
    if "BEGIN PGP" in signed_by:
        # In a list of sources an empty line would end the paragraph, so it is written as a dot.
        lines = ("" if line.strip() == "." else line for line in signed_by.split("\n"))
        return Keyring("the source's Signed-By", "\n".join(lines).strip().encode())
    paths = [Path(word) for word in signed_by.split() if word.startswith("/")]
    if signed_by and not paths:
        raise Unsupported(f"a keyring must be named by its path, and {signed_by!r:.100} is none")
    if not paths:
        trusted = sorted((folder / "trusted.gpg.d").glob("debian-*"))
        paths = [_KEYRING] if _KEYRING.is_file() else trusted
    if not paths:
        raise NotFound(
            f"no keyring of Debian's archive is on the daemon's machine ({_KEYRING}); install the package "
            "debian-archive-keyring there, or name a keyring with --keyring"
        )
    return Keyring(", ".join(map(str, paths)), *map(_content, paths))


def _content(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        # A pipe would be waited for, a device read for ever.
        raise InvalidParameter(f"keyring {path} is no file")
    try:
        with path.open("rb") as file:
            content = file.read(KEYRING_LIMIT + 1)
    except OSError as error:
        raise NotFound(f"keyring {path} cannot be read: {error.strerror}") from error
    if len(content) > KEYRING_LIMIT:
        raise InvalidParameter(f"keyring {path} is over the limit of {KEYRING_LIMIT} bytes")
    return content
