"""A Release file: what a suite consists of, and until when one may believe it. Pure.

Source: Debian wiki, DebianRepository/Format, "Release" files.
"""

from __future__ import annotations

import email.utils
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from jupyter_containers.bootstrap.deb822 import Paragraph, single
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound
from jupyter_containers.oci.digest import Digest

# How far a mirror's clock may be ahead of ours; apt has the same patience, in seconds.
_AHEAD = timedelta(minutes=10)


class ReleaseRefused(ContainersError):
    """A Release that is signed, and yet not to be used."""


@dataclass(frozen=True, slots=True)
class IndexFile:
    """One file of a suite, `path` below dists/SUITE; `size` in bytes."""

    path: str
    size: int
    digest: Digest


@dataclass(frozen=True, slots=True)
class Release:
    """`files` by path; `date` and `valid_until` are aware, None where the suite does not say."""

    suite: str
    codename: str
    date: datetime
    valid_until: datetime | None
    components: tuple[str, ...]
    architectures: tuple[str, ...]
    by_hash: bool
    files: Mapping[str, IndexFile]

    @classmethod
    def parse(cls, text: str, what: str) -> Release:
        """Read a Release; `what` names it in errors. Raises InvalidParameter."""
        fields = single(text, what)
        if "sha256" not in fields:
            raise InvalidParameter(f"{what} has no SHA256 digests: weaker ones are not believed")
        until = fields.get("valid-until")
        return cls(
            suite=fields.get("suite", ""),
            codename=fields.get("codename", ""),
            date=_moment(fields.get("date", ""), f"Date of {what}"),
            valid_until=_moment(until, f"Valid-Until of {what}") if until else None,
            components=tuple(fields.get("components", "").split()),
            architectures=tuple(fields.get("architectures", "").split()),
            by_hash=fields.get("acquire-by-hash", "").lower() == "yes",
            files=_files(fields, what),
        )

    def check(self, wanted: str, now: datetime, what: str) -> None:
        """Raise ReleaseRefused unless this is the suite `wanted` and is to be believed at `now`."""
        # In a folder below a suite, as buster/updates, lies more of it under its own name.
        if not {wanted, wanted.partition("/")[0]} & {self.codename, self.suite}:
            raise ReleaseRefused(
                f"{what} is of suite {self.codename or self.suite}, not {wanted}: the mirror shows something else"
            )
        if self.valid_until is not None and self.valid_until < now:
            raise ReleaseRefused(
                f"{what} has expired: it was valid until {self.valid_until:%Y-%m-%d %H:%M} UTC; "
                "the mirror is out of date, or this machine's clock is wrong"
            )
        if self.date > now + _AHEAD:
            raise ReleaseRefused(
                f"{what} is of {self.date:%Y-%m-%d %H:%M} UTC, which is yet to come; set this machine's clock right"
            )

    def index(self, component: str, architecture: str, what: str) -> IndexFile:
        """Return the smallest form of the index of packages that we can read. Raises NotFound."""
        for name, has in (("component", self.components), ("architecture", self.architectures)):
            wanted = component if name == "component" else architecture
            # The security archive names its components with a path in front.
            if has and wanted not in {one.rpartition("/")[2] for one in has}:
                raise NotFound(f"{what} has no {name} {wanted}; there are {', '.join(has)}")
        path = f"{component}/binary-{architecture}/Packages"
        for ending in (".xz", ".gz", ""):
            if (found := self.files.get(path + ending)) is not None:
                return found
        raise NotFound(f"{what} names no index {path}, neither xz, gz nor plain")


def _moment(value: str, what: str) -> datetime:
    try:
        found = email.utils.parsedate_to_datetime(value)
    except ValueError:
        raise InvalidParameter(f"{what} is no date: {value!r:.80}") from None
    # RFC 2822 has "-0000" for a time whose zone is not told; these files are all written in UTC.
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _files(fields: Paragraph, what: str) -> dict[str, IndexFile]:
    files = {}
    for line in fields["sha256"].split("\n"):
        words = line.split()
        if not words:
            continue
        if len(words) != 3 or not words[1].isdecimal():
            raise InvalidParameter(f"{what} has a line that is no digest of a file: {line:.100}")
        files[words[2]] = IndexFile(words[2], int(words[1]), Digest.parse(f"sha256:{words[0]}"))
    return files
