"""Tests of compose.extending."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_containers.compose.source import WrongFile
from tests.support.compose_files import project


def test_a_service_takes_in_what_it_extends() -> None:
    found = project("""
services:
  base: {image: a, environment: {A: 1, B: 1}, command: one}
  middle: {extends: base, environment: {B: 2}}
  web: {extends: {service: middle}, command: two}
""").services
    assert (found["web"].image, found["web"].environment, found["web"].definition["command"]) == (
        "a", {"A": "1", "B": "2"}, "two",
    )  # fmt: skip
    assert found["middle"].definition["command"] == "one"
    assert "extends" not in found["web"].definition


def test_one_of_another_file_has_its_paths_from_there(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "base.yaml").write_text(
        "services:\n  app: {extends: deep, volumes: [./d:/d]}\n  deep: {image: 'x:${TAG}'}\n"
    )
    web = project(
        "services: {web: {extends: {file: parts/base.yaml, service: app}, volumes: [./e:/e]}}", folder=tmp_path,
        variables={"TAG": "7"},
    ).services["web"]  # fmt: skip
    assert web.image == "x:7"
    assert [mount["source"] for mount in web.definition["volumes"]] == [f"{tmp_path}/parts/d", f"{tmp_path}/e"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {a: {extends: a}}", "services.a: it extends itself, or too many others: a → a"),
        ("services: {a: {extends: b}, b: {extends: a}}", "extends itself"),
        ("services: {a: {extends: wen}, web: {image: x}}", "there is no service 'wen'; did you mean web"),
        ("services: {a: {extends: {file: no.yaml, service: x}}}", "cannot read /srv/shop/no.yaml: No such file"),
        ("services: {a: {extends: {file: no.yaml}}}", "extends: service is missing"),
    ],
)
def test_what_cannot_be_extended_is_told(text: str, message: str) -> None:
    with pytest.raises(WrongFile) as caught:
        project(text)
    assert message in caught.value.message


def test_a_long_chain_is_refused() -> None:
    lines = [f"  s{n}: {{extends: s{n + 1}}}" for n in range(200)]
    with pytest.raises(WrongFile, match="too many others"):
        project("\n".join(["services:", *lines, "  s200: {image: x}"]))
