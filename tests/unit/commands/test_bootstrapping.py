"""Tests of commands.bootstrapping."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.client.values import Progress
from jupyter_containers.commands.bootstrap_result import BootstrapResult
from jupyter_containers.commands.bootstrapping import BOOTSTRAP, bootstrap
from jupyter_containers.commands.parsing import UsageError, parse
from jupyter_containers.errors import ContainersError
from tests.support.front_double import SessionOn


class Images:
    def __init__(self, error: ContainersError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def bootstrap(self, image: str, progress: Any, **options: Any) -> None:
        self.asked.append((image, options))
        if self.error is not None:
            raise self.error
        progress(Progress("", "Status: Made it"))


def run(images: Images, *words: str) -> SessionOn:
    session = SessionOn(SimpleNamespace(images=images))
    bootstrap(session, parse(BOOTSTRAP, [*words], surface="magic", prog="x"))
    return session


def test_words_become_a_request() -> None:
    images = Images()
    session = run(images, "debian:12", "-t", "base", "--mirror", "http://m", "--include", "a,b", "--include", "c",
                  "--variant", "essential", "--keyring", "/k", "--arch", "amd64")  # fmt: skip
    assert images.asked == [
        ("debian:12", {"name": "base", "mirror": "http://m", "keyring": "/k", "variant": "essential",
                       "include": ["a", "b", "c"], "platform": "amd64"}),
    ]  # fmt: skip
    (result,) = session.remembering.shown
    assert isinstance(result, BootstrapResult)
    assert (result.image, result.summary()) == ("base", "Made it")


def test_without_options_the_daemon_decides() -> None:
    images = Images()
    run(images, "debian:12")
    assert images.asked[0][1] == {
        "name": "", "mirror": "", "keyring": "", "variant": "", "include": [], "platform": "",
    }  # fmt: skip


def test_a_failure_is_seen_in_the_result_too() -> None:
    session = SessionOn(SimpleNamespace(images=Images(ContainersError("no mirror"))))
    with pytest.raises(ContainersError, match="no mirror"):
        bootstrap(session, parse(BOOTSTRAP, ["debian:12"], surface="magic", prog="x"))
    assert not session.remembering.shown[0]


@pytest.mark.parametrize("words", [[], ["debian:12", "--variant", "buildd"]])
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        parse(BOOTSTRAP, words, surface="magic", prog="x")
