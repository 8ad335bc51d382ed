"""Tests of compose.freshness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from jupyter_containers.compose.freshness import refresh_age, stale_images
from jupyter_containers.errors import NotFound
from tests.support.compose_files import service

NOW = datetime(2030, 1, 8, tzinfo=UTC)


def client(**tagged: str | None) -> Any:
    """Return a client of a daemon whose images were last tagged so."""

    def inspect(name: str) -> dict[str, object]:
        if name not in tagged:
            raise NotFound(name)
        return {"Metadata": {"LastTagTime": tagged[name]}} if tagged[name] else {}

    return SimpleNamespace(images=SimpleNamespace(inspect=inspect))


@pytest.mark.parametrize(
    ("policy", "age"),
    [
        ("pull_policy: daily", timedelta(days=1)),
        ("pull_policy: weekly", timedelta(days=7)),
        ("pull_policy: every_1d12h", timedelta(hours=36)),
        ("pull_policy: every_90s", timedelta(seconds=90)),
        ("pull_policy: refresh\npull_refresh_after: 6h", timedelta(hours=6)),
        ("pull_policy: always", None),
        ("", None),
    ],
)
def test_how_old_an_image_may_be(policy: str, age: timedelta | None) -> None:
    assert refresh_age(service(f"image: x\n{policy}")) == age


@pytest.mark.parametrize(
    ("tagged", "policy", "stale"),
    [
        ("2030-01-07T00:00:00.123456789Z", "daily", set()),
        ("2030-01-07T00:00:00Z", "daily", {"x"}),
        ("2030-01-06T23:59:59Z", "daily", {"x"}),
        ("2030-01-07T01:00:00+02:00", "daily", {"x"}),
        ("2030-01-06T23:59:59", "daily", {"x"}),
        ("2030-01-06T23:59:59Z", "weekly", set()),
        ("0001-01-01T00:00:00Z", "weekly", {"x"}),
        (None, "weekly", {"x"}),
        ("2030-01-01T00:00:00Z", "missing", set()),
    ],
)
def test_an_image_is_too_old(tagged: str | None, policy: str, stale: set[str]) -> None:
    web = service(f"image: x\npull_policy: {policy}")
    assert stale_images(client(x=tagged), [web], NOW) == stale


def test_an_image_that_is_not_here_is_not_too_old() -> None:
    assert stale_images(client(), [service("image: x\npull_policy: daily")], NOW) == set()


def test_the_time_is_todays() -> None:
    web = service("image: x\npull_policy: weekly")
    assert stale_images(client(x="2001-01-01T00:00:00Z"), [web]) == {"x"}
    assert stale_images(client(x=datetime.now(UTC).isoformat()), [web]) == set()
