"""Words and patterns beside somebody else's idea of them: busybox's shell, and regular expressions."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.build.dockerfile.expand import expand
from jupyter_containers.build.dockerfile.ignore import IgnoreRules

BUSYBOX = shutil.which("busybox")
VALUES = st.text("ab/.", max_size=6)
PATTERNS = st.text("ab*?/.", min_size=1, max_size=5)
WORDS = st.one_of(
    st.builds("${{{}}}".format, st.sampled_from("ABU")),
    st.builds("${{{}{}{}}}".format, st.sampled_from("ABEU"), st.sampled_from([":-", "-", ":+", "+"]), VALUES),
    st.builds("${{{}{}{}}}".format, st.sampled_from("AB"), st.sampled_from(["#", "##", "%", "%%"]), PATTERNS),
    st.builds(
        "${{{}{}{}/{}}}".format, st.sampled_from("AB"), st.sampled_from(["/", "//"]),
        st.text("ab?.", min_size=1, max_size=3), st.text("xy", max_size=2),
    ),
    st.builds("{}${}'{}'\"${{{}}}\"".format, VALUES, st.sampled_from("ABU"), VALUES, st.sampled_from("ABU")),
)  # fmt: skip


@pytest.mark.skipif(BUSYBOX is None, reason="busybox is not installed")
@settings(max_examples=40, deadline=None)
@given(values=st.tuples(VALUES, VALUES), words=st.lists(WORDS, min_size=20, max_size=40))
def test_variables_become_what_a_shell_makes_of_them(values: tuple[str, str], words: list[str]) -> None:
    assert BUSYBOX
    env = {"A": values[0], "B": values[1], "E": ""}
    # A zero after each word: $() would lose what is at the end.
    script = "set -f; IFS=; " + "".join(f"w={word}; printf '%s\\0' \"$w\"; " for word in words)
    shown = subprocess.run([BUSYBOX, "sh", "-c", script], env=env, capture_output=True, text=True, check=True).stdout
    assert [expand(word, env) for word in words] == shown.split("\0")[:-1]


SEGMENTS = st.text("ab*?", min_size=1, max_size=3).filter(lambda text: "**" not in text)
RULES = st.builds(
    "{}{}".format,
    st.sampled_from(["", "", "!"]),
    st.lists(st.one_of(SEGMENTS, st.just("**")), min_size=1, max_size=4).map("/".join),
)
PATHS = st.lists(st.text("ab", min_size=1, max_size=2), min_size=1, max_size=4).map("/".join)


def regular(pattern: str) -> re.Pattern[str]:
    """Translate by the words of the reference: `**` is any number of folders, at the end anything below."""
    parts = pattern.split("/")
    text = ""
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        if part == "**":
            text += ".*" if is_last else "(?:.*/)?"
        else:
            text += part.replace("?", "[^/]").replace("*", "[^/]*") + ("" if is_last else "/")
    return re.compile(text)


@settings(max_examples=300, deadline=None)
@given(st.lists(RULES, max_size=5), PATHS)
def test_ignore_rules_decide_as_regular_expressions_do(rules: list[str], path: str) -> None:
    parents = ["/".join(path.split("/")[:count]) for count in range(1, path.count("/") + 2)]
    ignored = False
    for rule in rules:
        if any(regular(rule.removeprefix("!")).fullmatch(candidate) for candidate in parents):
            ignored = not rule.startswith("!")
    assert IgnoreRules.of(rules).ignores(path) is ignored
