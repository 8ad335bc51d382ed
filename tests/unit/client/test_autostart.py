"""Where our own daemon lives, by its settings; starting it is tested with real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.client.autostart import site_of
from jupyter_containers.errors import InvalidParameter


def test_the_socket_is_in_the_exec_root_or_where_the_hosts_say() -> None:
    assert site_of({"exec-root": "/e", "data-root": "/d"}).socket == Path("/e/daemon.sock")
    hosts = ["tcp://127.0.0.1:2376", "unix:///first.sock", "unix:///second.sock"]
    assert site_of({"hosts": hosts}).socket == Path("/first.sock")


def test_a_daemon_that_listens_on_tcp_alone_is_not_started_to_be_waited_for() -> None:
    with pytest.raises(InvalidParameter, match=r"daemon\.json has no unix:// address .*set DOCKER_HOST"):
        site_of({"hosts": ["tcp://127.0.0.1:2376"]})
