"""Tests of bootstrap.apt_settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_containers.bootstrap.apt_settings import DIRECT, parse, proxy_for, read
from jupyter_containers.errors import InvalidParameter

TEXT = """// a comment
/* another
   { */
Acquire::http::Proxy "http://one:3128"; # and one more
Acquire {
  https { Proxy "http://two:3128"; Proxy::direct.example "DIRECT"; };
  Retries "3";
};
#clear Acquire::ftp;
DPkg::Post-Invoke { "echo a // no comment"; };
APT::NeverAutoRemove { "^linux.*"; "x"; };
"""


def test_both_ways_of_writing_a_setting_are_one() -> None:
    found = parse(TEXT, "it")
    assert found["acquire::http::proxy"] == "http://one:3128"
    assert found["acquire::https::proxy"] == "http://two:3128"
    assert found["acquire::retries"] == "3"


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("http://m/x", "http://one:3128"),
        ("https://m/x", "http://two:3128"),
        ("https://Direct.example:443/x", DIRECT),
        ("http://direct.example/x", "http://one:3128"),
        ("ftp://m", None),
    ],
)
def test_a_host_of_its_own_goes_before_all(url: str, proxy: str | None) -> None:
    assert proxy_for(url, parse(TEXT, "it")) == proxy


def test_an_empty_setting_says_nothing() -> None:
    assert proxy_for("http://m", parse('Acquire::http::Proxy "";', "it")) is None


@pytest.mark.parametrize("text", ["};", 'a "b', "/* no end {"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^it "):
        assert parse(text, "it") != {}


def test_later_files_win_and_other_files_are_left_alone(tmp_path: Path) -> None:
    parts = tmp_path / "apt.conf.d"
    parts.mkdir()
    for name, host in (("01proxy", "one"), ("02.conf", "two"), ("03.disabled", "three")):
        (parts / name).write_text(f'Acquire::http::Proxy "http://{host}";')
    assert proxy_for("http://m", read(tmp_path)) == "http://two"
    (tmp_path / "apt.conf").write_text('Acquire::http::Proxy "http://four";')
    assert proxy_for("http://m", read(tmp_path)) == "http://four"


def test_a_folder_without_settings_has_none(tmp_path: Path) -> None:
    assert read(tmp_path) == {}


@given(st.text('aA:{};"/*# \n', max_size=60))
def test_rubbish_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(parse(text, "it"), dict)
    except InvalidParameter:
        pass
