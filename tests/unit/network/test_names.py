from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.network.names import (
    expects_search,
    host_resolv_conf,
    hostname_text,
    hosts,
    nameservers,
    resolv_conf,
)

# What dockerd 20.10 writes for `docker run --hostname web busybox cat /etc/hosts`.
DOCKER_HOSTS = """127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
ff00::0\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
172.17.0.2\tweb
"""


def test_hosts_is_that_of_docker() -> None:
    assert hosts("web", addresses=["172.17.0.2"]) == DOCKER_HOSTS


def test_hosts_puts_the_domain_before_the_short_name() -> None:
    assert hosts("web", domainname="example.org", addresses=["10.0.0.2"]).endswith("10.0.0.2\tweb.example.org web\n")
    assert hosts("web.example.org", addresses=["10.0.0.2"]).endswith("10.0.0.2\tweb.example.org web\n")


def test_extra_hosts_stand_before_the_own_name() -> None:
    text = hosts("web", addresses=["10.0.0.2"], extra=["db:10.0.0.9", "six:2001:db8::1", "seven:[::7]"])
    assert text.splitlines()[-4:] == ["10.0.0.9\tdb", "2001:db8::1\tsix", "::7\tseven", "10.0.0.2\tweb"]


def test_hostname_ends_with_a_newline() -> None:
    assert hostname_text("web") == "web\n"


def test_resolvers_of_the_host_pass_with_search_and_options() -> None:
    text = "# made by a program\nnameserver 10.0.0.53\nsearch a.example b.example\noptions ndots:2 rotate\n"
    assert resolv_conf(text) == "nameserver 10.0.0.53\nsearch a.example b.example\noptions ndots:2 rotate\n"


@pytest.mark.parametrize("local", ["127.0.0.53", "127.1.2.3", "::1"])
def test_resolvers_on_the_loopback_of_the_host_are_left_out(local: str) -> None:
    assert resolv_conf(f"nameserver {local}\nnameserver 10.0.0.53\n") == "nameserver 10.0.0.53\n"


def test_without_a_reachable_resolver_the_text_of_the_host_stays_and_no_public_one_is_chosen() -> None:
    text = resolv_conf("nameserver 127.0.0.1\n")
    assert text.startswith("# the host has no resolver that a container could reach; choose one with --dns\n")
    assert nameservers(text) == ["127.0.0.1"]


def test_on_the_network_of_the_host_its_text_is_kept() -> None:
    text = "nameserver 127.0.0.53\noptions edns0\n"
    assert resolv_conf(text, keep_loopback=True) == text
    assert resolv_conf(text, keep_loopback=True, search=["a"]) == "nameserver 127.0.0.53\nsearch a\noptions edns0\n"


def test_what_the_user_gives_replaces_its_kind_only() -> None:
    text = "nameserver 10.0.0.53\nsearch a.example\noptions ndots:2\n"
    assert resolv_conf(text, servers=["10.0.0.1"]) == "nameserver 10.0.0.1\nsearch a.example\noptions ndots:2\n"
    assert resolv_conf(text, options=["rotate"]) == "nameserver 10.0.0.53\nsearch a.example\noptions rotate\n"


def test_a_dot_means_no_search_domain() -> None:
    assert resolv_conf("nameserver 10.0.0.53\nsearch a.example\n", search=["."]) == "nameserver 10.0.0.53\n"


def test_the_last_search_line_counts_and_domain_stands_in_for_it() -> None:
    assert resolv_conf("nameserver 1.2.3.4\nsearch a\nsearch b c\n").splitlines()[1] == "search b c"
    assert resolv_conf("nameserver 1.2.3.4\ndomain d\n").splitlines()[1] == "search d"


def test_a_resolver_with_a_scope_is_kept() -> None:
    assert resolv_conf("nameserver fe80::1%eth0\n") == "nameserver fe80::1%eth0\n"


def test_resolvers_behind_systemd_resolved_are_found(tmp_path: Path) -> None:
    etc, resolved = tmp_path / "resolv.conf", tmp_path / "resolved.conf"
    etc.write_text("nameserver 127.0.0.53\n")
    assert host_resolv_conf(etc, resolved) == "nameserver 127.0.0.53\n"
    resolved.write_text("nameserver 10.0.0.53\n")
    assert host_resolv_conf(etc, resolved) == "nameserver 10.0.0.53\n"
    etc.write_text("nameserver 127.0.0.53\nnameserver 10.0.0.1\n")
    assert host_resolv_conf(etc, resolved) == "nameserver 127.0.0.53\nnameserver 10.0.0.1\n"


def test_a_host_without_resolv_conf_has_an_empty_one(tmp_path: Path) -> None:
    assert host_resolv_conf(tmp_path / "resolv.conf", tmp_path / "resolved.conf") == ""


@pytest.mark.parametrize(
    ("host", "options", "expected"),
    [
        ("", [], False),
        ("options ndots:5\n", [], True),
        ("options ndots:5\n", ["ndots:0"], False),
        ("options ndots:5\n", ["rotate"], False),
        ("", ["ndots:1"], True),
        ("", ["ndots:x"], False),
        ("options ndots:0\n", [], False),
    ],
)
def test_names_without_a_dot_are_searched_for_where_somebody_says_so(
    host: str, options: list[str], expected: bool
) -> None:
    assert expects_search(host, options) is expected
