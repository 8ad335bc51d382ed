"""Filters, sets and limits before they reach the kernel."""

from __future__ import annotations

import resource

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.linux import constants
from jupyter_containers.oci.runtime_spec import Capabilities, Rlimit
from jupyter_containers.runtime import defaults
from jupyter_containers.runtime.privileges import compile_filter, set_limits, sets_for


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
