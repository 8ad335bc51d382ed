"""--security-opt, parsed. An option that we cannot keep is refused; one that has no meaning here is told of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter, Unsupported

_TRUE = ("true", "1", "t")
_FALSE = ("false", "0", "f")
# What each security module shows of itself in a kernel that has it.
_MODULES = {"apparmor": ("AppArmor", "/sys/kernel/security/apparmor"), "label": ("SELinux", "/sys/fs/selinux/enforce")}


@dataclass(frozen=True, slots=True)
class Security:
    """`seccomp` is empty for the default, `unconfined`, `builtin`, or a profile's JSON text."""

    no_new_privileges: bool = False
    seccomp: str = ""
    # Whether the container may make groups below its own; None is as its other privileges are.
    writable_cgroups: bool | None = None
    warnings: tuple[str, ...] = ()


def parse_security(options: Sequence[str] | None) -> Security:
    """Read the options. Raises InvalidParameter for unknown ones, Unsupported for profiles of a module that is here."""
    no_new_privileges, seccomp, warnings = False, "", []
    writable_cgroups: bool | None = None
    for option in options or ():
        if option == "no-new-privileges":
            no_new_privileges = True
            continue
        separator = "=" if "=" in option else ":"
        name, found, value = option.partition(separator)
        if not found:
            raise InvalidParameter(f'invalid --security-opt 1: "{option}"')
        if name in ("no-new-privileges", "writable-cgroups"):
            if value.lower() not in (*_TRUE, *_FALSE):
                raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
            if name == "no-new-privileges":
                no_new_privileges = value.lower() in _TRUE
            else:
                writable_cgroups = value.lower() in _TRUE
        elif name == "seccomp":
            seccomp = value
        else:
            warnings += _of_module(name, value, option)
    return Security(no_new_privileges, seccomp, writable_cgroups, tuple(warnings))


def _of_module(name: str, value: str, option: str) -> list[str]:
    """Return a warning for a profile of a security module that this kernel does not have, as it can hold nothing."""
    if name not in _MODULES:
        raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
    if (name, value) in (("apparmor", "unconfined"), ("label", "disable")):
        # What these ask for is how every container of ours is.
        return []
    module, sign = _MODULES[name]
    if os.path.exists(sign):
        raise Unsupported(f"--security-opt {option}: {name} profiles are not supported")
    return [f"--security-opt {option} is without effect: this kernel has no {module}"]
