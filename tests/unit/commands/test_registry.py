"""Tests of commands.registry."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from jupyter_containers.client.registries import Shared
from jupyter_containers.commands import registry
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.errors import NotFound
from tests.support.front_double import SessionOn


def command_line(*words: str) -> list[str]:
    return registry.command_line(parse(registry.REGISTRY, words, surface="shell", prog="x"))


def test_what_is_said_is_passed_on() -> None:
    said = [
        "--root=/r",
        "--listen=127.0.0.1:1",
        "--htpasswd=h",
        "--tls-cert=c",
        "--tls-key=k",
        "--blob-limit=5",
        "--expire=6",
        "--rate-limit=600",
        "--keep-newest=7",
        "--keep-days=8",
        "--keep=v*",
        "--keep=latest",
    ]
    assert command_line("serve", *said) == [sys.executable, "-m", "jupyter_containers.registry.server", *said]


def test_what_is_not_said_is_left_to_the_server() -> None:
    assert command_line("serve") == [sys.executable, "-m", "jupyter_containers.registry.server"]


def test_there_is_one_verb() -> None:
    with pytest.raises(UsageError, match="registry: there is no 'sell'; there are serve, stop, status"):
        command_line("sell")


class Registries:
    def __init__(self) -> None:
        self.asked: dict[str, object] = {}

    def share(self, images: list[str], **settings: object) -> Shared:
        self.asked = {"images": images, **settings}
        return Shared("http://127.0.0.1:5000", tuple(images) or ("*",))

    def shared(self) -> Shared:
        raise NotFound("the daemon serves no registry")

    def end_sharing(self) -> Shared:
        return Shared("http://127.0.0.1:5000", ("*",))


def said(registries: Registries, *words: str, surface: str = "magic") -> str:
    session = SessionOn(SimpleNamespace(registries=registries), surface=surface, folder=Path("/here"))
    result = registry.REGISTRY.action(session, parse(registry.REGISTRY, words, surface=surface, prog="x"))
    assert result is not None
    return result.text()


def test_a_notebook_lets_the_daemon_serve() -> None:
    registries = Registries()
    text = said(registries, "serve", "--htpasswd", "people", "--image", "team/*")
    assert registries.asked == {
        "images": ["team/*"], "listen": "", "htpasswd": "/here/people", "tls_certificate": "", "tls_key": "",
    }  # fmt: skip
    assert text.startswith(
        "registry at http://127.0.0.1:5000 serves images team/*; others: docker pull 127.0.0.1:5000/"
    )
    assert "all images of the daemon" in said(registries, "serve")
    assert said(registries, "status") == "the daemon serves no registry"
    assert said(registries, "stop") == "stopped the registry at http://127.0.0.1:5000"


@pytest.mark.parametrize("words", [["stop", "--listen", "127.0.0.1:1"], ["status", "--image", "team/*"]])
def test_what_begins_it_says_nothing_to_other_verbs(words: list[str]) -> None:
    with pytest.raises(UsageError, match=f"{words[0]}: unknown option {words[1]}"):
        said(Registries(), *words)


def test_a_shell_asks_for_the_daemons_images() -> None:
    registries = Registries()
    said(registries, "serve", "--images", "--listen", "127.0.0.1:7000", surface="shell")
    assert registries.asked["listen"] == "127.0.0.1:7000"
    with pytest.raises(UsageError, match="--root is for a folder"):
        said(registries, "serve", "--images", "--root", "/x", surface="shell")
