"""The options of build beyond names and files, named as docker's, and what their words mean."""

from __future__ import annotations

import csv
import os
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path

from jupyter_containers.client.build_layouts import SCHEME, Layout
from jupyter_containers.client.builds import BuildLimits
from jupyter_containers.client.other_contexts import is_remote
from jupyter_containers.commands.command import Argument, Takes
from jupyter_containers.commands.quantities import size_in_bytes, size_or_all
from jupyter_containers.errors import InvalidParameter

# As in BuildKit. Source: moby/buildkit, session/secrets, MaxSecretSize.
MAX_SECRET_BYTES = 500 * 1024
_IMAGE = "docker-image://"

INPUTS = (
    Argument(
        ("--secret",), "for RUN --mount=type=secret: a file, or a variable of this process", Takes.EACH,
        "id=ID[,src=PATH|,env=NAME]",
    ),
    Argument(
        ("--ssh",), "an ssh agent, or files of private keys, for RUN --mount=type=ssh and for git over ssh", Takes.EACH,
        "default|ID[=SOCKET|KEY[,KEY]]",
    ),
    Argument(
        ("--build-context",), "a further context: a folder, a tar, a URL, docker-image://IMAGE or oci-layout://FOLDER",
        Takes.EACH, "NAME=SOURCE",
    ),
)  # fmt: skip
CACHES = (
    Argument(
        ("--cache-from",), "use what other builds have done: an image, or type=registry,ref=NAME, "
        "type=local,src=FOLDER", Takes.EACH, "CACHE",
    ),
    Argument(
        ("--cache-to",), "keep what this build does for others: type=inline, type=registry,ref=NAME or "
        "type=local,dest=FOLDER, with mode=max for all stages", Takes.EACH, "CACHE",
    ),
)  # fmt: skip
LIMITS = (
    Argument(("--add-host",), "a line of /etc/hosts for RUN", Takes.EACH, "NAME:ADDRESS"),
    Argument(("--shm-size",), "size of /dev/shm, such as 64m", metavar="SIZE", parse=size_in_bytes, default=0),
    Argument(("--ulimit",), "a limit of RUN's processes", Takes.EACH, "NAME=SOFT[:HARD]"),
    Argument(("-m", "--memory"), "memory limit, such as 64m", metavar="SIZE", parse=size_in_bytes, default=0),
    Argument(
        ("--memory-swap",), "memory and swap together; -1 for no limit of swap", metavar="SIZE",
        parse=size_or_all, default=0,
    ),
    Argument(("-c", "--cpu-shares"), "weight of processor time", metavar="NUMBER", parse=int, default=0),
    Argument(("--cpu-period",), "period of processor time, in µs", metavar="NUMBER", parse=int, default=0),
    Argument(("--cpu-quota",), "processor time in each period, in µs", metavar="NUMBER", parse=int, default=0),
    Argument(("--cpuset-cpus",), "processors that may be used, such as 0-2", metavar="LIST", default=""),
    Argument(("--cpuset-mems",), "memory nodes that may be used", metavar="LIST", default=""),
)  # fmt: skip
REFUSED = {
    "--cgroup-parent": "the daemon's own cgroup is the parent of all that it builds",
    "--compress": "what is sent goes through a socket of this machine; registries get layers compressed",
    "--disable-content-trust": "signatures of Docker's content trust are not checked here",
    "--isolation": "it is for Windows",
    "--security-opt": "RUN --security is the way for a step",
    "--squash": "export the container and import it, which makes one layer",
}
ANSWERS = (
    Argument(("--check",), "check the Dockerfile, and build nothing", Takes.NOTHING),
    Argument(("-q", "--quiet"), "print the image's id only", Takes.NOTHING),
    Argument(
        ("--progress",), "how to tell what happens", metavar="KIND", default="auto",
        choices=("auto", "plain", "tty", "quiet"),
    ),
)  # fmt: skip


def limits(options: Namespace) -> BuildLimits:
    return BuildLimits(
        memory=options.memory,
        memory_swap=options.memory_swap,
        cpu_shares=options.cpu_shares,
        cpu_period=options.cpu_period,
        cpu_quota=options.cpu_quota,
        cpuset_cpus=options.cpuset_cpus,
        cpuset_mems=options.cpuset_mems,
        shm_size=options.shm_size,
        ulimits=tuple(ulimit(text) for text in options.ulimit),
    )


