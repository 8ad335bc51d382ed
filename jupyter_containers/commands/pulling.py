"""Fetching an image, for pull and for whoever needs an image that is not here."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from jupyter_containers.commands import container_arguments
from jupyter_containers.commands.command import Argument, Command, Completes, Takes
from jupyter_containers.commands.pull_result import PullResult
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError, NotFound


def pull(session: Session, options: Namespace) -> PullResult | Message:
    if not options.quiet:
        return fetch(session, options.image, options.platform)
    result = PullResult(options.image)
    session.client.images.pull(options.image, lambda event: _keep(result.apply(event)), platform=options.platform)
    return Message((options.image,), (options.image,))


def _keep(said: Iterable[object]) -> None:
    for _ in said:
        pass  # nobody is told, but the result grows


def fetch(session: Session, image: str, platform: str = "") -> PullResult:
    """Pull an image, drawing the way of its layers. Raises ContainersError with the registry's reason."""
    client, result = session.client, PullResult(image)
    with session.front.live(result) as tell:
        try:
            client.images.pull(image, tell, platform=platform)
        except (ContainersError, KeyboardInterrupt) as error:
            tell(error)
            raise
    return result


def ensure_image(session: Session, image: str, when: str = "missing", platform: str = "") -> None:
    """Fetch an image unless it is here for the platform, or anyway, or never. Raises NotFound saying what was tried."""
    if when == "missing":
        try:
            session.client.images.inspect(image, platform=platform)
            return
        except NotFound:
            pass  # fetched below
    if when != "never":
        try:
            fetch(session, image, platform)
        except ContainersError as error:
            raise NotFound(f"no image {image} here, and it cannot be pulled: {error.message}{_hint(image)}") from error


def _hint(image: str) -> str:
    """Tell of the other way to a base image, where there is one."""
    return (
        f"; where a Debian mirror is reached, image bootstrap {image} makes it" if image.startswith("debian:") else ""
    )


PULL = Command(
    "pull",
    "fetch an image from its registry",
    pull,
    (
        Argument(("-q", "--quiet"), "say only the image's name, when it is there", Takes.NOTHING),
        Argument(
            ("image",),
            "name of the image, with the registry's host if it is not Docker Hub",
            metavar="IMAGE",
            completes=Completes.IMAGE,
        ),
        Argument(("--platform",), "such as linux/arm64; default is this machine's", metavar="OS/ARCH", default=""),
    ),
    refused={
        "--all-tags": "name the tags that are wanted, one after the other",
        "-a": "name the tags that are wanted, one after the other",
        "--disable-content-trust": container_arguments.REFUSED["--disable-content-trust"],
    },
)
