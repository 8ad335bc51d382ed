"""Tests of freezing.packages, on distributions that the tests make up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jupyter_containers.freezing.packages import LeftOut, Package, find


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def installed(site: Path, name: str, *requires: str, origin: object = None) -> None:
    """Install a distribution in version 1.2 with a module of its name."""
    folder = site / f"{name.replace('-', '_')}-1.2.dist-info"
    folder.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.2", *(f"Requires-Dist: {one}" for one in requires)]
    (folder / "METADATA").write_text("\n".join(lines) + "\n\n")
    (folder / "top_level.txt").write_text(f"{name.replace('-', '_')}\n")
    (site / f"{name.replace('-', '_')}.py").write_text("")
    if origin is not None:
        (folder / "direct_url.json").write_text(json.dumps(origin))


def test_what_a_package_needs_goes_with_it(site: Path) -> None:
    installed(site, "made-a", "made_b (>=1)", "made-c ; extra == 'x'", "made-missing")
    installed(site, "made-b", "made-a")
    installed(site, "made-c")
    found = find(["made_a"])
    assert found.packages == (Package("made-a", "1.2"), Package("made-b", "1.2"))
    assert [str(package) for package in found.packages] == ["made-a==1.2", "made-b==1.2"]
    assert found.left_out == ()


def test_what_was_installed_from_a_folder_is_told(site: Path) -> None:
    installed(site, "made-e", origin={"url": "file:///home/me/e", "dir_info": {"editable": True}})
    installed(site, "made-f", origin={"url": "file:///home/me/f", "dir_info": {}})
    reasons = [(one.name, one.reason) for one in find(["made_e", "made_f"]).left_out]
    assert reasons == [
        ("made-e", "it was installed in editable form from /home/me/e"),
        ("made-f", "it was installed from /home/me/f"),
    ]


def test_a_commit_is_a_version(site: Path) -> None:
    installed(site, "made-g", origin={"url": "https://host/g", "vcs_info": {"vcs": "git", "commit_id": "abc"}})
    installed(site, "made-h", origin={"url": "https://host/h.whl", "archive_info": {}})
    assert [str(package) for package in find(["made_g", "made_h"]).packages] == [
        "made-g @ git+https://host/g@abc",
        "made-h @ https://host/h.whl",
    ]


def test_modules_of_ones_own_are_told_unless_they_are_copied(site: Path) -> None:
    (site / "made_own.py").write_text("")
    (site / "made_folder").mkdir()
    (site / "made_folder/__init__.py").write_text("")
    names = ["made_own", "made_folder", "made_nowhere"]
    assert [(one.name, one.remedy) for one in find(names).left_out] == [
        ("made_own", "add --with made_own.py"),
        ("made_folder", "add --with made_folder/"),
        ("made_nowhere", "install it, and run the cell that imports it again"),
    ]
    left = find(names, copied=["made_own.py", "made_folder/"]).left_out
    assert left == (
        LeftOut("made_nowhere", "it is not installed here", "install it, and run the cell that imports it again"),
    )
