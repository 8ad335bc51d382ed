"""Tests of linux.emulation, on entries as the kernel shows them."""

from __future__ import annotations

from pathlib import Path

from jupyter_containers.linux.emulation import architectures

MASK = "ffffffffffffff00fffffffffffffffffeffffff"
ARM64 = "7f454c460201010000000000000000000200b700"
S390X = "7f454c4602020100000000000000000000020016"


def entry(magic: str, *, flags: str = "OCF", state: str = "enabled", mask: str = MASK) -> str:
    return f"{state}\ninterpreter /usr/bin/qemu-static\nflags: {flags}\noffset 0\nmagic {magic}\nmask {mask}\n"


def test_what_has_an_emulator_is_known_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "qemu-aarch64").write_text(entry(ARM64))
    (tmp_path / "qemu-s390x").write_text(entry(S390X, mask="ffffffffffffff00fffffffffffffffffffeffff"))
    (tmp_path / "register").write_text("")
    (tmp_path / "status").write_text("enabled\n")
    assert architectures(tmp_path) == {"arm64", "s390x"}


def test_what_is_off_or_not_found_in_containers_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "off").write_text(entry(ARM64, state="disabled"))
    (tmp_path / "outside").write_text(entry(ARM64, flags="OC"))
    (tmp_path / "python").write_text("enabled\ninterpreter /usr/bin/python\nflags: F\nextension .py\n")
    (tmp_path / "spoilt").write_text("enabled\nflags: F\noffset x\nmagic zz\n")
    assert architectures(tmp_path) == frozenset()
    assert architectures(tmp_path / "none") == frozenset()
