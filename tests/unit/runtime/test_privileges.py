"""Filters, sets and limits before they reach the kernel."""

from __future__ import annotations

import errno
import os
import resource
import socket
import stat
from pathlib import Path
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants
from jupyter_containers.oci.runtime_spec import Capabilities, Process, Rlimit
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.privileges import (
    apply,
    compile_filter,
    limit_bounding,
    own_streams,
    set_limits,
    sets_for,
)
from jupyter_containers.runtime.users import Identity
from tests.support.children import answer_of


def test_no_profile_is_no_filter() -> None:
    assert compile_filter(None, ()) is None


def test_the_default_filter_is_compiled_once_for_the_same_capabilities() -> None:
    first = compile_filter(defaults.default_seccomp(), ("CAP_CHOWN", "CAP_KILL"))
    again = compile_filter(defaults.default_seccomp(), ("CAP_KILL", "CAP_CHOWN"))
    other = compile_filter(defaults.default_seccomp(), ("CAP_SYS_ADMIN",))
    assert first is not None
    assert again is not None
    assert other is not None
    assert first[0] is again[0]
    assert other[0] != first[0]


def test_flags_of_a_profile_are_kept() -> None:
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "flags": ["SECCOMP_FILTER_FLAG_LOG"], "syscalls": []}
    compiled = compile_filter(profile, ())
    assert compiled is not None
    assert compiled[1] == constants.SECCOMP_FILTER_FLAG_LOG
    # And so is what it says: one that allows all is shorter than the default.
    usual = compile_filter(defaults.default_seccomp(), ())
    assert usual is not None
    assert len(compiled[0]) < len(usual[0])


def test_unknown_flags_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="FLAG_X"):
        compile_filter({"defaultAction": "SCMP_ACT_ALLOW", "flags": ["FLAG_X"], "syscalls": []}, ())


def test_root_keeps_its_sets() -> None:
    sets = defaults.capability_sets(("CAP_CHOWN",))
    assert sets_for(sets, 0) is sets


def test_an_ordinary_user_keeps_the_ambient_ones_only() -> None:
    sets = Capabilities(("CAP_CHOWN", "CAP_KILL"), *[("CAP_CHOWN", "CAP_KILL")] * 2, (), ("CAP_KILL",))
    assert sets_for(sets, 5) == Capabilities(("CAP_CHOWN", "CAP_KILL"), *[("CAP_KILL",)] * 4)
    assert sets_for(defaults.capability_sets(("CAP_CHOWN",)), 5).permitted == ()


@pytest.mark.parametrize("kind", ["RLIMIT_FUN", "RLIM_INFINITY_X", "getrlimit", ""])
def test_an_unknown_limit_is_refused(kind: str) -> None:
    with pytest.raises(InvalidParameter, match="unknown rlimit"):
        set_limits([Rlimit(kind, 1, 1)])


def test_a_limit_above_what_is_allowed_names_what_is() -> None:
    soft, _ = resource.getrlimit(resource.RLIMIT_CORE)
    with pytest.raises(InvalidParameter, match=r"RLIMIT_CORE to 7:3: .*hard limit is"):
        set_limits([Rlimit("RLIMIT_CORE", 7, 3)])
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == soft

    def step() -> object:
        set_limits([Rlimit("RLIMIT_CORE", 5, 6)])
        with pytest.raises(InvalidParameter, match=r"hard limit is 6$"):
            set_limits([Rlimit("RLIMIT_CORE", 7, 3)])
        set_limits([Rlimit("RLIMIT_CPU", 2**64 - 1, 2**64 - 1)])
        with pytest.raises(InvalidParameter, match=r"hard limit is unlimited$"):
            set_limits([Rlimit("RLIMIT_CPU", 7, 3)])
        return "told"

    assert answer_of(step) == "told"


def test_limits_are_set() -> None:
    def step() -> object:
        set_limits([Rlimit("RLIMIT_NOFILE", 64, 128), Rlimit("RLIMIT_CPU", 2**64 - 1, 2**64 - 1)])
        return resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CPU)

    assert answer_of(step) == [[64, 128], [-1, -1]]


