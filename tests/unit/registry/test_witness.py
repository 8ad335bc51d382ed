"""What is asked of registries is written down for those who want to know, without what could be a secret."""

from __future__ import annotations

import asyncio

import pytest

from jupyter_containers.registry.witness import Rows, noting, shown, witnessed


def test_a_request_is_written_down_with_its_status_and_time() -> None:
    rows: Rows = []
    with witnessed(rows), noting("GET", "https://host/v2/?token=x") as noted:
        noted["result"] = "200"
    (row,) = rows
    assert row.pop("microseconds") >= 0
    assert row == {
        "side": "registry", "step": "registry", "call": "GET", "arguments": ["https://host/v2/"], "result": "200",
        "times": 1,
    }  # fmt: skip


def test_tasks_of_the_block_are_heard() -> None:
    rows: Rows = []

    async def ask() -> None:
        with noting("GET", "http://host/"):
            pass

    async def both() -> None:
        with witnessed(rows):
            await asyncio.gather(asyncio.create_task(ask()), asyncio.create_task(ask()))
        await ask()

    asyncio.run(both())
    assert len(rows) == 2


def test_one_that_is_not_answered_says_so() -> None:
    rows: Rows = []
    with pytest.raises(OSError, match="gone"), witnessed(rows), noting("GET", "http://host/"):
        raise OSError("gone")
    assert rows[0]["result"] == "no answer"


def test_nobody_hears_what_nobody_asked_for() -> None:
    with noting("GET", "http://host/") as noted:
        noted["result"] = "200"


def test_passwords_and_signatures_are_not_shown() -> None:
    assert shown("https://me:secret@host:5000/v2/x/blobs/1?sig=abc") == "https://host:5000/v2/x/blobs/1"
