"""The operations as values. What `definition()` leaves out does not influence the cache."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field
from typing import Any

from jupyter_containers.build.executor import NetworkMode
from jupyter_containers.build.operations.modes import ModeChange
from jupyter_containers.images.walk import Image


@dataclass(frozen=True, slots=True)
class ImageRoot:
    """The root of a base image; None is `scratch`."""

    image: Image | None

    def definition(self) -> dict[str, Any]:
        # Not the image's id: two images with one root differ in nothing that a later step could see.
        return {"root": self.image.top if self.image else ""}


@dataclass(frozen=True, slots=True)
class StepMount:
    """What a process finds at `target`: files of an input (bind), or a cache, tmpfs, secret or an agent's socket (ssh).

    `number` is that of the vertex's input, from 1, which `source` is a path in; 0 for none. `identity` is a cache's or
    a secret's name; a secret may be in the environment variable `variable`. Sizes in bytes.
    """

    kind: str
    target: str
    source: str = ""
    number: int = 0
    identity: str = ""
    writable: bool = False
    sharing: str = "shared"
    size_bytes: int = 0
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    required: bool = False
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Execute:
    """A process that changes the root. `hidden_env` is given to it and no part of the key (proxies)."""

    args: tuple[str, ...]
    env: tuple[str, ...] = ()
    cwd: str = "/"
    user: str = ""
    network: NetworkMode = "default"
    shown: str = ""
    hidden_env: tuple[str, ...] = ()
    # Scripts (name, content) that the process finds at /dev/pipes/<name>.
    scripts: tuple[tuple[str, str], ...] = ()
    mounts: tuple[StepMount, ...] = ()
    # The stage's shell: for who opens one where this has failed. No part of what it does.
    shell: tuple[str, ...] = ()
    # It may do to this machine what root may.
    is_insecure: bool = False
    # What its machine is called; "" for a name of the step's own.
    hostname: str = ""

    def definition(self) -> dict[str, Any]:
        # Of a secret only its name: whoever changes a password does not want all to be built again.
        return {
            "run": self.args, "env": self.env, "cwd": self.cwd, "user": self.user, "network": self.network,
            "scripts": self.scripts,
            **({"mounts": [astuple(mount) for mount in self.mounts]} if self.mounts else {}),
            **({"insecure": True} if self.is_insecure else {}),
            **({"hostname": self.hostname} if self.hostname else {}),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class InlineFile:
    """A file whose content stands in the Dockerfile (heredoc)."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class CopyFiles:
    """Files into the root. With one input they come from the build context, with two from the second input.

    `destination` is absolute; a trailing slash says that it is a directory. `word` is COPY or ADD, for messages.
    """

    sources: tuple[str, ...]
    destination: str
    owner: str = ""
    mode: ModeChange | None = None
    unpacks: bool = False
    inline: tuple[InlineFile, ...] = ()
    # URLs of ADD; what they lead to is in Context.fetched.
    remote: tuple[str, ...] = ()
    # A tar that is fetched is unpacked too (--unpack).
    unpacks_remote: bool = False
    keep_git_dir: bool | None = None
    # Of what is fetched: `sha256:…`, the beginning of a commit's id, or "".
    checksum: str = ""
    # The directories on the way to a source come along; from a part `.` of it on.
    with_parents: bool = False
    excludes: tuple[str, ...] = ()
    # As onto nothing: the layer is the same whatever lies under it (--link).
    is_linked: bool = False
    # The named context that the files come from; "" for the build's own.
    context: str = ""
    word: str = field(default="COPY", compare=False)

    def definition(self) -> dict[str, Any]:
        return {
            "copy": self.sources, "to": self.destination, "owner": self.owner, "mode": self._mode(),
            "unpacks": self.unpacks, "inline": [(file.name, file.content) for file in self.inline],
            **({"remote": self.remote} if self.remote else {}),
            **({"unpacks_remote": True} if self.unpacks_remote else {}),
            **({"keep_git_dir": True} if self.keep_git_dir else {}),
            **({"checksum": self.checksum} if self.checksum else {}),
            **({"parents": True} if self.with_parents else {}),
            **({"excludes": self.excludes} if self.excludes else {}),
            **({"linked": True} if self.is_linked else {}),
            **({"context": self.context} if self.context else {}),
        }  # fmt: skip

    def _mode(self) -> int | str | None:
        if self.mode is None:
            return None
        return self.mode.text if self.mode.number is None else self.mode.number


@dataclass(frozen=True, slots=True)
class MakeDirectory:
    """A directory (and its parents), if it is not there, for `owner` as USER says it; for root if that is nobody."""

    path: str
    owner: str = ""

    def definition(self) -> dict[str, Any]:
        return {"directory": self.path, **({"owner": self.owner} if self.owner else {})}
