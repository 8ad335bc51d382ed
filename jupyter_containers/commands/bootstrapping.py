"""image bootstrap: a base image from a mirror of packages, where no registry is."""

from __future__ import annotations

from argparse import Namespace

from jupyter_containers.commands.bootstrap_result import BootstrapResult
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.session import Session
from jupyter_containers.errors import ContainersError


def bootstrap(session: Session, options: Namespace) -> BootstrapResult:
    client, result = session.client, BootstrapResult(options.tag or options.image)
    include = [word for value in options.include for word in value.split(",") if word]
    with session.front.live(result) as tell:
        try:
            client.images.bootstrap(
                options.image, tell, name=options.tag, mirror=options.mirror, keyring=options.keyring,
                variant=options.variant, include=include, platform=options.arch,
            )  # fmt: skip
        except (ContainersError, KeyboardInterrupt) as error:
            tell(error)
            raise
    return result


BOOTSTRAP = Command(
    "bootstrap",
    "make a base image from a mirror of Debian packages, where there is no registry",
    bootstrap,
    (
        Argument(("image",), "what to make, such as debian:bookworm or debian:12", metavar="debian:SUITE"),
        Argument(("-t", "--tag"), "name of the image; that of what is made if not given", metavar="NAME[:TAG]",
                 default=""),
        Argument(("--mirror",), "instead of the sources of the daemon's machine, and its main archive only",
                 metavar="URL", default=""),
        Argument(("--keyring",), "file of the keys that a release must be signed by; Debian's if not given",
                 metavar="FILE", default=""),
        Argument(("--variant",), "minbase (default): with apt; essential: only what is essential", metavar="VARIANT",
                 default="", choices=("minbase", "essential")),
        Argument(("--include",), "more packages, with commas between them", Takes.EACH, "PACKAGE,…"),
        Argument(("--arch",), "this machine's own; no other can be made", metavar="ARCH", default=""),
    ),
    details="The packages come from where the machine's own come from (/etc/apt), through its proxies. A mirror that "
    "shows\nsomething else than what Debian has signed is refused.",
)  # fmt: skip
