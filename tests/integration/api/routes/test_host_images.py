"""/images/host: this machine with a folder to work in, as an image."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.api_client import Api


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/seen.txt").write_text("seen\n")
    (tmp_path / "work/.env").write_text("TOKEN=1\n")
    (tmp_path / "other").mkdir()
    return tmp_path / "work"


def test_a_container_writes_into_a_copy_of_the_folder(api: Api, removed: None, work: Path) -> None:
    answer = api.post("/images/host", {"Folders": [str(work)], "Prefixes": []})
    assert (answer.status, answer.json["Unseen"]) == (201, [])
    again = api.post("/images/host", {"Folders": [str(work)]}).json
    assert again["Id"] == answer.json["Id"]
    script = f"ls -A {work}; ls -A {work.parent}; rm -rf {work}/* && echo new > {work}/new.txt"
    said = api.output("sh", "-c", script, Image=answer.json["Name"])
    assert said.split() == ["seen.txt", "work"]
    assert sorted(path.name for path in work.iterdir()) == [".env", "seen.txt"]


def test_when_the_folder_has_another_secret_the_image_before_goes(api: Api, removed: None, work: Path) -> None:
    first = api.post("/images/host", {"Folders": [str(work)]}).json
    (work / "id_rsa").write_text("key")
    second = api.post("/images/host", {"Folders": [str(work)]}).json
    assert first["Name"] == second["Name"]
    assert api.get(f"/images/{first['Id']}/json").status == 404
    assert api.output("ls", str(work), Image=second["Id"]).split() == ["seen.txt"]


def test_the_image_before_stays_under_another_name(api: Api, removed: None, work: Path) -> None:
    first = api.post("/images/host", {"Folders": [str(work)]}).json
    api.post(f"/images/{first['Id']}/tag", repo="kept", tag="as-it-was")
    (work / "id_rsa").write_text("key")
    assert api.post("/images/host", {"Folders": [str(work)]}).json["Id"] != first["Id"]
    assert api.get("/images/kept:as-it-was/json").json["Id"] == first["Id"]


def test_what_cannot_be_shown_is_told(api: Api) -> None:
    answer = api.post("/images/host", {"Folders": ["/etc"]})
    assert (answer.status, "the system's own" in answer.json["message"]) == (400, True)
    assert api.post("/images/host", {"Folders": ["/nowhere/at/all"]}).json["Unseen"] == ["/nowhere/at/all"]
    assert api.post("/images/host", {"Folder": []}).json["message"] == "unknown field Folder"
