"""Images: list, inspect, pull, push, tag, remove, load, save, import, commit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_containers.client import credentials
from jupyter_containers.client.containers import Filters, filters_text
from jupyter_containers.client.failures import failure_in_stream
from jupyter_containers.client.streams import json_lines
from jupyter_containers.client.values import ImageSummary, Json, Progress
from jupyter_containers.errors import Unsupported

if TYPE_CHECKING:
    from jupyter_containers.client.transport import Transport


def _platform_json(text: str) -> str:
    """Write `os/architecture[/variant]` as the API reads it since 1.48; one word, or none, stays so."""
    parts = text.split("/")
    return json.dumps(dict(zip(("os", "architecture", "variant"), parts, strict=False))) if parts[1:] else text


def split_name(name: str) -> tuple[str, str]:
    """Return repository and tag (or digest) of a name; the tag is `latest` where none is given.

    A pull without a tag would fetch all of them from a Docker daemon.
    """
    if "@" in name:
        repository, _, digest = name.partition("@")
        return repository, digest
    head, separator, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{head}{separator}{base}", tag or "latest"


# {} as a header carries it.
NO_CREDENTIALS = "e30="


@dataclass(frozen=True, slots=True)
class Pushed:
    """A name that is at its registry now, the digest it has there, and the size of its manifest in bytes."""

    name: str
    digest: str
    size_bytes: int


class Images:
    """The images of a daemon; `name` is a reference or an id. Raises what Transport does, NotFound for unknown ones."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, every: bool = False, filters: Filters | None = None) -> list[ImageSummary]:
        """Return the images; `every`: also those that are only steps of a build."""
        query = {"all": every, "filters": filters_text(filters)}
        return [ImageSummary.from_wire(entry) for entry in self._json("GET", "/images/json", query)]

    def inspect(self, name: str, *, platform: str = "") -> Json:
        """Return all that is known of an image, in Docker's JSON; `platform` picks one where it has several.

        Raises NotFound also when the image is not for the platform; a daemon before API 1.49 does not look at it.
        """
        body: Json = self._json("GET", f"{_path(name)}/json", {"platform": _platform_json(platform)})
        return body

    def history(self, name: str) -> Sequence[Json]:
        entries: Sequence[Json] = self._json("GET", f"{_path(name)}/history")
        return entries

    def pull(self, name: str, progress: Callable[[Progress], None] | None = None, *, platform: str = "") -> None:
        """Fetch an image from its registry, with what the docker CLI knows to log in with.

        Raises ContainersError with the registry's reason.
        """
        repository, tag = split_name(name)
        query = {"fromImage": repository, "tag": tag, "platform": platform}
        headers = credentials.header_for(repository)
        answer = self._transport.request("POST", "/images/create", query=query, headers=headers, stream=True)
        self._follow(answer, progress)

    def bootstrap(
        self,
        image: str,
        progress: Callable[[Progress], None] | None = None,
        *,
        name: str = "",
        mirror: str = "",
        keyring: str = "",
        variant: str = "",
        include: Sequence[str] = (),
        platform: str = "",
    ) -> None:
        """Make an image such as `debian:bookworm` from a mirror of packages that the daemon reaches.

        Raises Unsupported when the daemon is not one of ours, ContainersError with the reason.
        """
        if not self._transport.is_own_daemon:
            raise Unsupported(
                f"a bootstrap of {image}: the daemon at {self._transport.address} is not ours, and Docker's API has "
                "nothing for it; pull the image, or use jupyter-containers' own daemon"
            )
        query = {"image": image, "t": name, "mirror": mirror, "keyring": keyring, "include": list(include)}
        query |= {key: value for key, value in (("variant", variant), ("platform", platform)) if value}
        self._follow(self._transport.request("POST", "/images/bootstrap", query=query, stream=True), progress)

    def push(
        self, name: str, progress: Callable[[Progress], None] | None = None, *, every_tag: bool = False
    ) -> Sequence[Pushed]:
        """Send an image to its registry, or all tags of a repository; return what is there now.

        Raises ContainersError with the registry's reason.
        """
        repository, tag = split_name(name)
        # A daemon wants to see the header even when there is nothing to say.
        headers = {"X-Registry-Auth": NO_CREDENTIALS, **credentials.header_for(repository)}
        query = {} if every_tag else {"tag": tag}
        path = f"{_path(repository)}/push"
        answer, pushed = self._transport.request("POST", path, query=query, headers=headers, stream=True), []
        for line in self._lines(answer):
            aux = line.get("aux")
            if isinstance(aux, dict) and aux.get("Digest"):
                pushed.append(Pushed(f"{repository}:{aux['Tag']}", str(aux["Digest"]), int(aux["Size"])))
            elif progress is not None:
                progress(Progress.from_wire(line))
        return pushed

    def save(self, names: Sequence[str]) -> Iterator[bytes]:
        """Return images as one tar, piece by piece. Raises NotFound before the first piece."""
        answer = self._transport.request("GET", "/images/get", query={"names": list(names)}, stream=True)
        return self._transport.chunks(answer)

    @property
    def lists_layers(self) -> bool:
        """Whether the daemon is one of ours, which tells what is in layers."""
        return self._transport.is_own_daemon

    def layers(self, name: str, *, digests: bool = False, contents: Sequence[str] = ()) -> Iterator[Json]:
        """Yield what our own daemon tells of an image's layers, line by line; see api/routes/layers.py.

        `contents`: paths, and folders ending in /, whose files come along. Raises NotFound, ContainersError.
        """
        query = {"digests": digests, "content": list(contents)}
        return self._lines(self._transport.request("GET", f"{_path(name)}/layers", query=query, stream=True))

    def layer_file(self, name: str, number: int, path: str, limit: int) -> bytes:
        """Return at most `limit` bytes of a file of one layer (0 the lowest), of our own daemon. Raises NotFound."""
        query = {"path": path.encode("utf-8", "surrogateescape"), "limit": limit}
        return bytes(self._transport.request("GET", f"{_path(name)}/layers/{number}/file", query=query).content)

    def import_(
        self, content: Iterable[bytes], name: str = "", *, changes: Sequence[str] = (), message: str = ""
    ) -> str:
        """Make an image of a tar of a root file system; return its id."""
        repository, tag = split_name(name) if name else ("", "")
        query = {"fromSrc": "-", "repo": repository, "tag": tag, "changes": list(changes), "message": message}
        answer = self._transport.request("POST", "/images/create", query=query, body=iter(content), stream=True)
        return str([line["status"] for line in self._lines(answer)][-1])

    def commit(
        self,
        container: str,
        name: str = "",
        *,
        changes: Sequence[str] = (),
        message: str = "",
        author: str = "",
        pause: bool = True,
    ) -> str:
        """Make an image of what a container has changed; return its id. `changes`: lines such as `CMD ["sh"]`."""
        repository, tag = split_name(name) if name else ("", "")
        query = {
            "container": container, "repo": repository, "tag": tag, "changes": list(changes), "comment": message,
            "author": author, "pause": pause,
        }  # fmt: skip
        return str(self._json("POST", "/commit", query)["Id"])

    def load(
        self,
        content: Iterable[bytes],
        progress: Callable[[Progress], None] | None = None,
        *,
        platform: str = "",
        leases: bool = False,
    ) -> Sequence[str]:
        """Read images from a tar of `docker save`; return the lines that name them. `platform` as os/arch[/variant].

        With `leases`, which only a daemon of ours knows, no prune takes them before a build that names their ids.
        """
        query = {"platform": _platform_json(platform), **({"lease": True} if leases else {})}
        answer = self._transport.request("POST", "/images/load", query=query, body=iter(content), stream=True)
        return [line["stream"].strip() for line in self._follow(answer, progress) if "stream" in line]

    def _follow(self, answer: Any, progress: Callable[[Progress], None] | None) -> Sequence[Json]:
        seen = []
        for line in self._lines(answer):
            if "stream" in line:
                seen.append(line)
            elif progress is not None:
                progress(Progress.from_wire(line))
        return seen

    def _lines(self, answer: Any) -> Iterator[Json]:
        with closing(answer):
            for line in json_lines(self._transport.chunks(answer)):
                if problem := failure_in_stream(line):
                    raise problem
                yield line

    def tag(self, name: str, new_name: str) -> None:
        """Give an image one more name."""
        repository, tag = split_name(new_name)
        self._transport.request("POST", f"{_path(name)}/tag", query={"repo": repository, "tag": tag})

    def remove(self, name: str, *, force: bool = False, prune: bool = True) -> Sequence[Json]:
        """Remove a name, and the image with its last one; return what was untagged and deleted.

        Without `prune` the nameless images that it was made from stay.
        """
        removed: Sequence[Json] = self._json("DELETE", _path(name), {"force": force, "noprune": not prune})
        return removed

    def prune(self, filters: Filters | None = None) -> Json:
        """Remove the images that have no name and no container."""
        body: Json = self._json("POST", "/images/prune", {"filters": filters_text(filters)})
        return body

    def _json(self, method: str, path: str, query: dict[str, Any] | None = None) -> Any:
        return self._transport.request(method, path, query=query).json()


def _path(name: str) -> str:
    return f"/images/{quote(name, safe='/:@')}"
