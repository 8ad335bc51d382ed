"""--cap-add and --cap-drop."""

from __future__ import annotations

import pytest

from jupyter_containers.engine.containers.capabilities import resolve_capabilities
from jupyter_containers.errors import InvalidParameter, Unsupported

KNOWN = ("CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_RESOURCE")
USUAL = ("CAP_KILL", "CAP_CHOWN")
GRANTED = KNOWN[:-1]


def resolve(add: tuple[str, ...] = (), drop: tuple[str, ...] = (), *, privileged: bool = False) -> tuple[str, ...]:
    return resolve_capabilities(add, drop, KNOWN, USUAL, granted=GRANTED, privileged=privileged)


def test_without_wishes_it_is_the_usual_ones() -> None:
    assert resolve() == ("CAP_CHOWN", "CAP_KILL")


def test_names_may_be_short_and_small() -> None:
    assert resolve(("net_admin",), ("CAP_KILL",)) == ("CAP_CHOWN", "CAP_NET_ADMIN")


def test_all_added_is_all_that_the_daemon_has_but_the_dropped() -> None:
    assert resolve(("ALL",), ("chown",)) == ("CAP_KILL", "CAP_NET_ADMIN", "CAP_SYS_ADMIN")


def test_all_dropped_leaves_only_the_added() -> None:
    assert resolve(("KILL",), ("all",)) == ("CAP_KILL",)
    assert resolve((), ("ALL",)) == resolve((), ("cap_all",)) == ()


def test_what_is_added_and_dropped_is_had_unless_all_are_added() -> None:
    assert resolve(("KILL", "NET_ADMIN"), ("KILL", "CHOWN")) == ("CAP_KILL", "CAP_NET_ADMIN")
    assert resolve(("ALL", "KILL"), ("KILL", "ALL")) == ("CAP_CHOWN", "CAP_NET_ADMIN", "CAP_SYS_ADMIN")


def test_privileged_has_all_that_the_daemon_has() -> None:
    assert resolve(drop=("CHOWN",), privileged=True) == GRANTED


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(InvalidParameter, match='invalid CapAdd: unknown capability: "CAP_NOPE"'):
        resolve(("nope",))
    with pytest.raises(InvalidParameter, match="invalid CapDrop"):
        resolve((), ("nope",))


def test_what_the_daemon_has_not_itself_cannot_be_given() -> None:
    with pytest.raises(Unsupported, match="CAP_SYS_RESOURCE"):
        resolve(("SYS_RESOURCE",))
    with pytest.raises(Unsupported, match="CAP_SYS_RESOURCE"):
        resolve(("SYS_RESOURCE",), privileged=True)
