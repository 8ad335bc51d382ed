"""--security-opt."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.engine.containers import security
from jupyter_containers.engine.containers.security import Security, parse_security
from jupyter_containers.errors import InvalidParameter, Unsupported


@pytest.mark.parametrize(
    ("options", "found"),
    [
        (None, Security()),
        (("no-new-privileges",), Security(no_new_privileges=True)),
        (("no-new-privileges=true",), Security(no_new_privileges=True)),
        (("no-new-privileges:false",), Security()),
        (("seccomp=unconfined",), Security(seccomp="unconfined")),
        (('seccomp={"a": "b:c"}',), Security(seccomp='{"a": "b:c"}')),
        (("apparmor=unconfined", "label=disable"), Security()),
        *(((f"no-new-privileges={word}",), Security(no_new_privileges=True)) for word in ("1", "t", "TRUE")),
        *(((f"no-new-privileges={word}",), Security()) for word in ("0", "f", "False")),
        (
            ("no-new-privileges", "seccomp:unconfined", "writable-cgroups=1"),
            Security(no_new_privileges=True, seccomp="unconfined", writable_cgroups=True),
        ),
    ],
)
def test_options_are_understood(options: tuple[str, ...] | None, found: Security) -> None:
    assert parse_security(options) == found


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("bad", 'invalid --security-opt 1: "bad"'),
        ("bad=1", 'invalid --security-opt 2: "bad=1"'),
        ("no-new-privileges=zz", 'invalid --security-opt 2: "no-new-privileges=zz"'),
    ],
)
def test_others_are_refused_in_dockers_words(option: str, sentence: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        parse_security((option,))
    assert caught.value.message == sentence


@given(st.lists(st.text("no-ewprivlgscmp=:truconfid,1", max_size=24), max_size=3))
def test_whatever_is_asked_is_read_or_refused(options: list[str]) -> None:
    with contextlib.suppress(InvalidParameter, Unsupported):
        parse_security(options)


def test_groups_of_its_own_may_be_written_or_not() -> None:
    assert parse_security(("writable-cgroups=true",)).writable_cgroups is True
    assert parse_security(("writable-cgroups:false",)).writable_cgroups is False
    assert parse_security(()).writable_cgroups is None
    with pytest.raises(InvalidParameter, match='invalid --security-opt 2: "writable-cgroups=x"'):
        parse_security(("writable-cgroups=x",))


def test_a_profile_of_a_module_that_is_not_there_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(security._MODULES, "apparmor", ("AppArmor", f"{tmp_path}/absent"))
    assert parse_security(("apparmor=unconfined", "apparmor=strict", "no-new-privileges")).warnings == (
        "--security-opt apparmor=strict is without effect: this kernel has no AppArmor",
    )


def test_a_profile_of_a_module_that_is_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(security._MODULES, "label", ("SELinux", "/"))
    with pytest.raises(Unsupported, match="label=type:x_t"):
        parse_security(("label=type:x_t",))
