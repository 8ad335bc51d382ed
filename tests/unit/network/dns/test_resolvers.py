from __future__ import annotations

from pathlib import Path

from jupyter_containers.network.dns.resolvers import HostResolvers


def test_the_hosts_resolvers_are_read_again_when_the_file_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "resolv.conf"
    host = HostResolvers(path)
    assert host.now() == ()
    path.write_text("nameserver 127.0.0.53\nsearch example\nnameserver 192.0.2.1\n")
    assert host.now() == ("127.0.0.53", "192.0.2.1")
    (tmp_path / "new").write_text("nameserver 192.0.2.2\n")
    (tmp_path / "new").rename(path)
    assert host.now() == ("192.0.2.2",)
    path.unlink()
    assert host.now() == ()
