"""Tests of repositories.secure_shell: a real sshd, a real agent, git on the other side; and servers that are none."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from dulwich.repo import Repo

from jupyter_containers.errors import Cancelled, ContainersError, Forbidden, NotFound, Unauthorized, Unavailable
from jupyter_containers.repositories import secure_shell
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.addresses import parse, shell_address
from jupyter_containers.repositories.fetching import Budget, Checkout, fetch
from tests.support import git_server as git
from tests.support.ssh_server import ShellServer, agent, new_key, shell_server

pytestmark = pytest.mark.needs("root")


class Site:
    """A repository behind sshd, and an agent whose key may log in."""

    def __init__(self, folder: Path, server: ShellServer, socket_path: Path, repository: Repo) -> None:
        self.folder, self.server, self.repository = folder, server, repository
        self.access = Access(agent=socket_path, known_hosts=server.known.encode())
        self.count = 0

    def url(self, name: str = "r.git") -> str:
        return self.server.url(self.folder / name)

    def fetch(self, url: str, access: Access | None = None, check: Callable[[int], None] = lambda _: None) -> Checkout:
        self.count += 1
        place = self.folder / f"out{self.count}"
        place.mkdir()
        return fetch(parse(url), place, access=access or self.access, budget=Budget(check))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "s").mkdir()
    with (
        shell_server(tmp_path / "s") as server,
        git.new_repository(tmp_path / "r.git") as repository,
        agent(tmp_path, server.stranger, server.user) as socket_path,
    ):
        git.commit(repository, git.files(a=b"a\n"))
        yield Site(tmp_path, server, socket_path, repository)


def test_a_commit_comes_through_ssh_and_the_daemons_own_keys_do_not_count(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.repository.head().decode()
    large = git.files(b=bytes(range(256)) * 20_000)
    second = git.commit(site.repository, large, parents=[first.encode()]).decode()
    assert site.fetch(site.url()).commit == second
    assert (site.fetch(f"{site.url()}#{first}").path / "a").read_bytes() == b"a\n"
    found = site.fetch(f"{site.url()}?keep-git-dir=1")
    assert (found.path / "b").stat().st_size == 256 * 20_000
    assert f"url = {site.url()}\n" in (found.path / ".git" / "config").read_text()
    # What this process's user has in his home is of no use to a stranger's build.
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "id_ed25519").write_bytes(site.server.user.read_bytes())
    (tmp_path / ".ssh" / "known_hosts").write_text(site.server.known)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", str(site.access.agent))
    with pytest.raises(Unauthorized, match="needs an agent, and this build was given none"):
        site.fetch(site.url(), Access(known_hosts=site.server.known.encode()))
    with pytest.raises(Forbidden, match="is in no file of known hosts"):
        site.fetch(site.url(), Access(agent=site.access.agent))


def test_a_server_is_who_the_known_hosts_say(site: Site) -> None:
    other = f"[127.0.0.1]:{site.server.port} {site.server.user.with_suffix('.pub').read_text()}"
    shown = subprocess.run(["ssh-keygen", "-lf", site.server.host], capture_output=True, text=True, check=True).stdout
    place = rf"\[127\.0\.0\.1\]:{site.server.port}"
    revoked = f"{site.server.known}@revoked * {site.server.host.with_suffix('.pub').read_text()}"
    for hosts, message in (
        ("", f"the key of {place} .* is in no file of known hosts; connect once with ssh -p"),
        (other, f"{place} shows another key .* ssh-keygen -R '{place}'"),
        (revoked, "is revoked in the known hosts"),
    ):
        with pytest.raises(Forbidden, match=message) as caught:
            site.fetch(site.url(), Access(agent=site.access.agent, known_hosts=hosts.encode()))
        assert ("revoked" in message) is not (shown.split()[1] in str(caught.value))


def test_a_server_may_be_proved_by_an_authority(site: Site, tmp_path: Path) -> None:
    new_key(tmp_path / "ca")
    public = site.server.host.with_suffix(".pub")
    subprocess.run(["ssh-keygen", "-q", "-s", tmp_path / "ca", "-I", "x", "-h", "-n", "127.0.0.1", public], check=True)
    (tmp_path / "c").mkdir()
    certificate = site.server.folder / "host-cert.pub"
    with shell_server(tmp_path / "c", f"HostKey {site.server.host}\nHostCertificate {certificate}") as certified:
        hosts = f"@cert-authority [127.0.0.1]:* {(tmp_path / 'ca.pub').read_text()}".encode()
        with agent(tmp_path / "c", certified.user) as socket_path:
            found = site.fetch(certified.url(tmp_path / "r.git"), Access(agent=socket_path, known_hosts=hosts))
    assert (found.path / "a").read_bytes() == b"a\n"


def test_what_is_not_there_is_told(site: Site, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no git repository at ssh://root@.*none\.git: fatal: .* does not appear"):
        site.fetch(site.url("none.git"))
    with pytest.raises(NotFound, match="there is no ghost in the repository"):
        site.fetch(f"{site.url()}#ghost")
    with pytest.raises(NotFound, match="does not appear"):
        site.fetch(site.url(f"x'; touch {tmp_path}/made; '.git"))
    assert not (tmp_path / "made").exists()
    with pytest.raises(Unavailable, match="cannot reach the repository ssh://root@127"):
        site.fetch(f"ssh://root@127.0.0.1:1{tmp_path}/r.git")


def test_an_agent_that_is_of_no_use_is_told(site: Site, tmp_path: Path) -> None:
    hosts = site.server.known.encode()
    with pytest.raises(Unauthorized, match=r"gives no keys for .*: .*No such file"):
        site.fetch(site.url(), Access(agent=tmp_path / "none", known_hosts=hosts))
    (tmp_path / "e").mkdir()
    with agent(tmp_path / "e") as empty, pytest.raises(Unauthorized, match="has no keys for"):
        site.fetch(site.url(), Access(agent=empty, known_hosts=hosts))
    with (
        agent(tmp_path / "e", site.server.stranger) as strange,
        pytest.raises(Unauthorized, match="lets root in with none of the 1 keys"),
    ):
        site.fetch(site.url(), Access(agent=strange, known_hosts=hosts))
    with (
        listening(socket.AF_UNIX, str(tmp_path / "evil"), b"\xff\xff\xff\xff"),
        pytest.raises(Unauthorized, match="it says 4294967295 bytes at once"),
    ):
        site.fetch(site.url(), Access(agent=tmp_path / "evil", known_hosts=hosts))


def test_submodules_follow_the_rules_of_access(site: Site, tmp_path: Path) -> None:
    with git.new_repository(tmp_path / "sub.git") as sub:
        commit = git.commit(sub, git.files(f=b"in sub\n"))
    for number, (url, message) in enumerate(
        (
            ("../sub.git", ""), (site.url("sub.git"), ""),
            (f"file://{tmp_path}/sub.git", "not by file"), (f"root@localhost:{tmp_path}/sub.git", "another host's"),
        )
    ):  # fmt: skip
        modules = f'[submodule "s"]\n\tpath = s\n\turl = {url}\n'.encode()
        entries = [(b".gitmodules", git.Entry(git.FILE, modules)), (b"s", git.Entry(git.SUBMODULE, commit))]
        git.commit(site.repository, entries, f"refs/heads/b{number}".encode())
        if message:
            with pytest.raises(ContainersError, match=message):
                site.fetch(f"{site.url()}#b{number}")
        else:
            assert (site.fetch(f"{site.url()}#b{number}").path / "s" / "f").read_bytes() == b"in sub\n"


@contextmanager
def listening(family: int, address: object, said: bytes, *, more: bytes = b"") -> Iterator[socket.socket]:
    """Say something to everyone who connects, then `more` again and again, and never hang up while the block runs."""
    ends: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                end, _ = listener.accept()
            except OSError:
                return
            ends.append(end)
            try:
                end.sendall(said)
                while more:
                    end.sendall(more)
            except OSError:
                continue

    with socket.socket(family) as listener:
        listener.bind(address)  # type: ignore[arg-type]
        listener.listen()
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for end in ends:
                end.close()
            thread.join()


HTTP = b"HTTP/1.1 302 Found\r\nLocation: ssh://root@localhost/\r\n\r\n"


@pytest.mark.parametrize("said", [b"", b"SSH-2.0-x\r\n", HTTP])
def test_a_server_that_never_answers_is_left(site: Site, monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    monkeypatch.setattr(secure_shell, "LOGIN_SECONDS", 1.0)
    with listening(socket.AF_INET, ("127.0.0.1", 0), said) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(Unavailable, match="breaks ssh off: Login timeout expired"):
            site.fetch(f"ssh://root@{place}/x")


def test_a_command_that_never_answers_is_left(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    shell = secure_shell.Shell(shell_address(site.url()), "sleep 1000", site.access, lambda: None)
    monkeypatch.setattr(secure_shell, "SECONDS", 0.1)
    try:
        with pytest.raises(TimeoutError, match="no answer in 0 seconds"):
            shell.read(1)
    finally:
        shell.close()


@pytest.mark.parametrize(
    ("said", "more", "message"),
    [
        (b"", b"banner\r\n" * 100, "Too many banner lines"),
        (b"", b"x" * 1000, "Banner line too long"),
        (b"SSH-2.0-x\r\n" + b"\xff" * 100, b"", "Max packet size exceeded"),
        (b"SSH-1.5-x\r\n", b"", "Unsupported SSH version"),
    ],
)
def test_a_server_that_is_none_is_left(site: Site, said: bytes, more: bytes, message: str) -> None:
    with listening(socket.AF_INET, ("127.0.0.1", 0), said, more=more) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(Unavailable, match=rf"127\.0\.0\.1\]:{port} breaks ssh off: {message}"):
            site.fetch(f"ssh://root@127.0.0.1:{port}/x")


def test_who_does_not_wait_any_more_ends_a_fetch(site: Site) -> None:
    asked = threading.Event()

    def check(_: int) -> None:
        asked.set()
        raise Cancelled("the fetch was cancelled")

    with listening(socket.AF_INET, ("127.0.0.1", 0), b"") as listener, pytest.raises(Cancelled):
        site.fetch(f"ssh://root@127.0.0.1:{listener.getsockname()[1]}/x", check=check)
    assert asked.is_set()


def test_what_is_not_read_waits_at_the_server(site: Site) -> None:
    shell = secure_shell.Shell(shell_address(site.url()), "cat /dev/zero", site.access, lambda: None)
    try:
        assert shell.read(3 << 20) == bytes(3 << 20)
        # The window of the channel is all that comes beyond what was asked for.
        assert len(shell._session.content) < 8 << 20
    finally:
        shell.close()


def test_complaints_are_kept_in_bounds(site: Site) -> None:
    command = "yes complaint | head -c 5000000 >&2; printf '\\033[1mlast\\n' >&2; echo done"
    shell = secure_shell.Shell(shell_address(site.url()), command, site.access, lambda: None)
    try:
        assert shell.read(100) == b"done\n"
        assert shell.readlines()[-1] == b"[1mlast"
        assert sum(map(len, shell.readlines())) <= secure_shell.COMPLAINT_BYTES
    finally:
        shell.close()
