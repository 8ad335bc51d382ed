"""registry serve: images for others, from a registry of our own. The server is a process that this one becomes."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import NoReturn

from jupyter_containers.commands.command import Argument, Command
from jupyter_containers.commands.session import SHELL, Session

_SERVER = "jupyter_containers.registry.server"
_OPTIONS = ("root", "listen", "htpasswd", "tls_cert", "tls_key", "blob_limit", "expire")


def command_line(options: Namespace) -> list[str]:
    """Return the words that start the server. Its own room knows the defaults."""
    words = [sys.executable, "-m", _SERVER]
    for name in _OPTIONS:
        if (value := getattr(options, name)) is not None:
            words.append(f"--{name.replace('_', '-')}={value}")
    return words


def registry(session: Session, options: Namespace) -> NoReturn:
    # Not a child: signals, exit code and standard streams are then the server's, with nobody in between.
    words = command_line(options)
    sys.stdout.flush()
    os.execv(words[0], words)


REGISTRY = Command(
    "registry",
    "serve images to others: docker, podman and skopeo push to it and pull from it",
    registry,
    (
        Argument(("verb",), "serve: in the foreground, until Ctrl-C", metavar="serve", choices=("serve",)),
        Argument(("--root",), "folder that it keeps everything in", metavar="DIR"),
        Argument(("--listen",), "address; 127.0.0.1:5000 if not given. Others than the loopback's need TLS",
                 metavar="HOST:PORT"),
        Argument(("--htpasswd",), "who may come in: a file that htpasswd -B writes; without it everybody may",
                 metavar="FILE"),
        Argument(("--tls-cert",), "certificate (PEM), with those between it and its authority", metavar="FILE"),
        Argument(("--tls-key",), "key of the certificate (PEM)", metavar="FILE"),
        Argument(("--blob-limit",), "largest layer that is taken; no limit if not given", metavar="BYTES"),
        Argument(("--expire",), "how long unfinished uploads and unused layers stay; a day if not given",
                 metavar="SECONDS"),
    ),
    only_in=SHELL,
)  # fmt: skip
