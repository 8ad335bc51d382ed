"""--security-opt, parsed. An option that we cannot keep is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from jupyter_containers.errors import InvalidParameter, Unsupported

_TRUE = ("true", "1", "t")
_FALSE = ("false", "0", "f")


@dataclass(frozen=True, slots=True)
class Security:
    """`seccomp` is empty for the default, `unconfined`, `builtin`, or a profile's JSON text."""

    no_new_privileges: bool = False
    seccomp: str = ""


def parse_security(options: Sequence[str] | None) -> Security:
    """Read the options. Raises InvalidParameter for unknown ones, Unsupported for profiles of missing modules."""
    no_new_privileges, seccomp = False, ""
    for option in options or ():
        if option == "no-new-privileges":
            no_new_privileges = True
            continue
        separator = "=" if "=" in option else ":"
        name, found, value = option.partition(separator)
        if not found:
            raise InvalidParameter(f'invalid --security-opt 1: "{option}"')
        if name == "no-new-privileges":
            if value.lower() not in (*_TRUE, *_FALSE):
                raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
            no_new_privileges = value.lower() in _TRUE
        elif name == "seccomp":
            seccomp = value
        else:
            _refuse_others(name, value, option)
    return Security(no_new_privileges, seccomp)


def _refuse_others(name: str, value: str, option: str) -> None:
    if (name, value) in (("apparmor", "unconfined"), ("label", "disable")):
        # What these ask for is how every container of ours is.
        return
    if name in ("apparmor", "label"):
        raise Unsupported(f"--security-opt {option}: {name} profiles are not supported")
    raise InvalidParameter(f'invalid --security-opt 2: "{option}"')
