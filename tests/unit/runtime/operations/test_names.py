"""Names and kernel parameters say what they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.runtime.operations.names import SetDomainName, SetHostName, SetSysctl
from jupyter_containers.runtime.operations.site import Site


def test_they_say_what_they_are() -> None:
    assert SetHostName("box").describe() == "set host name box"
    assert SetDomainName("example.test").describe() == "set domain name example.test"
    assert SetSysctl("net.core.somaxconn", "5").describe() == "set net.core.somaxconn = 5"


def test_a_parameter_is_written_below_proc_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "sys/net").mkdir(parents=True)
    (tmp_path / "sys/net/plain").write_text("")
    (tmp_path / "outside").write_text("")
    os.symlink("../../outside", tmp_path / "sys/net/link")
    site = Site(proc_fd=os.open(tmp_path, os.O_PATH))
    try:
        SetSysctl("net.plain", "7").execute(site)
        with pytest.raises(OSError, match="Too many levels"):
            SetSysctl("net.link", "7").execute(site)
        with pytest.raises(InvalidParameter, match=r"no such kernel parameter: net\.none"):
            SetSysctl("net.none", "7").execute(site)
    finally:
        os.close(site.proc_fd)
    assert (tmp_path / "sys/net/plain").read_text() == "7"
    assert (tmp_path / "outside").read_text() == ""
