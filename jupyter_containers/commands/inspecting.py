"""inspect: all that the daemon knows of a thing."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import ClassVar

from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import ONE_PLATFORM
from jupyter_containers.commands.results import ORDER, Json, Result
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import NotFound

_UNSEEN = re.compile(f"[\x7f-\x9f{ORDER}]")
_KINDS = ("container", "image", "network", "volume")


class Inspection(Result):
    """What the daemon knows of some things, as docker's inspect has it: a list of objects. Indexing goes into it."""

    kind: ClassVar[str] = "inspect"

    def __init__(self, found: Sequence[tuple[str, str, Json]]) -> None:
        self.names = tuple(name for name, _, _ in found)
        self.kinds = tuple(kind for _, kind, _ in found)
        self.objects = [body for _, _, body in found]

    def __getitem__(self, key: int | str) -> object:
        """Return the object at a place, or, with only one object, its value under a name."""
        return self.objects[key] if isinstance(key, int) else self.objects[0][key]

    def text(self) -> str:
        # What steers a terminal, or turns letters around, is in texts only, and means the same as an escape.
        text = json.dumps(self.objects, indent=4, ensure_ascii=False)
        return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)

    def summary(self) -> str:
        return ", ".join(f"{kind} {name}" for name, kind in zip(self.names, self.kinds, strict=True))

    def data(self) -> Json:
        return {"names": list(self.names), "kinds": list(self.kinds), "objects": self.objects}


def inspect(session: Session, options: Namespace) -> Inspection:
    return Inspection([(name, *_find(session, name, options.type, options.size)) for name in options.name])


def _find(session: Session, name: str, wanted: str, with_size: bool) -> tuple[str, Json]:
    client = session.client
    ways: dict[str, Callable[[str], Json]] = {
        "container": lambda name: client.containers.inspect(name, size=with_size),
        "image": client.images.inspect,
        "network": client.networks.inspect,
        "volume": client.volumes.inspect,
    }
    for kind in (wanted,) if wanted else _KINDS:
        try:
            return kind, ways[kind](name)
        except NotFound:
            if wanted:
                raise
    raise NotFound(f"no container, image, network or volume is called {name}")


def arguments(kind: str = "") -> tuple[Argument, ...]:
    """Return the arguments of inspect, of things of one kind only where that is given."""
    completes = {"container": Completes.CONTAINER, "image": Completes.IMAGE}.get(kind, Completes.ANYTHING)
    return (
        Argument(("--type",), "only things of this type", metavar="TYPE", default=kind, choices=_KINDS),
        Argument(("-s", "--size"), "also what a container's files take", Takes.NOTHING),
        Argument(("name",), "names or ids", Takes.MANY, "NAME", completes=completes),
    )


INSPECT = Command(
    "inspect",
    "show all that is known of containers, images, networks or volumes",
    inspect,
    arguments(),
    refused={
        **dict.fromkeys(
            ("--format", "-f"), "it takes templates of Go; the result is indexed: result['State']['Pid'], or use jq"
        ),
        **ONE_PLATFORM,
    },
)