@pytest.mark.needs("root")
def test_pipes_and_sockets_are_given_to_the_user_and_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    def step() -> object:
        read_fd, _ = os.pipe()
        one, _other = socket.socketpair()
        file_fd = os.open(tmp_path / "file", os.O_WRONLY)
        for place, fd in enumerate((read_fd, one.fileno(), file_fd)):
            os.dup2(fd, place)
        own_streams(7)
        return [os.fstat(fd).st_uid for fd in (0, 1, 2)]

    assert answer_of(step) == [7, 7, 0]


@pytest.mark.needs("root")
def test_a_device_is_given_to_nobody_but_a_terminal_is(tmp_path: Path) -> None:
    # Not the host's own: a test that fails must not change it.
    os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.stat("/dev/null").st_rdev)
    try:
        device = os.open(tmp_path / "null", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"devices cannot be opened here: {error}")

    def step() -> object:
        _, terminal = os.openpty()
        os.dup2(device, 0)
        os.dup2(terminal, 1)
        os.close(2)
        own_streams(7)
        return [os.fstat(fd).st_uid for fd in (0, 1)]

    assert answer_of(step) == [0, 7]
    os.close(device)


CHOWN, KILL = 1 << 0, 1 << 5
NO_SYNC = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["sync"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EDOM}],
}


def status_of(process: Process, identity: Identity, *, filtered: bool = False) -> dict[str, Any]:
    """Return what the kernel says of a process that has become what it shall be."""

    def step() -> object:
        program = compile_filter(NO_SYNC, ()) if filtered else None
        limit_bounding(process)
        apply(process, identity, program)
        lines = Path("/proc/self/status").read_text().splitlines()
        return {name: text.split() for name, _, text in (line.partition(":") for line in lines)}

    found: dict[str, Any] = answer_of(step)
    return found


@pytest.mark.needs("root")
@pytest.mark.parametrize("no_new_privileges", [False, True])
@pytest.mark.parametrize(("uid", "had"), [(0, CHOWN | KILL), (7, 0)])
def test_a_process_has_its_user_its_capabilities_and_no_more(uid: int, had: int, no_new_privileges: bool) -> None:
    process = Process(
        ("x",),
        capabilities=defaults.capability_sets(("CAP_CHOWN", "CAP_KILL")),
        no_new_privileges=no_new_privileges,
    )
    found = status_of(process, Identity(uid, 8, (8, 9), "/"))
    assert (found["Uid"], found["Gid"], found["Groups"]) == ([str(uid)] * 4, ["8"] * 4, ["8", "9"])
    sets = {name: int(found[f"Cap{name}"][0], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
    assert sets == {"Inh": 0, "Prm": had, "Eff": had, "Bnd": CHOWN | KILL, "Amb": 0}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ([str(int(no_new_privileges))], ["0"])


@pytest.mark.needs("root")
def test_ambient_capabilities_are_kept_by_another_user() -> None:
    both = ("CAP_CHOWN", "CAP_KILL")
    process = Process(("x",), capabilities=Capabilities(both, both, both, ("CAP_KILL",), ("CAP_KILL",)))
    found = status_of(process, Identity(7, 8, (8,), "/"))
    sets = {name: int(found[f"Cap{name}"][0], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
    assert sets == {"Inh": KILL, "Prm": KILL, "Eff": KILL, "Bnd": CHOWN | KILL, "Amb": KILL}


@pytest.mark.needs("root")
@pytest.mark.parametrize("no_new_privileges", [False, True])
def test_a_process_has_its_filter(no_new_privileges: bool) -> None:
    process = Process(("x",), no_new_privileges=no_new_privileges)
    found = status_of(process, Identity(7, 8, (8,), "/"), filtered=True)
    assert (found["Seccomp"], found["NoNewPrivs"]) == (["2"], [str(int(no_new_privileges))])
