"""What the container calls itself, and the kernel parameters of its own namespaces."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants as c
from jupyter_containers.linux import libc, mounts
from jupyter_containers.linux.safe_paths import open_in_root
from jupyter_containers.runtime.operations.site import NOT_YET, Site

_STRICT = c.RESOLVE_BENEATH | c.RESOLVE_NO_SYMLINKS | c.RESOLVE_NO_MAGICLINKS | c.RESOLVE_NO_XDEV


@dataclass(frozen=True, slots=True)
class SetHostName:
    name: str

    def describe(self) -> str:
        return f"set host name {self.name}"

    def execute(self, site: Site) -> None:
        socket.sethostname(self.name)


@dataclass(frozen=True, slots=True)
class SetDomainName:
    name: str

    def describe(self) -> str:
        return f"set domain name {self.name}"

    def execute(self, site: Site) -> None:
        name = os.fsencode(self.name)
        libc.call("setdomainname", name, len(name), path=name)


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """Write a kernel parameter, through a procfs that is certainly one and before anything is mounted in it."""

    name: str
    value: str

    def describe(self) -> str:
        return f"set {self.name} = {self.value}"

    def execute(self, site: Site) -> None:
        if site.proc_fd == NOT_YET:
            site.proc_fd = mounts.new_filesystem("proc", [], source="proc")
        # With slashes between them, dots are part of the names: net/ipv4/conf/eth0.1/rp_filter.
        has_slashes = next((letter for letter in self.name if letter in "./"), ".") == "/"
        path = f"sys/{self.name if has_slashes else self.name.replace('.', '/')}"
        try:
            parameter_fd = open_in_root(site.proc_fd, path, os.O_WRONLY, resolve=_STRICT)
        except FileNotFoundError:
            raise InvalidParameter(f"no such kernel parameter: {self.name}") from None
        try:
            os.write(parameter_fd, self.value.encode())
        except OSError as error:
            raise OSError(error.errno, f"write {self.value!r}: {os.strerror(error.errno or 0)}", self.name) from None
        finally:
            os.close(parameter_fd)
