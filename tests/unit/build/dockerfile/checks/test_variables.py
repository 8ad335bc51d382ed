from __future__ import annotations

import pytest

from tests.support.checking import checked, findings


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nARG NPM_TOKEN\nENV DB_PASSWORD=x PUBLIC_KEY=y KEYS=z MONKEY=k\n",
         ["SecretsUsedInArgOrEnv 2-2", "SecretsUsedInArgOrEnv 3-3"]),
        ("ARG tag=1\nFROM a:$tag\nFROM --platform=$BUILDPLATFORM a:${tga:-1}\n", []),
        ("FROM a:x$tga\n", ["UndefinedArgInFrom 1-1"]),
        ("ARG base\nFROM $base\n", ["InvalidDefaultArgInFrom 2-2"]),
        ("ARG v\nFROM a:${v}\n", ["InvalidDefaultArgInFrom 2-2"]),
        ("ARG v\nFROM a:${v:-1}\n", []),
        ("FROM known\nENV a=$HOST b=$PATH c=$nope\n", ["UndefinedVar 2-2"]),
        ("FROM unknown\nENV a=$anything\n", []),
        ("FROM scratch AS one\nENV a=1\nFROM one\nCOPY $a $b /c\n", ["UndefinedVar 4-4"]),
        ("FROM known\nARG x y=$x\nLABEL a=$x b='$q' c=\\$q d=${q:-1} e=\"$y\" f=${HTTP_PROXY}\nRUN echo $q\n", []),
        ("FROM known\nENV a=1 b=$a\n", ["UndefinedVar 2-2"]),
        ("FROM known\nRUN --mount=target=$t x\nWORKDIR ${w#x}\n", ["UndefinedVar 2-2", "UndefinedVar 3-3"]),
        ("ARG g=1\nFROM known\nUSER $g\n", ["UndefinedVar 3-3"]),
    ],
)  # fmt: skip
def test_variables(text: str, expected: list[str]) -> None:
    assert checked(text) == expected


def test_a_name_that_was_nearly_right_is_told() -> None:
    (finding,) = findings("FROM scratch\nARG version\nLABEL v=$verison\n")
    assert finding.text == "Usage of undefined variable '$verison' (did you mean $version?)"
