from __future__ import annotations

import pytest

from tests.support.checking import checked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a AS scratch\nFROM a AS context\n", ["ReservedStageName 1-1", "ReservedStageName 2-2"]),
        ("FROM a AS x\nFROM a AS X\n", ["DuplicateStageName 2-2", "StageNameCasing 2-2"]),
        ("FROM --platform=$TARGETPLATFORM a\n", ["RedundantTargetPlatform 1-1"]),
        ("FROM --platform=$BUILDPLATFORM a\n", []),
        ("FROM --platform=linux/amd64 a\n", ["FromPlatformFlagConstDisallowed 1-1"]),
        ("FROM --platform=linux/amd64 a AS build-amd64\n", []),
        ('FROM a\nCMD ["x"]\nCMD ["y"]\nCMD ["z"]\nFROM a\nCMD ["x"]\n',
         ["MultipleInstructionsDisallowed 2-2", "MultipleInstructionsDisallowed 3-3"]),
        ('FROM a\nENTRYPOINT ["x"]\nHEALTHCHECK NONE\nCMD ["x"]\n', []),
    ],
)  # fmt: skip
def test_stages(text: str, expected: list[str]) -> None:
    assert checked(text) == expected
