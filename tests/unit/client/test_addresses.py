"""Addresses: read as the docker CLI reads them, from a word, an environment, a context."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.client.addresses import Address, Tls, find, from_environment
from jupyter_containers.errors import ContainersError, InvalidParameter, NotFound, Unsupported
from tests.support.docker_contexts import write_context

VARIABLES = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH")


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def test_a_unix_address_names_its_socket() -> None:
    address = Address.parse("unix:///run/x.sock")
    assert (address.path, address.authority, str(address)) == (Path("/run/x.sock"), "localhost", "unix:///run/x.sock")


@pytest.mark.parametrize(
    ("text", "host", "port", "printed"),
    [
        ("tcp://127.0.0.1:1234", "127.0.0.1", 1234, "tcp://127.0.0.1:1234"),
        ("tcp://there", "there", 2375, "tcp://there:2375"),
        ("http://there:80/", "there", 80, "tcp://there:80"),
        ("tcp://[::1]:99", "::1", 99, "tcp://[::1]:99"),
    ],
)
def test_a_tcp_address_names_host_and_port(text: str, host: str, port: int, printed: str) -> None:
    address = Address.parse(text)
    assert (address.host, address.port, address.tls, str(address)) == (host, port, None, printed)


def test_with_tls_the_usual_port_is_another() -> None:
    tls = Tls(Path("/c"))
    assert Address.parse("tcp://there", tls) == Address(host="there", port=2376, tls=tls)
    secured = Address.parse("https://there").tls
    assert secured is not None
    assert secured.verify


@pytest.mark.parametrize(
    ("text", "ssh", "port", "path"),
    [
        ("ssh://me@there", "me@there", 0, None),
        ("ssh://there:2222", "there:2222", 2222, None),
        ("ssh://me@there/run/jc.sock", "me@there", 0, Path("/run/jc.sock")),
    ],
)
def test_an_ssh_address_names_who_and_where(text: str, ssh: str, port: int, path: Path | None) -> None:
    address = Address.parse(text)
    assert (address.ssh, address.port, address.path, address.host) == (ssh, port, path, "")
    assert str(address) == text


@pytest.mark.parametrize("text", ["npipe:////./pipe/x", "fd://3"])
def test_other_ways_are_refused_by_name(text: str) -> None:
    with pytest.raises(Unsupported, match="expected unix://"):
        Address.parse(text)


@pytest.mark.parametrize(
    "text",
    ["", "/run/x.sock", "unix://", "unix://x.sock", "nonsense://x", "tcp://", "tcp://h:x", "tcp://h:99999", "tcp://h/path",
     "tcp://u@h", "tcp://h:1?x", "ssh://", "ssh://-oProxyCommand=x", "ssh://a@-b", "ssh://me:secret@h", "tcp://a b"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not an address of a daemon") as caught:
        Address.parse(text)
    assert "secret" not in caught.value.message


@given(st.text(max_size=20), st.sampled_from(["", "unix://", "tcp://", "ssh://", "https://"]))
def test_any_text_is_an_address_or_refused_and_printing_loses_nothing(text: str, scheme: str) -> None:
    try:
        address = Address.parse(scheme + text)
    except ContainersError:
        return
    if address.tls is None:
        assert Address.parse(str(address)) == address


def test_docker_host_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///a")
    assert from_environment() == Address(Path("/a"))
    monkeypatch.setenv("DOCKER_HOST", "")
    assert from_environment() is None


def test_tls_is_wanted_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://there")
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    assert from_environment() == Address(host="there", port=2376, tls=Tls(tmp_path / ".docker"))
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certificates")
    assert from_environment() == Address(host="there", port=2376, tls=Tls(Path("/certificates")))
    assert find("tcp://other:1") == Address(host="other", port=1, tls=Tls(Path("/certificates")))


def test_a_context_is_taken_by_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / ".docker"
    write_context(folder, "plain", "unix:///run/plain.sock")
    tls = write_context(folder, "secured", "tcp://there:2376", with_tls=True, SkipTLSVerify=True)
    assert find("plain") == Address(Path("/run/plain.sock"))
    assert find("secured") == Address(host="there", port=2376, tls=Tls(tls, verify=False))
    assert find("default") is None
    with pytest.raises(NotFound, match=r"no docker context 'none' in .*; there are: plain, secured, default"):
        find("none")


def test_a_host_comes_before_a_context_and_a_context_before_the_current_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "settings"
    for name in ("a", "b"):
        write_context(folder, name, f"unix:///{name}")
    (folder / "config.json").write_text('{"currentContext": "b"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    assert from_environment() == Address(Path("/b"))
    monkeypatch.setenv("DOCKER_CONTEXT", "a")
    assert from_environment() == Address(Path("/a"))
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert from_environment() is None
    monkeypatch.setenv("DOCKER_HOST", "unix:///h")
    assert from_environment() == Address(Path("/h"))


def test_the_current_context_of_the_usual_folder_is_another_programs_choice(tmp_path: Path) -> None:
    write_context(tmp_path / ".docker", "desktop", "unix:///desktop")
    (tmp_path / ".docker" / "config.json").write_text('{"currentContext": "desktop"}')
    assert from_environment() is None
