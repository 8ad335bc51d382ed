from __future__ import annotations

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.oci.platform import MACHINES, Platform, host_platform, suitability


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/amd64", Platform("linux", "amd64")),
        ("Linux/AArch64", Platform("linux", "arm64", "v8")),
        ("linux/arm/v6", Platform("linux", "arm", "v6")),
        ("linux/arm64", Platform("linux", "arm64", "v8")),
    ],
)
def test_platforms_are_read(text: str, platform: Platform) -> None:
    assert Platform.parse(text) == platform


@pytest.mark.parametrize("text", ["", "linux/", "/amd64", "linux/arm/v7/x", "linux/../x"])
def test_what_is_no_platform_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match="not a platform"):
        Platform.parse(text)


def test_one_word_is_completed_by_the_host() -> None:
    host = host_platform()
    assert Platform.parse("linux") == host
    assert Platform.parse("windows") == Platform("windows", host.architecture, host.variant)
    assert Platform.parse("arm64") == Platform("linux", "arm64", "v8")
    with pytest.raises(InvalidParameter, match=r'"foo": unknown operating system or architecture: invalid argument'):
        Platform.parse("foo")


def test_json_goes_both_ways_and_leaves_out_what_is_empty() -> None:
    assert Platform("linux", "amd64").to_json() == {"os": "linux", "architecture": "amd64"}
    full = Platform("linux", "arm", "v7")
    assert Platform.from_json(full.to_json()) == full
    assert str(full) == "linux/arm/v7"


def rate(offered: str, wanted: str) -> int | None:
    return suitability(_platform(offered), _platform(wanted))


def _platform(text: str) -> Platform:
    os, architecture, *variant = text.split("/")
    return Platform(os, architecture, *variant)


def test_another_system_or_machine_never_suits() -> None:
    assert rate("windows/amd64", "linux/amd64") is None
    assert rate("linux/arm64", "linux/amd64") is None
    assert rate("unknown/unknown", "linux/amd64") is None


def test_a_lower_variant_suits_and_a_higher_one_does_not() -> None:
    assert rate("linux/arm/v8", "linux/arm/v7") is None
    assert rate("linux/amd64/v3", "linux/amd64") is None
    six, seven = rate("linux/arm/v6", "linux/arm/v7"), rate("linux/arm/v7", "linux/arm/v7")
    assert six is not None and seven is not None and seven > six


def test_a_missing_variant_means_the_usual_one() -> None:
    assert rate("linux/arm64", "linux/arm64/v8") == rate("linux/arm64/v8", "linux/arm64")
    assert rate("linux/arm", "linux/arm/v6") is None


def test_this_machine_suits_itself() -> None:
    assert suitability(host_platform(), host_platform()) is not None
    assert (host_platform().architecture, host_platform().variant) in MACHINES.values()
