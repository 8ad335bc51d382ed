"""Builds with ssh, through a daemon: git repositories behind a real sshd, and steps that ask a key file's agent."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from dulwich.repo import Repo

from jupyter_containers.client import Client
from jupyter_containers.client.build_reader import BuildEvent, StepOutput
from jupyter_containers.client.builds import BuildFailed, BuildSettings
from jupyter_containers.client.context import gather
from jupyter_containers.client.other_contexts import AnyContext, RemoteContext
from jupyter_containers.errors import InvalidParameter
from tests.support import git_server as git
from tests.support.daemon import Daemon
from tests.support.ssh_server import ShellServer, agent, new_key, shell_server


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShellServer]:
    """An sshd that this user's known hosts have."""
    (tmp_path / "s").mkdir()
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    with shell_server(tmp_path / "s") as running:
        (tmp_path / ".ssh" / "known_hosts").write_text(running.known)
        yield running


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repo]:
    with git.new_repository(tmp_path / "served.git") as made:
        git.commit(made, git.files(Dockerfile=b"FROM busybox\nCOPY . /c\nRUN cat /c/f\n", f=b"in the repository\n"))
        yield made


def build(client: Client, context: AnyContext, **options: object) -> str:
    """Return what the steps wrote."""
    events: list[BuildEvent] = []
    client.builds.build(context, BuildSettings(**options), events.append)  # type: ignore[arg-type]
    return "".join(event.text for event in events if isinstance(event, StepOutput))


def test_a_repository_behind_ssh_is_a_context(
    client: Client, server: ShellServer, repository: Repo, tmp_path: Path
) -> None:
    context = RemoteContext(server.url(tmp_path / "served.git"))
    with agent(tmp_path, server.user) as path:
        assert build(client, context, agents={"default": str(path)}, no_cache=True) == "in the repository\n"
        assert client.builds.check(context, BuildSettings(agents={"default": str(path)})) == ()
        # Only the usual agent logs in for git.
        with pytest.raises(BuildFailed, match="needs an agent, and this build was given none"):
            build(client, context, agents={"other": str(path)})
        (tmp_path / ".ssh" / "known_hosts").write_text("")
        with pytest.raises(BuildFailed, match=rf"the key of \[127\.0\.0\.1\]:{server.port} .* is in no file of known"):
            build(client, context, agents={"default": str(path)})


def test_a_key_file_opens_repositories_and_goes_nowhere(
    client: Client, daemon: Daemon, server: ShellServer, repository: Repo, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    url = server.url(tmp_path / "served.git")
    scp = f"root@127.0.0.1:{tmp_path}/served.git"
    text = f"FROM busybox\nADD {url}#main /x\nCOPY --from=named f /y\nRUN cat /x/f /y\n"
    context = gather(text, tmp_path / "empty")
    keys = {"default": (server.stranger, server.user)}
    output = build(client, context, keys=keys, contexts={"named": url}, no_cache=True)
    assert output == "in the repository\n" * 2
    with pytest.raises(BuildFailed, match="lets root in with none of the 1 keys") as caught:
        build(client, context, keys={"default": (server.stranger,)}, contexts={"named": url})
    with pytest.raises(BuildFailed, match=r"(?s)ADD failed: .*127\.0\.0\.1") as caught:
        build(client, gather(f"FROM busybox\nADD {scp} /x\n", tmp_path / "empty"), keys=keys)
    assert caught.value.details["line"] == 2
    new_key(tmp_path / "locked", "ed25519", "-N", "passphrase")
    with pytest.raises(InvalidParameter, match="locked is encrypted"):
        build(client, context, keys={"default": (tmp_path / "locked",)}, contexts={"named": url})
    secret = server.user.read_bytes().splitlines()[1]
    kept = [path for path in daemon.data.parent.rglob("*") if path.is_file() and secret in path.read_bytes()]
    assert kept == []


def test_a_step_lists_and_signs_with_key_files(client: Client, server: ShellServer, tmp_path: Path) -> None:
    kinds = {"ed25519": (), "ecdsa": ("-b", "384"), "rsa": ("-b", "2048")}
    keys = tuple(new_key(tmp_path / kind, kind, *options) for kind, options in kinds.items())
    # Whoever may read it may use it, as with docker.
    keys[0].chmod(0o644)
    (tmp_path / "c").mkdir()
    for key in keys:
        (tmp_path / "c" / f"{key.name}.pub").write_bytes(key.with_suffix(".pub").read_bytes())
    text = (
        "FROM host\nCOPY *.pub /tmp/\n"
        "RUN --mount=type=ssh,id=x ssh-add -l | awk '{print $1, $NF}'; ssh-add -T /tmp/*.pub && echo signed; "
        "ssh-add -D; ssh-add -x; true\n"
    )
    output = build(client, gather(text, tmp_path / "c"), keys={"x": keys}, no_cache=True)
    lines = output.splitlines()
    assert lines[:3] == ["256 (ED25519)", "384 (ECDSA)", "2048 (RSA)"]
    assert "signed" in lines


def test_a_step_that_talks_nonsense_gets_no_answer_and_breaks_nothing(
    client: Client, server: ShellServer, tmp_path: Path
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "talk.py").write_text(
        "import os, socket\n"
        "path = os.environ['SSH_AUTH_SOCK']\n"
        "for said in (b'\\xff' * 100000, b'GET / HTTP/1.1\\r\\n\\r\\n', b'\\0\\4\\0\\1'):\n"
        "    end = socket.socket(socket.AF_UNIX)\n"
        "    end.connect(path)\n"
        "    try:\n"
        "        end.sendall(said)\n"
        "        print(end.recv(100))\n"
        "    except OSError as error:\n"
        "        print(b'')\n"
        "kept = []\n"
        "for _ in range(200):\n"
        "    kept.append(socket.socket(socket.AF_UNIX))\n"
        "    kept[-1].connect(path)\n"
        "[end.close() for end in kept]\n"
    )
    text = (
        "FROM host\nCOPY talk.py /tmp/\n"
        "RUN --mount=type=ssh python3 /tmp/talk.py; until ssh-add -l >/dev/null; do :; done; echo still there\n"
    )
    output = build(client, gather(text, tmp_path / "c"), keys={"default": (server.user,)}, no_cache=True)
    assert output.splitlines()[:3] == ["b''"] * 3
    assert output.endswith("still there\n")


def test_the_command_line_takes_an_address_and_a_key(
    daemon: Daemon, server: ShellServer, repository: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_containers.__main__ import main

    monkeypatch.setenv("DOCKER_HOST", daemon.host)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    url = server.url(tmp_path / "served.git")

    def run(*words: str) -> tuple[int, str]:
        said = io.StringIO()
        monkeypatch.setattr("sys.argv", ["jupyter-containers", "build", "--no-cache", *words])
        with redirect_stdout(said), redirect_stderr(said):
            code = main()
        return code, said.getvalue()

    code, said = run("--ssh", f"default={server.user}", url)
    assert (code, "in the repository" in said) == (0, True)
    code, said = run(url)
    assert (code, "--ssh default: no agent: SSH_AUTH_SOCK is not set here" in said) == (1, True)
