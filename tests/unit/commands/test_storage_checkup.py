"""Tests of commands.storage_checkup."""

from __future__ import annotations

from jupyter_containers.commands.storage_checkup import StorageCheckup

FOUND = {
    "what": "blob", "name": "sha256:1", "problem": "is short", "remedy": "remove it", "can_mend": True,
    "mended": False, "failure": "",
}  # fmt: skip


def test_what_is_wrong_is_told_with_what_helps() -> None:
    body = {"dataRoot": "/data", "sound": False, "findings": [FOUND]}
    checkup = StorageCheckup(body)
    assert not checkup
    assert checkup.text().splitlines() == [
        "blob sha256:1: is short",
        "      mend: remove it",
        "/data: 1 things are wrong with the store; nothing was changed, mend with doctor --storage --repair",
    ]
    assert checkup.data() == body


def test_what_was_mended_is_told() -> None:
    checkup = StorageCheckup({"dataRoot": "/data", "sound": True, "findings": [FOUND | {"mended": True}]})
    assert checkup
    assert checkup.summary() == "the store is sound again: 1 things were mended"
    assert "      mended: remove it" in checkup.text()


def test_what_could_not_be_mended_says_why() -> None:
    checkup = StorageCheckup({"sound": False, "findings": [FOUND | {"failure": "it is busy"}]}, was_repaired=True)
    assert "not mended (it is busy): remove it" in checkup.text()
    # To ask for a repair again would help nobody.
    assert checkup.summary() == "1 things are wrong with the store"
