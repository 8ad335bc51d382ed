"""Tests of bootstrap.dpkg_database. That dpkg itself takes it is seen in integration/engine/test_bootstraps.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.bootstrap.deb822 import paragraphs
from jupyter_containers.bootstrap.dpkg_database import files
from jupyter_containers.errors import InvalidParameter
from tests.support.debian_mirror import ARCHITECTURE, DebPackage, package
from tests.unit.bootstrap.test_unpacking import unpacked


def written(root: Path, *packages: DebPackage) -> dict[str, tuple[str, int]]:
    made = [unpacked(root, one) for one in packages]
    return {
        member.text.removeprefix("var/lib/dpkg/"): (content.decode(), member.mode) for member, content in files(made, 1)
    }


def test_packages_are_unpacked_ones_with_their_files_and_scripts(tmp_path: Path) -> None:
    one = package(
        "one",
        files={"etc/a": b"1", "usr/b": b"2"},
        fields={"Multi-Arch": "same"},
        control={"postinst": "x", "conffiles": "/etc/a\n"},
    )
    found = written(tmp_path, one, package("two", control={"md5sums": "y"}))
    first, second = paragraphs(found["status"][0], "it")
    assert (first["package"], first["status"], first["version"]) == ("one", "install ok unpacked", "1.0")
    assert first["conffiles"] == "\n/etc/a c4ca4238a0b923820dcc509a6f75849b"
    assert (second["package"], "conffiles" in second) == ("two", False)
    assert found[f"info/one:{ARCHITECTURE}.list"] == ("/.\n/etc\n/etc/a\n/usr\n/usr/b\n", 0o644)
    assert found[f"info/one:{ARCHITECTURE}.postinst"] == ("x", 0o755)
    assert found["info/two.md5sums"] == ("y", 0o644)
    assert found[f"info/one:{ARCHITECTURE}.md5sums"] == ("c81e728d9d4c2f636f067f89cc14862c  usr/b\n", 0o644)
    assert found["info/format"] == ("1\n", 0o644)
    assert not [name for name in found if name.endswith(".control")]


def test_who_waits_for_triggers_is_noted(tmp_path: Path) -> None:
    lines = "# x\ninterest-noawait ldconfig\ninterest /usr/share/x\ninterest-await other\nactivate-noawait ldconfig\n"
    one = package("one", control={"triggers": lines})
    two = package("two", fields={"Multi-Arch": "same"}, control={"triggers": "interest ldconfig"})
    found = written(tmp_path, one, two)
    assert found["triggers/ldconfig"][0] == f"one/noawait\ntwo:{ARCHITECTURE}\n"
    assert found["triggers/other"][0] == "one\n"
    assert found["triggers/File"][0] == "/usr/share/x one\n"
    assert found["triggers/Unincorp"][0] == ""


@pytest.mark.parametrize("name", [".hidden", "File", "a/b", "a b", "Lock"])
def test_a_trigger_that_would_be_another_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidParameter, match="package one has a trigger with an impossible name"):
        written(tmp_path, package("one", control={"triggers": f"interest {name}"}))


@pytest.mark.parametrize("name", ["a.b", "list", "A"])
def test_a_control_file_that_would_be_another_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidParameter, match="package one has a control file with an impossible name"):
        written(tmp_path, package("one", control={name: ""}))
