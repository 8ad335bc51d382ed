from __future__ import annotations

import errno
import os
import socket

import pytest

from jupyter_containers.linux import constants, loopback, namespaces
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root")


def test_lo_is_down_in_a_new_namespace_and_comes_up() -> None:
    with Namespace() as container, container.new_socket(kind=socket.SOCK_DGRAM) as client:
        with pytest.raises(OSError, match="unreachable"):
            client.connect(("127.0.0.1", 9))
        loopback.bring_up(container.netlink)
        client.connect(("127.0.0.1", 9))


def test_a_socket_that_does_not_block_will_do() -> None:
    with Namespace() as container:
        container.netlink.setblocking(False)
        loopback.bring_up(container.netlink)


def test_a_refusal_is_an_oserror() -> None:
    with Namespace() as container, container.new_socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as netlink:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setuid(65534)
                # The right to configure is checked of the sender as well as of the one who opened the socket.
                loopback.bring_up(netlink)
            except OSError as error:
                code = 0 if error.errno == errno.EPERM else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_process_brings_up_its_own() -> None:
    with Namespace() as container, container.new_socket(kind=socket.SOCK_DGRAM) as client:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                namespaces.setns(container.netns_fd, constants.CLONE_NEWNET)
                loopback.bring_own_up()
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        client.connect(("127.0.0.1", 9))
