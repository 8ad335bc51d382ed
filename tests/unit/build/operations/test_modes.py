from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyter_containers.build.operations.modes import ModeChange

ACTION = st.builds(
    lambda who, sign, what: who + sign + what,
    st.sampled_from(["u", "g", "o", "a", "ug", "go", "ugo"]),
    st.sampled_from("+-="),
    st.sampled_from(["", "r", "w", "x", "X", "rw", "rwx", "rX", "s", "t", "u", "g", "o", "xs"]),
)


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [("0644", 0o777, 0o644), ("7", 0o777, 0o007), ("44", 0o777, 0o044), ("0", 0o777, 0), ("00001755", 0, 0o1755),
     ("u+x", 0o644, 0o744), ("+x", 0o644, 0o755), ("go=", 0o755, 0o700),
     ("a=rX", 0o640, 0o444), ("u=rwx,g=u", 0o600, 0o770), ("+t", 0o755, 0o1755), ("u+s", 0o755, 0o4755),
     ("7777", 0, 0o7777)],
)  # fmt: skip
def test_a_mode_changes_as_chmod_says(text: str, before: int, after: int) -> None:
    change = ModeChange.parse(text)
    assert change is not None
    assert change.of(before, is_directory=False) == after


@pytest.mark.parametrize("text", ["", "u", "x", "u+y", "8888", "u+x,", "10000", "1.", "u+ug"])
def test_what_is_no_mode_is_none(text: str) -> None:
    assert ModeChange.parse(text) is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.lists(ACTION, min_size=1, max_size=3).map(",".join), st.integers(0, 0o7777), st.booleans())
@example(text="a=rx", before=0o6755, is_directory=True)
@example(text="a=rx", before=0o6755, is_directory=False)
@example(text="u=", before=0o6755, is_directory=True)
@example(text="g=s", before=0o6755, is_directory=True)
@example(text="o=t", before=0o6777, is_directory=True)
@example(text="go-s", before=0o7777, is_directory=True)
@example(text="a=xs", before=0o1000, is_directory=True)
@example(text="g=u", before=0o4700, is_directory=False)
@example(text="a+X", before=0o010, is_directory=False)
@example(text="a+X", before=0o600, is_directory=False)
def test_the_real_chmod_agrees(tmp_path: Path, text: str, before: int, is_directory: bool) -> None:
    place = tmp_path / str(is_directory)
    place.mkdir(exist_ok=True) if is_directory else place.touch()
    os.chmod(place, before)
    subprocess.run(["chmod", text, place], check=True, env={**os.environ, "LC_ALL": "C"})
    change = ModeChange.parse(text)
    assert change is not None
    assert oct(change.of(before, is_directory=is_directory)) == oct(place.stat().st_mode & 0o7777)
