from __future__ import annotations

import pytest

from jupyter_containers.build.dockerfile.failures import DockerfileError
from jupyter_containers.build.dockerfile.flags import Flags
from jupyter_containers.build.dockerfile.lines import read_line
from jupyter_containers.errors import Unsupported


def flags(text: str) -> Flags:
    return Flags(read_line(f"COPY {text} a b", "\\", (5, 6)))


def test_a_flag_is_taken_once_and_has_a_default() -> None:
    found = flags("--from=x --link")
    assert (found.take("from"), found.take_switch("link"), found.take("chown", "0")) == ("x", True, "0")
    found.refuse_unknown()


def test_what_nobody_took_is_refused() -> None:
    with pytest.raises(DockerfileError, match="Unknown flag: frum"):
        flags("--frum=x").refuse_unknown()


def test_a_flag_twice_is_refused() -> None:
    with pytest.raises(DockerfileError, match="Duplicate flag specified: from"):
        flags("--from=x --from=y")


def test_a_flag_that_is_not_here_says_so_and_where() -> None:
    with pytest.raises(Unsupported, match=r"COPY --parents is not supported \(line 5\): do without") as failure:
        flags("--parents").refuse("parents", "do without")
    assert failure.value.details["line"] == 5


def test_a_mount_may_be_given_again() -> None:
    found = flags("--mount=a --mount=b")
    assert found.take_all("mount") == ("a", "b")
    found.refuse_unknown()


def test_a_flag_that_is_no_switch_has_a_value() -> None:
    with pytest.raises(DockerfileError, match="missing a value on flag: --chown"):
        flags("--chown").take("chown")
    with pytest.raises(DockerfileError, match="missing a value on flag: --exclude"):
        flags("--exclude=a --exclude --exclude=b").take_all("exclude")
    assert flags("--chown=").take("chown") == ""
    with pytest.raises(DockerfileError, match="expecting boolean value for flag link, not: "):
        flags("--link=").take_switch("link")


def test_a_choice_knows_when_nothing_was_said() -> None:
    found = flags("--link --parents=false")
    assert [found.take_choice(name) for name in ("link", "parents", "none")] == [True, False, None]


def test_a_switch_is_on_off_or_wrong() -> None:
    found = flags("--link --parents=false --x=maybe")
    assert (found.take_switch("link"), found.take_switch("parents"), found.take_switch("none")) == (True, False, False)
    found_too = flags("--link=True --parents=FALSE")
    assert (found_too.take_switch("link"), found_too.take_switch("parents")) == (True, False)
    with pytest.raises(DockerfileError, match="expecting boolean value for flag x"):
        found.take_switch("x")
