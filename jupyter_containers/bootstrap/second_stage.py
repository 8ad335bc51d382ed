"""What is done inside of the root once all is unpacked: the script for that, and the files it is to find.

The script is run by the root's own shell, in a container without a network. Sources: Debian policy, 6.5 (how scripts of
packages are called); dpkg(1), environment; invoke-rc.d(8), policy-rc.d.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from jupyter_containers.bootstrap.origins import Archive
from jupyter_containers.bootstrap.own_files import OwnFile, file
from jupyter_containers.bootstrap.unpacking import Unpacked
from jupyter_containers.layers.member import Kind, Member

ENVIRONMENT = (
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME=/root",
    "LC_ALL=C.UTF-8",
    "DEBIAN_FRONTEND=noninteractive",
    "DEBCONF_NONINTERACTIVE_SEEN=true",
    "DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1",
    "DPKG_ROOT=",
    "DPKG_ADMINDIR=/var/lib/dpkg",
)
# Directories that became links when /bin and /usr/bin became one. Source: Debian wiki, UsrMerge.
_MERGED = ("bin", "lib", "sbin")
_MERGED_FOR = {"amd64": ("lib64",), "ppc64el": ("lib64",), "loong64": ("lib64",), "mips64el": ("lib64",)}
# Of every container of the image, as Docker's own Debian images have it: nothing starts a service when it is
# installed, what apt downloads is not kept, and dpkg does not wait for the disk.
_POLICY = b"#!/bin/sh\n# No service is started by its installation: this is a container.\nexit 101\n"
_APT_CLEAN = b"""// In a layer downloads would be kept for ever. Remove this file to keep them, in a mounted cache.
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
APT::Update::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
"""
_APT_LANGUAGES = b'Acquire::Languages "none";\n'
_DPKG_SPEED = (
    b"# A container that was cut off is thrown away: no file of it needs to be flushed at once.\nforce-unsafe-io\n"
)
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

# What a run leaves that no image should have; patterns of the shell.
_LEFTOVERS = (
    "/var/lib/apt/lists/*", "/var/cache/apt/*.bin", "/var/cache/apt/archives/*.deb", "/var/cache/ldconfig/aux-cache",
    "/var/cache/debconf/*-old", "/var/lib/dpkg/*-old", "/var/log/dpkg.log", "/var/log/alternatives.log",
    "/var/log/bootstrap.log", "/var/log/apt/*", "/tmp/*", "/etc/passwd-", "/etc/group-", "/etc/shadow-",
    "/etc/gshadow-",
)  # fmt: skip


def merged_links(architecture: str, mtime_ns: int) -> Iterator[OwnFile]:
    """Yield what must be in a root before the first package: /bin and its like as links into /usr."""
    for name in (*_MERGED, *_MERGED_FOR.get(architecture, ())):
        yield Member(f"usr/{name}".encode(), Kind.DIRECTORY, 0o755, mtime_ns=mtime_ns), b""
        yield Member(name.encode(), Kind.SYMLINK, 0o777, link=f"usr/{name}".encode(), mtime_ns=mtime_ns), b""


def settings(archives: Sequence[Archive], names: Sequence[str], mtime_ns: int) -> Iterator[OwnFile]:
    """Yield the files that make the root a container's; `names` are those of its packages."""
    yield file("usr/sbin/policy-rc.d", _POLICY, 0o755, mtime_ns=mtime_ns)
    yield file("etc/dpkg/dpkg.cfg.d/docker-apt-speedup", _DPKG_SPEED, mtime_ns=mtime_ns)
    if "apt" in names:
        # The name by which Dockerfiles know it: those that mount a cache remove it.
        yield file("etc/apt/apt.conf.d/docker-clean", _APT_CLEAN, mtime_ns=mtime_ns)
        yield file("etc/apt/apt.conf.d/docker-no-languages", _APT_LANGUAGES, mtime_ns=mtime_ns)
        yield file("etc/apt/sources.list.d/debian.sources", _sources(archives).encode(), mtime_ns=mtime_ns)


def _sources(archives: Sequence[Archive]) -> str:
    """Write where the root came from as apt's sources, one paragraph for each archive."""
    suites: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for archive in archives:
        suites.setdefault((archive.uri, archive.components), []).append(archive.suite)
    return "\n".join(
        f"Types: deb\nURIs: {place}\nSuites: {' '.join(names)}\nComponents: {' '.join(components)}\n"
        f"Signed-By: {_KEYRING}\n"
        for (place, components), names in suites.items()
    )


def script(packages: Sequence[Unpacked]) -> str:
    """Return the script that makes unpacked packages installed ones, and removes what is of no use after."""
    lines = ["set -e", "trap 'test $? = 0 || echo \"failed while $doing\"' EXIT"]
    for one in packages:
        if "preinst" in one.deb.control:
            name = shlex.quote(one.package.name)
            lines += [
                f"doing='the preinst script of {one.package.name} ran'",
                f"DPKG_MAINTSCRIPT_NAME=preinst DPKG_MAINTSCRIPT_PACKAGE={name} "
                f"DPKG_MAINTSCRIPT_ARCH={shlex.quote(one.package.architecture)} "
                f"/var/lib/dpkg/info/{shlex.quote(one.key)}.preinst install",
            ]
    lines += [
        "doing='packages were configured'",
        "dpkg --configure -a",
        "doing='what is left over was removed'",
        f"rm -rf {' '.join(_LEFTOVERS)}",
        # Made anew by each machine that wants one, if it is there and empty.
        "if test -e /etc/machine-id; then : > /etc/machine-id; fi",
        "doing=",
    ]
    return "\n".join(lines) + "\n"


def being_configured(line: str) -> str:
    """Return the package that a line of dpkg's output says is being configured, "" for any other line."""
    head, _, rest = line.partition("Setting up ")
    # An architecture stands behind the names of packages that may be there for several.
    return rest.split(" ")[0].partition(":")[0] if not head else ""