def ulimit(text: str) -> tuple[str, int, int]:
    """Return name, soft and hard of a limit. Raises InvalidParameter."""
    name, equals, numbers = text.partition("=")
    soft, colon, hard = numbers.partition(":")
    try:
        found = (name, int(soft), int(hard if colon else soft))
    except ValueError:
        found = ("", 0, 0)
    if not found[0] or not equals:
        raise InvalidParameter(f"invalid ulimit argument: {text}; write NAME=SOFT[:HARD]")
    return found


def hosts(texts: Iterable[str]) -> tuple[str, ...]:
    """Return --add-host as the API has it; docker takes `=` too, which addresses with colons read better with."""
    found = []
    for text in texts:
        name, separator, address = text.partition("=") if "=" in text else text.partition(":")
        if not name or not separator or not address:
            raise InvalidParameter(f"bad format for add-host: {text!r}; write NAME:ADDRESS")
        found.append(f"{name}:{address.removeprefix('[').removesuffix(']')}")
    return tuple(found)


def contexts(texts: Iterable[str], folder: Path) -> tuple[dict[str, Path], dict[str, str], dict[str, Layout]]:
    """Return the named contexts that are here, those that the daemon finds, and images in folders here.

    Raises InvalidParameter.
    """
    here: dict[str, Path] = {}
    elsewhere: dict[str, str] = {}
    layouts: dict[str, Layout] = {}
    for text in texts:
        name, _, source = text.partition("=")
        if not name or not source:
            raise InvalidParameter(
                f"invalid context value: {text}; write NAME=FOLDER, NAME=URL, NAME=docker-image://… or oci-layout://…"
            )
        if source.startswith(_IMAGE) or is_remote(source):
            elsewhere[name] = source
        elif source.startswith(SCHEME):
            layouts[name] = Layout.parse(source.removeprefix(SCHEME), folder)
        elif source.startswith("target:"):
            raise InvalidParameter(
                f"--build-context {text}: target: is a word of bake files, where it names another target; build that "
                "first, and name its image docker-image://…"
            )
        elif (path := folder / source).exists():
            here[name] = path
        else:
            raise InvalidParameter(f"--build-context {name}: there is no folder and no tar {path}")
    return here, elsewhere, layouts


def secrets(texts: Iterable[str], folder: Path) -> dict[str, bytes]:
    """Return the secrets by id. Raises InvalidParameter, which never has a secret in it."""
    found = {}
    for text in texts:
        fields = _fields(text)
        unknown = set(fields) - {"id", "src", "source", "env", "type"}
        if unknown:
            raise InvalidParameter(f"unexpected key {min(unknown)!r} in --secret; it takes id, src, env and type")
        source, variable = fields.get("src") or fields.get("source", ""), fields.get("env", "")
        kind, name = fields.get("type", ""), fields.get("id", "")
        if kind not in ("", "file", "env") or (kind == "file" and variable):
            raise InvalidParameter(f"unsupported secret type {kind!r}; choose file or env")
        name = name or source or variable
        if not name:
            raise InvalidParameter("--secret needs an id: id=ID,src=PATH or id=ID,env=NAME")
        if kind == "env" and not variable:
            source, variable = "", source or name
        found[name] = _secret(name, source, variable, folder)
    return found


def _secret(name: str, source: str, variable: str, folder: Path) -> bytes:
    if not source and not variable and name in os.environ:
        variable = name
    if variable:
        if variable not in os.environ:
            raise InvalidParameter(f"secret {name}: the variable {variable} is not set in this process")
        content = os.environb[variable.encode()]
    else:
        path = folder / (source or name)
        try:
            with path.open("rb") as file:
                content = file.read(MAX_SECRET_BYTES + 1)
        except OSError as error:
            raise InvalidParameter(f"secret {name}: cannot read {path}: {error.strerror}") from None
    if len(content) > MAX_SECRET_BYTES:
        raise InvalidParameter(f"secret {name} is larger than {MAX_SECRET_BYTES} bytes")
    return content


def _fields(text: str) -> Mapping[str, str]:
    pairs = (field.partition("=") for field in next(csv.reader([text]), []))
    return {key.strip().lower(): value for key, _, value in pairs}
