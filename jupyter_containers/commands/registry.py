"""registry: images for others. From a folder, by a process that this one becomes; or out of the daemon itself."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import NoReturn

from jupyter_containers.client.registries import Shared
from jupyter_containers.commands.command import Argument, Command, Takes, group
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import SHELL, Session
from jupyter_containers.errors import NotFound

_SERVER = "jupyter_containers.registry.server"
_OPTIONS = (
    "root", "listen", "htpasswd", "tls_cert", "tls_key", "blob_limit", "quota", "expire", "rate_limit", "keep_newest",
    "keep_days",
)  # fmt: skip
_SWITCHES = ("read_only", "access_log", "metrics")
_OF_FOLDERS = (
    "root", "blob_limit", "quota", "expire", "rate_limit", "keep_newest", "keep_days", "keep", *_SWITCHES,
)  # fmt: skip


def command_line(options: Namespace) -> list[str]:
    """Return the words that start the server. Its own room knows the defaults."""
    words = [sys.executable, "-m", _SERVER]
    for name in _OPTIONS:
        if (value := getattr(options, name)) is not None:
            words.append(f"--{name.replace('_', '-')}={value}")
    words += (f"--keep={pattern}" for pattern in options.keep)
    return [*words, *(f"--{name.replace('_', '-')}" for name in _SWITCHES if getattr(options, name, False))]


def serve(session: Session, options: Namespace) -> Message:
    if session.is_magic or options.images or options.image:
        return _share(session, options)
    return _become(command_line(options))


def stop(session: Session, options: Namespace) -> Message:
    return Message((f"stopped the registry at {session.client.registries.end_sharing().url}",))


def _become(words: list[str]) -> NoReturn:
    # Not a child: signals, exit code and standard streams are then the server's, with nobody in between.
    sys.stdout.flush()
    os.execv(words[0], words)


def _share(session: Session, options: Namespace) -> Message:
    for name in _OF_FOLDERS:
        if getattr(options, name, None):
            raise UsageError(f"registry: --{name.replace('_', '-')} is for a folder, and does not go with --images")
    shared = session.client.registries.share(
        options.image, listen=options.listen or "", htpasswd=_absolute(session, options.htpasswd),
        tls_certificate=_absolute(session, options.tls_cert), tls_key=_absolute(session, options.tls_key),
    )  # fmt: skip
    who = "those in the password file" if options.htpasswd else "everybody who reaches it"
    return Message((_sentence(shared), f"{who} may pull and push; `registry stop` ends it"), (shared.url,))


def status(session: Session, options: Namespace) -> Message:
    try:
        shared = session.client.registries.shared()
    except NotFound as error:
        return Message((error.message,))
    return Message((_sentence(shared),), (shared.url,))


def _sentence(shared: Shared) -> str:
    what = "all images of the daemon" if shared.images == ("*",) else f"images {', '.join(shared.images)}"
    address = shared.url.partition("//")[2]
    return f"registry at {shared.url} serves {what}; others: docker pull {address}/NAME"


def _absolute(session: Session, path: str | None) -> str:
    return str(session.folder / Path(path)) if path else ""


REGISTRY = group(
    "registry",
    "serve images to others: docker, podman and skopeo push to it and pull from it",
    Command(
        "serve",
        "begin to serve (a folder, in a shell: in the foreground, until Ctrl-C)",
        serve,
        (
            Argument(("--images",), "let the daemon serve its own images as well, out of its own store", Takes.NOTHING,
                     only_in=SHELL),
            Argument(("--image",), "only those images whose name matches, as team/*", Takes.EACH, metavar="PATTERN"),
            Argument(("--root",), "folder that it keeps everything in", metavar="DIR", only_in=SHELL),
            Argument(("--listen",), "address; 127.0.0.1:5000 if not given. Others than the loopback's need TLS",
                     metavar="HOST:PORT"),
            Argument(("--htpasswd",), "who may come in: a file that htpasswd -B writes; without it everybody may",
                     metavar="FILE"),
            Argument(("--tls-cert",), "certificate (PEM), with those between it and its authority", metavar="FILE"),
            Argument(("--tls-key",), "key of the certificate (PEM)", metavar="FILE"),
            Argument(("--blob-limit",), "largest layer that is taken; no limit if not given", metavar="BYTES",
                     only_in=SHELL),
            Argument(("--quota",), "how much is kept altogether; no limit if not given", metavar="BYTES",
                     only_in=SHELL),
            Argument(("--expire",), "how long unfinished uploads and unused layers stay; a day if not given",
                     metavar="SECONDS", only_in=SHELL),
            Argument(("--rate-limit",), "how many requests a minute one address may make; no limit if not given",
                     metavar="REQUESTS", only_in=SHELL),
            Argument(("--keep-newest",), "of each repository only so many tags stay, those pushed last", metavar="TAGS",
                     only_in=SHELL),
            Argument(("--keep-days",), "only tags pushed within so many days stay; with --keep-newest, those as well",
                     metavar="DAYS", only_in=SHELL),
            Argument(("--keep",), "tags that stay in any case, as v*", Takes.EACH, metavar="PATTERN", only_in=SHELL),
            Argument(("--read-only",), "hand out what is there, and take nothing", Takes.NOTHING, only_in=SHELL),
            Argument(("--access-log",), "tell each request on standard error", Takes.NOTHING, only_in=SHELL),
            Argument(("--metrics",), "tell Prometheus at /metrics, if it may come in", Takes.NOTHING, only_in=SHELL),
        ),
    ),
    Command("stop", "end the daemon's registry", stop),
    Command("status", "tell whether the daemon serves, and where", status),
)  # fmt: skip
