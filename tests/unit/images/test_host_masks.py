"""What is decided about a host that the test makes up."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.images.host_masks import MASKS, Treatment, decide

PASSWD = "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/export/ann:/bin/bash\nwww:x:33:33::/var/www:/bin/false\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "host"
    for folder in (
        "etc/ssh", "usr/bin", "opt/tool", "home/ann/venv/bin", "root/.pyenv/versions/3", "tmp", "run", "data/secret",
        "var/lib/dpkg", "var/lib/mysql", "var/log", "var/lib/ours", "export/ann", "proc",
    ):  # fmt: skip
        (root / folder).mkdir(parents=True)
    (root / "etc/passwd").write_text(PASSWD)
    (root / "bin").symlink_to("usr/bin")
    (root / "var/run").symlink_to("/run")
    for name, mode in (
        ("etc/shadow", 0o640),
        ("etc/private", 0o600),
        ("etc/public", 0o644),
        ("etc/ssh/ssh_host_x_key", 0o644),
    ):
        (root / name).write_text("x")
        (root / name).chmod(mode)
    return root


def decided(root: Path, *, hidden: tuple[str, ...] = (), kept: tuple[str, ...] = ()) -> dict[str, str]:
    return decide(root, hidden=map(Path, hidden), kept=map(Path, kept))


def test_at_the_top_only_what_is_listed_is_shown(root: Path) -> None:
    decisions = decided(root)
    assert {decisions[path] for path in ("/home", "/root", "/tmp", "/run", "/proc")} == {"empty"}
    assert {decisions[path] for path in ("/data", "/export")} == {"absent"}
    assert not {"/usr", "/etc", "/opt", "/bin"} & decisions.keys()


def test_in_var_only_what_is_listed_is_shown(root: Path) -> None:
    decisions = decided(root)
    assert (decisions["/var"], decisions["/var/lib"], decisions["/var/log"]) == ("empty", "empty", "empty")
    assert (decisions["/var/lib/dpkg"], decisions["/var/run"]) == ("kept", "link")
    assert "/var/lib/mysql" not in decisions


def test_every_row_of_the_table_is_decided(root: Path) -> None:
    decisions = decided(root)
    for mask in MASKS:
        if "*" not in mask.path:
            assert decisions[mask.path] == mask.treatment.value
        assert mask.why
    assert decisions["/etc/ssh/ssh_host_x_key"] == Treatment.ABSENT.value


def test_what_others_may_not_read_is_hidden(root: Path) -> None:
    decisions = decided(root)
    assert decisions["/etc/private"] == "absent"
    assert "/etc/public" not in decisions
    assert decisions["/etc/shadow"] == "accounts"


@pytest.mark.parametrize(
    ("content", "hidden"),
    [
        ("[global]\nindex-url = https://ann:s3cret@example.org/simple\n", True),
        ("//registry.example.org/:_authToken=abc\n", True),
        ("[global]\nindex-url = https://example.org/simple\n", False),
        ("# proxy_password = none\n", False),
    ],
)
def test_configuration_with_a_password_in_it_is_hidden(root: Path, content: str, hidden: bool) -> None:
    (root / "etc/pip.conf").write_text(content)
    assert ("/etc/pip.conf" in decided(root)) is hidden


def test_homes_of_people_are_empty_wherever_they_are(root: Path) -> None:
    (root / "etc/passwd").write_text("ann:x:1000:1000::/opt/people/ann:/bin/sh\ntool:x:999:999::/opt/tool:/bin/false\n")
    (root / "opt/people/ann").mkdir(parents=True)
    decisions = decided(root)
    assert decisions["/opt/people/ann"] == "empty"
    assert "/opt/tool" not in decisions


def test_a_python_in_a_home_is_shown_and_nothing_beside_it(root: Path) -> None:
    decisions = decided(root, kept=("/home/ann/venv", "/usr", "/opt/tool"))
    assert decisions["/home/ann/venv"] == "kept"
    assert (decisions["/home"], decisions["/home/ann"]) == ("empty", "empty")
    assert not {"/usr", "/opt/tool"} & decisions.keys()


def test_a_python_behind_links_is_shown_with_the_links(root: Path) -> None:
    (root / "home/ann/current").symlink_to("/root/.pyenv/versions/now")
    (root / "root/.pyenv/versions/now").symlink_to("3")
    decisions = decided(root, kept=("/home/ann/current",))
    assert decisions["/home/ann/current"] == decisions["/root/.pyenv/versions/now"] == "link"
    assert decisions["/root/.pyenv/versions/3"] == "kept"
    assert decisions["/root/.pyenv"] == "empty"


def test_a_loop_of_links_ends(root: Path) -> None:
    (root / "home/a").symlink_to("b")
    (root / "home/b").symlink_to("a")
    assert "/home/a" in decided(root, kept=("/home/a",))


def test_a_home_is_not_shown_because_it_is_called_a_prefix(root: Path) -> None:
    (root / "etc/passwd").write_text("ann:x:1000:1000::/home/ann:/bin/sh\n")
    decisions = decided(root, kept=("/home/ann", "/root", "/tmp"))
    assert {decisions["/home/ann"], decisions["/root"], decisions["/tmp"]} == {"empty"}


def test_the_daemons_own_folders_are_hidden_whatever_else_is_said(root: Path) -> None:
    decisions = decided(root, hidden=("/var/lib/ours", "/home/ann/venv/data"), kept=("/home/ann/venv",))
    assert decisions["/var/lib/ours"] == decisions["/home/ann/venv/data"] == "absent"


def test_equal_hosts_are_decided_equally(root: Path) -> None:
    assert list(decided(root).items()) == sorted(decided(root).items())
