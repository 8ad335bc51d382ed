from __future__ import annotations

import pytest

from tests.support.checking import checked


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b \\\n\n  c\n", ["NoEmptyContinuation 2-4"]),
        ("FROM a\nrun b\nRUN c\nCopy d e\n", ["ConsistentInstructionCasing 2-2", "ConsistentInstructionCasing 4-4"]),
        ("from a\nrun b\nRUN c\n", ["ConsistentInstructionCasing 3-3"]),
        ("FROM a AS Base\n", ["StageNameCasing 1-1"]),
        ("FROM a as base\n", ["FromAsCasing 1-1"]),
        ("from a as base\n", []),
        ("FROM a\nCMD x y\nENTRYPOINT z\n", ["JSONArgsRecommended 2-2", "JSONArgsRecommended 3-3"]),
        ('FROM a\nSHELL ["/bin/bash", "-c"]\nCMD x\n', []),
        ('FROM a\nCMD ["x"]\n', []),
        ("FROM a\nMAINTAINER x\n", ["MaintainerDeprecated 2-2"]),
        ("FROM a\nENV x y\nLABEL a=b\nLABEL c d\n", ["LegacyKeyValueFormat 2-2", "LegacyKeyValueFormat 4-4"]),
        ("FROM a\nEXPOSE 80/TCP 81/udp\n", ["ExposeProtoCasing 2-2"]),
        ("FROM a\nEXPOSE 127.0.0.1:80:80\n", ["ExposeInvalidFormat 2-2"]),
        ("FROM a\nWORKDIR x\n", ["WorkdirRelativePath 2-2"]),
        ("FROM a\nWORKDIR /y\nWORKDIR x\n", []),
        ("FROM a AS one\nWORKDIR /y\nFROM one\nWORKDIR x\n", []),
    ],
)
def test_how_things_are_written(text: str, expected: list[str]) -> None:
    assert checked(text) == expected


def test_a_file_that_is_ignored_is_not_there_to_copy() -> None:
    text = (
        "# check=experimental=CopyIgnoredFile\nFROM a\nCOPY ./x y z/\nCOPY --from=b x .\nADD x* http://x /\nCOPY . /\n"
    )
    assert checked(text, ignored={"x"}) == ["CopyIgnoredFile 3-3"]


def test_a_description_begins_with_the_name() -> None:
    text = "# check=experimental=all\n# base is the base\nFROM a AS base\n# version of it\nARG v\n\n# other\n\nARG w\n"
    assert checked(text) == ["InvalidDefinitionDescription 4-5"]
