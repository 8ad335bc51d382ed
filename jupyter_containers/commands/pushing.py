"""push: an image goes to its registry."""

from __future__ import annotations

from argparse import Namespace

from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.containers import ONE_PLATFORM
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.pull_result import PushResult
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError


def push(session: Session, options: Namespace) -> PushResult | Message:
    """Send an image, or only say its name. Raises ContainersError with the registry's reason, UsageError."""
    if options.all_tags and _has_tag(options.image):
        raise UsageError(f"push: {options.image} names a tag, and --all-tags sends all of them; leave one of both out")
    if options.quiet:
        names = tuple(one.name for one in session.client.images.push(options.image, every_tag=options.all_tags))
        return Message(names, names)
    return send(session, options.image, every_tag=options.all_tags)


def send(session: Session, image: str, *, every_tag: bool = False) -> PushResult:
    """Send an image, drawing the way of its layers. Raises ContainersError with the registry's reason."""
    result = PushResult(image)
    with session.front.live(result) as tell:
        try:
            for pushed in session.client.images.push(image, tell, every_tag=every_tag):
                tell(pushed)
        except (ContainersError, KeyboardInterrupt) as error:
            tell(error)
            raise
    return result


def _has_tag(name: str) -> bool:
    return "@" in name or ":" in name.rpartition("/")[2]


PUSH = Command(
    "push",
    "send an image to its registry",
    push,
    (
        Argument(("-a", "--all-tags"), "all tags of the repository", Takes.NOTHING),
        Argument(("-q", "--quiet"), "say only the image's name, when it is there", Takes.NOTHING),
        Argument(("image",), "its name, which begins with the registry's host", metavar="IMAGE",
                 completes=Completes.IMAGE),
    ),
    refused={
        **ONE_PLATFORM,
        "--disable-content-trust": "signatures of Docker's content trust are not made here",
    },
)  # fmt: skip
