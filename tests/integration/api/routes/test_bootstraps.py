"""The route of bootstraps: what it answers, line by line. What is made is in integration/engine/test_bootstraps.py."""

from __future__ import annotations

import json

import pytest

from tests.support.api_client import Api
from tests.support.debian_mirror import Mirror, package
from tests.support.web_files import web_files

pytestmark = pytest.mark.needs("root", "overlay")


def test_a_failure_comes_with_its_own_status_or_in_the_stream(api: Api) -> None:
    with web_files({}) as url:
        missing = api.post("/images/bootstrap", image="debian:bookworm", mirror=url, keyring="/no/such/ring")
        assert (missing.status, missing.message[:28]) == (404, "keyring /no/such/ring cannot")


def test_what_went_on_before_a_failure_is_told(api: Api, tmp_path_factory: pytest.TempPathFactory) -> None:
    mirror = Mirror()
    mirror.add(package("base-files", fields={"Essential": "yes"}))
    mirror.publish("bookworm")
    ring = tmp_path_factory.mktemp("keys") / "ring.gpg"
    ring.write_bytes(mirror.keyring)
    with web_files(mirror.files) as url:
        answer = api.post(
            "/images/bootstrap", image="debian:bookworm", mirror=url, keyring=str(ring), variant="essential"
        )
    told = [json.loads(line) for line in answer.content.splitlines()]
    assert told[0]["status"] == f"Reading bookworm from {url}"
    assert [line["status"] for line in told if line.get("id") == "base-files"] == [
        "Waiting", "Downloading", "Download complete", "Extracting", "Unpacked",
    ]  # fmt: skip
    # There is no shell in such a root, and so no second stage.
    assert "/bin/sh" in told[-1]["error"]


@pytest.mark.parametrize(
    ("parameters", "status", "words"),
    [
        ({"image": "debian:12", "suite": "x"}, 400, "unknown parameter suite"),
        ({}, 400, "which image? parameter image is empty"),
        ({"image": "debian:12", "variant": "buildd"}, 400, "no variant is called 'buildd'"),
        ({"image": "debian:12", "platform": "linux/s390x"}, 501, "scripts run here only for"),
        ({"image": "alpine:3"}, 501, "what can be made is debian:SUITE"),
    ],
)
def test_what_is_not_supported_is_refused(api: Api, parameters: dict[str, str], status: int, words: str) -> None:
    answer = api.post("/images/bootstrap", **parameters)
    assert (answer.status, words in answer.message) == (status, True)
