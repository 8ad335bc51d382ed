"""Doing things in another network namespace, without going there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.linux import loopback
from jupyter_containers.network import inside
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root")


def test_the_action_is_inside_and_the_caller_is_not() -> None:
    def where() -> str:
        return os.readlink("/proc/thread-self/ns/net")

    here = where()
    with Namespace() as other:
        there = inside.run(other.netns_fd, where)
    assert there != here
    assert where() == inside.run(None, where) == here


def test_a_failure_comes_back_to_the_caller() -> None:
    with Namespace() as other, pytest.raises(FileNotFoundError, match="nowhere"):
        inside.run(other.netns_fd, lambda: Path("/nowhere").read_text())


def test_a_route_socket_talks_about_the_other_namespace() -> None:
    with Namespace() as other:
        assert "127.0.0.1" not in other.read("/proc/net/fib_trie")
        with inside.route_socket(other.netns_fd) as netlink:
            loopback.bring_up(netlink)
        assert "127.0.0.1" in other.read("/proc/net/fib_trie")
