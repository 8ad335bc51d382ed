"""Tests of commands.packages."""

from __future__ import annotations

from jupyter_containers.commands.packages import packages

DPKG = b"""Package: bash
Status: install ok installed
Version: 5.2-1
Description: a shell
 Package: not this
Version: nor this

Package: gone
Status: deinstall ok config-files
Version: 1
"""
APK = b"C:Q1\nP:musl\nV:1.2.4-r1\n\nP:busybox\nV:1.36\n"


def test_dpkg_tells_what_is_installed() -> None:
    assert packages({"var/lib/dpkg/status": DPKG}, []) == {("deb", "bash"): "5.2-1"}


def test_a_part_of_dpkg_without_a_status_is_installed() -> None:
    assert packages({"var/lib/dpkg/status.d/tz": b"Package: tzdata\nVersion: 3\n"}, []) == {("deb", "tzdata"): "3"}


def test_apk_tells_of_packages() -> None:
    assert packages({"lib/apk/db/installed": APK}, []) == {("apk", "musl"): "1.2.4-r1", ("apk", "busybox"): "1.36"}


def test_python_packages_are_known_by_their_folders() -> None:
    paths = ["usr/lib/python3/dist-packages/Ruamel.Yaml_x-1.0.2.dist-info/METADATA", "a-1.dist-info/RECORD"]
    assert packages({}, paths) == {("pip", "ruamel-yaml-x"): "1.0.2"}


def test_bytes_that_are_no_text_are_no_package() -> None:
    assert packages({"var/lib/dpkg/status": b"\xff\xfe: \0"}, []) == {}
