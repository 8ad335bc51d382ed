"""login, logout: who one is at a registry. The daemon shows a login to the registry before it is kept.

A password is never a word of the line: shells and notebooks keep those. It is asked for where somebody can type it
unseen, or comes through standard input.
"""

from __future__ import annotations

import getpass
import sys
import warnings
from argparse import Namespace
from collections.abc import Callable

from jupyter_containers.client import credential_store, credentials
from jupyter_containers.client.credential_store import Login
from jupyter_containers.commands.command import Argument, Command, Takes
from jupyter_containers.commands.parsing import UsageError
from jupyter_containers.commands.results import Message
from jupyter_containers.commands.session import PYTHON, SHELL, Session
from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.reference import DEFAULT_DOMAIN

MAX_PASSWORD_BYTES = 64 * 1024


def log_in(session: Session, options: Namespace) -> Message:
    if options.password is not None and session.surface != PYTHON:
        raise UsageError(
            "login: a password in the line stays in histories and notebooks; leave it out to be asked for it, or give "
            "it through --password-stdin"
        )
    domain = credential_store.domain_of(options.server)
    return _kept(session, _login(session, domain, options))


def _login(session: Session, domain: str, options: Namespace) -> Login:
    if getattr(options, "password_stdin", False):
        if not options.username:
            raise UsageError("login: --password-stdin needs --username as well")
        return Login(domain, options.username, _piped_password())
    if options.password is not None:
        if not options.username:
            raise UsageError("login: a password needs a username as well")
        return Login(domain, options.username, options.password)
    if not options.username and (known := _known(domain)) is not None:
        return known
    username = options.username or _asked(session, f"Username at {_shown(domain)}: ", input)
    return Login(domain, username, _asked(session, f"Password of {username} at {_shown(domain)}: ", getpass.getpass))


def _known(domain: str) -> Login | None:
    """Return what is kept already: without a name, the question is whether that is still good."""
    found = credentials.find(domain)
    if not found.get("username") or not found.get("password"):
        return None
    return Login(domain, found["username"], found["password"])


def _kept(session: Session, login: Login) -> Message:
    accepted = session.client.registries.log_in(login)
    place = credential_store.keep(accepted)
    lines = [f"logged in to {_shown(login.domain)} as {login.username}; kept by {place}"]
    if not place.startswith("docker-credential-"):
        lines.append("that file holds the login unencrypted; a credential helper named in it (credsStore) would not")
    return Message(tuple(lines), (login.domain,))


def _piped_password() -> str:
    text = sys.stdin.read(MAX_PASSWORD_BYTES).removesuffix("\n").removesuffix("\r")
    if not text:
        raise InvalidParameter("--password-stdin: nothing came through standard input")
    return text


def _asked(session: Session, question: str, ask: Callable[[str], str]) -> str:
    """Ask a person. Raises InvalidParameter when nobody can answer unseen."""
    if not session.is_magic and not sys.stdin.isatty():
        raise InvalidParameter(
            "cannot ask for a login: standard input is no terminal; use --username, --password-stdin"
        )
    try:
        with warnings.catch_warnings():
            # Otherwise a password would be typed for all to see where the terminal cannot hide it.
            warnings.simplefilter("error", getpass.GetPassWarning)
            answer = ask(question)
    except (NotImplementedError, EOFError, getpass.GetPassWarning):
        # A kernel raises its own kind of NotImplementedError when its front end takes no input, as in nbconvert.
        raise InvalidParameter("cannot ask for a login: nobody can type here; log in from a shell") from None
    if not answer:
        raise InvalidParameter("the login was left empty")
    return answer


def log_out(session: Session, options: Namespace) -> Message:
    domain = credential_store.domain_of(options.server)
    if not credential_store.forget(domain):
        return Message((f"not logged in to {_shown(domain)}",))
    return Message((f"logged out of {_shown(domain)}",), (domain,))


def _shown(domain: str) -> str:
    return "Docker Hub" if domain == DEFAULT_DOMAIN else domain


_SERVER = Argument(
    ("server",), "the registry's HOST[:PORT]; Docker Hub if not given", Takes.OPTIONAL, "SERVER", default=""
)
LOGIN = Command(
    "login",
    "log in to a registry, for pull, push and build",
    log_in,
    (
        Argument(("-u", "--username"), "name at the registry; you are asked for it if it is not given", metavar="NAME"),
        Argument(("--password-stdin",), "read the password from standard input", Takes.NOTHING, only_in=SHELL),
        Argument(("-p", "--password"), "not taken: it would stay in the history of your shell", metavar="TEXT"),
        _SERVER,
    ),
    details="What the registry accepts is kept as the docker CLI keeps it: in its config.json, or by the credential "
    "helper\nthat the file names. Both programs share their logins.",
)
LOGOUT = Command("logout", "forget the login at a registry", log_out, (_SERVER,))
