"""A bootstrap in a daemon, with this host's own dpkg in a tiny release: it takes the database that we write.

Nothing comes from outside: packages, release and keys are made here, and served on the loopback.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from jupyter_containers.client import Client, connect
from jupyter_containers.client.values import Progress
from jupyter_containers.errors import ContainersError
from tests.support.api_client import Api
from tests.support.daemon import Daemon
from tests.support.debian_mirror import DebPackage, Executable, File, Link, Mirror, package
from tests.support.eventually import eventually
from tests.support.web_files import web_files

pytestmark = [
    pytest.mark.needs("root", "overlay"),
    pytest.mark.skipif(not shutil.which("dpkg"), reason="needs dpkg, which only hosts of Debian's kind have"),
]

PREINST = '#!/bin/sh\nset -e\ntest "$1" = install\necho root:x:0:0::/root:/bin/sh > /etc/passwd\n'
POSTINST = """#!/bin/sh
set -e
test "$1" = configure
test "$DEBIAN_FRONTEND" = noninteractive
grep -q ^root: /etc/passwd
cat /etc/hello.conf > /var/lib/hello
ls /sys/class/net | tr '\\n' ' ' >> /var/lib/hello
"""


@cache
def release() -> tuple[DebPackage, ...]:
    """Return a release: a shell and tools (busybox), dpkg with its libraries, and a package with scripts."""
    essential = {"Essential": "yes", "Priority": "required"}
    busybox = shutil.which("busybox")
    assert busybox, "busybox-static is not installed"
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    tools: dict[str, File] = {"bin/busybox": Executable(Path(busybox).read_bytes())}
    # Busybox's shell would take its own dpkg for dpkg.
    tools |= {
        f"bin/{name}": Link("busybox") for name in sorted(applets) if name not in ("busybox", "sh", "dpkg", "dpkg-deb")
    }
    tools |= with_libraries("bin/sh", "dash")
    # dpkg wants to see them; nothing here needs what they do.
    tools |= {f"sbin/{name}": Executable(b"#!/bin/sh\n") for name in ("ldconfig", "start-stop-daemon")}
    dpkg: dict[str, File] = {"var/lib/dpkg/updates/": None}
    for program in ("dpkg", "dpkg-deb", "dpkg-split", "dpkg-query", "dpkg-trigger"):
        found = with_libraries(f"usr/bin/{program}", program)
        dpkg |= {name: content for name, content in found.items() if name not in tools}
    return (
        package("base-files", files={**tools, "etc/": None, "tmp/": None, "root/": None}, fields=essential),
        package("dpkg", files=dpkg, fields={**essential, "Pre-Depends": "base-files"}, compression=".zst"),
        package("base-passwd", fields={**essential, "Multi-Arch": "foreign"}, control={"preinst": PREINST}),
        package("apt", files={"usr/bin/apt-get": Executable(b"#!/bin/sh\necho 3.0\n")}),
        package(
            "hello", files={"etc/hello.conf": b"hello\n", "var/lib/": None}, fields={"Multi-Arch": "same"},
            control={"postinst": POSTINST, "conffiles": "/etc/hello.conf\n", "triggers": "interest-noawait greet\n"},
        ),
        package("slow", control={"postinst": "#!/bin/sh\nsleep 1000\n"}),
        package("broken", control={"postinst": "#!/bin/sh\necho it is broken >&2\nexit 3\n"}),
    )  # fmt: skip


def with_libraries(name: str, program: str) -> dict[str, File]:
    """Return a program of this host under a name, and the libraries that it needs."""
    path = shutil.which(program)
    assert path, f"{program} is not installed"
    libraries = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    found: dict[str, File] = {name: Executable(Path(path).read_bytes())}
    for library in re.findall(r"(/\S+)", libraries):
        found[library.removeprefix("/usr").lstrip("/")] = Executable(Path(library).read_bytes())
    return found


class Made:
    """A mirror on the loopback, and a client of a daemon."""

    def __init__(self, client: Client, url: str, ring: Path) -> None:
        self.client, self.url, self.ring = client, url, ring
        self.told: list[Progress] = []

    def make(self, image: str = "debian:bookworm", **options: object) -> None:
        known = {"mirror": self.url, "keyring": str(self.ring)}
        self.client.images.bootstrap(image, self.told.append, **{**known, **options})  # type: ignore[arg-type]


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    mirror.add(*release())
    mirror.publish("bookworm")
    return mirror


@pytest.fixture
def made(daemon: Daemon, mirror: Mirror, tmp_path: Path) -> Iterator[Made]:
    ring = tmp_path / "ring.gpg"
    ring.write_bytes(mirror.keyring)
    with web_files(mirror.files) as url, connect(daemon.host) as client:
        yield Made(client, url, ring)


def test_packages_are_installed_as_dpkg_itself_says(made: Made, api: Api, daemon: Daemon) -> None:
    made.make(include=["hello"])

    def said(command: str) -> str:
        return api.output("sh", "-c", command, Image="debian:bookworm")

    assert said("dpkg-query -W -f '${Package} ${db:Status-Abbrev}\\n'").splitlines() == [
        "apt ii ", "base-files ii ", "base-passwd ii ", "dpkg ii ", "hello ii ",
    ]  # fmt: skip
    assert said("dpkg --audit && dpkg --verify && echo fine") == "fine\n"
    # The script ran where there is no network but itself, with its configuration file in place.
    assert said("cat /var/lib/hello") == "hello\nlo "
    assert said("dpkg-query -W -f '${Conffiles}' hello").split()[1] == "b1946ac92492d2347c6235b4d2611184"
    assert said("dpkg-query -L hello").split() == ["/.", "/etc", "/etc/hello.conf", "/var", "/var/lib"]
    assert said("readlink /bin; apt-get") == "usr/bin\n3.0\n"
    assert said("ls -A /tmp; ls /var/lib/dpkg | grep old; true") == ""
    # What the container was mounted on is not in the image.
    (root,) = (path.parent.parent for path in (daemon.data / "snapshots").glob("*/fs/etc/hello.conf"))
    assert not [name for name in ("etc/resolv.conf", "etc/hosts", "etc/hostname") if (root / name).exists()]
    assert not [entry for name in ("dev", "proc", "sys") for entry in (root / name).glob("*")]
    assert {step.id for step in made.told if step.status == "Configured"} == {
        "apt", "base-files", "base-passwd", "dpkg", "hello",
    }  # fmt: skip
    made.client.images.remove("debian:bookworm", force=True)


def test_a_script_that_fails_is_quoted_and_nothing_is_left(made: Made, daemon: Daemon) -> None:
    before = left(daemon)
    with pytest.raises(ContainersError, match=r"scripts failed with exit code 1: .*it is broken.*exit status 3"):
        made.make(include=["broken"])
    eventually(lambda: left(daemon) == before, within_seconds=10)


class Enough(Exception):
    """Somebody presses Ctrl-C."""


@pytest.mark.parametrize("moment", ["Waiting", "Extracting", "Configuring"])
def test_who_gives_up_leaves_nothing(made: Made, daemon: Daemon, moment: str) -> None:
    before = left(daemon)

    def give_up(step: Progress) -> None:
        if (step.id, step.status) == ("slow", moment):
            raise Enough

    with pytest.raises(Enough):
        made.client.images.bootstrap(
            "debian:bookworm", give_up, mirror=made.url, keyring=str(made.ring), include=["slow"]
        )
    eventually(lambda: left(daemon) == before, within_seconds=10)
    # Whoever comes next need not wait for it.
    made.make(name="after")
    made.client.images.remove("after", force=True)
    eventually(lambda: left(daemon) == before, within_seconds=10)


def test_a_daemon_that_was_killed_finds_nothing_worth_keeping(made: Made, tmp_path: Path) -> None:
    other = Daemon(tmp_path / "other")
    other.start()
    try:
        before = left(other)

        def kill(step: Progress) -> None:
            if (step.id, step.status) == ("slow", "Configuring"):
                other.kill()

        with connect(other.host) as client, pytest.raises(ContainersError):
            client.images.bootstrap("debian:12", kill, mirror=made.url, keyring=str(made.ring), include=["slow"])
        other.start()
        eventually(lambda: left(other) == before, within_seconds=10)
    finally:
        other.stop()


def left(daemon: Daemon) -> dict[str, list[str]]:
    """Return what a daemon has of content, snapshots and containers, as files."""
    places = {
        "blobs": daemon.data / "content/blobs/sha256", "ingests": daemon.data / "content/ingest",
        "snapshots": daemon.data / "snapshots", "bundles": daemon.run / "bundles", "files": daemon.data / "tmp",
    }  # fmt: skip
    return {name: sorted(entry.name for entry in path.glob("*")) for name, path in places.items()}


@pytest.mark.parametrize("what", ["signature", "package"])
def test_a_mirror_that_lies_is_refused(made: Made, mirror: Mirror, what: str) -> None:
    path = {"signature": "/dists/bookworm/InRelease", "package": f"/{release()[0].filename}"}[what]
    words = {"signature": "has a wrong signature", "package": "is not what the signed release says"}[what]
    mirror.files[path] = mirror.files[path].replace(b"Origin: T", b"Origin: R").replace(b"data.tar", b"date.tar")
    with pytest.raises(ContainersError, match=words):
        made.make()
