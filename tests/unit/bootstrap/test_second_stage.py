"""Tests of bootstrap.second_stage."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jupyter_containers.bootstrap.origins import Archive
from jupyter_containers.bootstrap.second_stage import being_configured, merged_links, script, settings
from jupyter_containers.bootstrap.signatures import Keyring
from tests.support.debian_mirror import ARCHITECTURE, key, keyring, package
from tests.unit.bootstrap.test_unpacking import unpacked

RING = Keyring("ring", keyring(key()))
ARCHIVES = [
    Archive("http://m/debian", "x", ("main",), RING),
    Archive("http://m/debian", "x-updates", ("main",), RING),
    Archive("http://s/security", "x-security", ("main",), RING),
]


def test_one_of_bin_and_usr_bin_is_a_link() -> None:
    links = {member.name: member.link for member, _ in merged_links("amd64", 1) if member.link}
    assert links == {b"bin": b"usr/bin", b"lib": b"usr/lib", b"sbin": b"usr/sbin", b"lib64": b"usr/lib64"}
    assert b"lib64" not in [member.name for member, _ in merged_links("arm64", 1)]


def test_sources_are_those_that_it_was_made_from() -> None:
    found = {member.text: content.decode() for member, content in settings(ARCHIVES, ["apt"], 1)}
    assert found["etc/apt/sources.list.d/debian.sources"] == (
        "Types: deb\nURIs: http://m/debian\nSuites: x x-updates\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
        "Types: deb\nURIs: http://s/security\nSuites: x-security\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )
    assert "etc/apt/apt.conf.d/docker-clean" in found


def test_a_root_without_apt_has_nothing_of_it() -> None:
    assert not [member.text for member, _ in settings(ARCHIVES, ["dpkg"], 1) if "apt/" in member.text]


def test_no_service_is_started_by_its_installation() -> None:
    (policy,) = [content for member, content in settings(ARCHIVES, [], 1) if member.name == b"usr/sbin/policy-rc.d"]
    assert subprocess.run(["sh", "-c", policy], check=False).returncode == 101


def test_scripts_that_run_before_unpacking_run_first(tmp_path: Path) -> None:
    one = unpacked(tmp_path, package("one", fields={"Multi-Arch": "same"}, control={"preinst": "x"}))
    text = script([one, unpacked(tmp_path, package("two"))])
    place = text.index(f"DPKG_MAINTSCRIPT_PACKAGE=one DPKG_MAINTSCRIPT_ARCH={ARCHITECTURE} ")
    assert f"/var/lib/dpkg/info/one:{ARCHITECTURE}.preinst install" in text
    assert place < text.index("dpkg --configure -a") < text.index("rm -rf")
    assert "two" not in text
    assert subprocess.run(["sh", "-n", "-c", text], check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Setting up bash (5.2) ...", "bash"),
        ("Setting up libc6:amd64 (2.36-9) ...", "libc6"),
        (" Setting up x", ""),
        ("Processing triggers for libc-bin (2.36-9) ...", ""),
        ("", ""),
    ],
)
def test_what_dpkg_says_of_a_package_is_understood(line: str, name: str) -> None:
    assert being_configured(line) == name
