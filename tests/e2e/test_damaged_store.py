"""A store is damaged in each way we know: the doctor finds it, mends it when asked, and the daemon works after it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import tiny_image
from tests.support.api_client import Api
from tests.support.daemon import Daemon, Docker
from tests.support.docker_archive import docker_archive
from tests.support.doctor import examine, is_sound
from tests.support.standing_daemon import load_image

BASE = tiny_image.layer({"base": b"base\n", "large": bytes(range(256)) * 1000}, compression="none")
TOP = tiny_image.layer({"top": b"top\n"}, compression="none")
IMAGE = tiny_image.image(BASE, TOP)
NAME = "a.b/c/d:1"
DOCKERFILE = (
    'FROM busybox\nRUN echo built > /built && ln -s built /link && truncate -s 1M /hole\nCMD ["cat", "/built"]\n'
)


@pytest.fixture
def store(daemon: Daemon, docker: Docker, api: Api) -> Iterator[Path]:
    """A data root at rest, with images that were loaded and built, a volume with a file, and a container."""
    docker("load", stdin=docker_archive({NAME: IMAGE}))
    docker("build", "-t", "built", "--network", "none", "-", stdin=DOCKERFILE)
    docker("run", "--network", "none", "--name", "keeper", "-v", "precious:/v", "busybox", "sh", "-c", "echo v > /v/f")
    daemon.stop()
    is_sound(daemon.data)
    yield daemon.data
    if daemon.process is None:
        daemon.start()
    docker("rm", "-f", "keeper", code=None)


def works(daemon: Daemon, docker: Docker) -> None:
    """Everything that there was before is there, or can be brought again by the words that brought it first."""
    daemon.start()
    docker("load", stdin=docker_archive({NAME: IMAGE}))
    subprocess.run(docker.command("save", NAME), stdout=subprocess.DEVNULL, check=True)
    docker("build", "-t", "built", "--network", "none", "-", stdin=DOCKERFILE)
    assert docker("run", "--rm", "--network", "none", "built").stdout == "built\n"
    assert docker("run", "--rm", "--network", "none", "-v", "precious:/v", "busybox", "cat", "/v/f").stdout == "v\n"
    daemon.stop()
    is_sound(daemon.data)


def kinds(body: dict[str, object]) -> set[str]:
    findings = body["findings"]
    assert isinstance(findings, list)
    return {str(finding["what"]) for finding in findings}


def state_of(data: Path) -> dict[str, tuple[int, int]]:
    """Every file of a store but the lock, with its size and the time of its last change."""
    found = {}
    for folder, _, names in os.walk(data):
        for name in names:
            path = Path(folder) / name
            if name != "daemon.lock":
                found[str(path)] = (path.lstat().st_size, path.lstat().st_mtime_ns)
    return found


def is_found_and_mended(data: Path, what: str) -> dict[str, object]:
    before = state_of(data)
    found = examine(data)
    assert what in kinds(found), found
    assert state_of(data) == before
    mended = examine(data, "--repair")
    assert kinds(found) <= kinds(mended)
    return mended


def blob(data: Path, digest: object) -> Path:
    return data / "content" / "blobs" / "sha256" / str(digest).removeprefix("sha256:")


def execute(data: Path, statement: str) -> None:
    with closing(sqlite3.connect(data / "metadata.db", isolation_level=None)) as connection:
        assert connection.execute(statement).rowcount != 0


def rows(data: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(data / "metadata.db")) as connection:
        return connection.execute(query).fetchall()


def base(data: Path) -> Path:
    """Return the directory of the snapshot at the bottom of the image: its name is the layer's diff id."""
    ((number,),) = rows(data, f"SELECT number FROM snapshots WHERE key = '{BASE.diff_id}'")
    return data / "snapshots" / str(number)


def test_altered_truncated_and_missing_blobs(store: Path, daemon: Daemon, docker: Docker) -> None:
    altered, truncated = blob(store, BASE.descriptor.digest), blob(store, TOP.descriptor.digest)
    altered.chmod(0o600)
    content = bytearray(altered.read_bytes())
    content[-1] ^= 1
    altered.write_bytes(content)
    os.truncate(truncated, 5)
    mended = is_found_and_mended(store, "blob")
    assert not altered.exists() and not truncated.exists()
    # The image still runs from what was unpacked; only loading it again brings its layers back.
    assert not mended["sound"]
    assert kinds(examine(store)) == {"image"}
    works(daemon, docker)


def test_an_image_without_its_config(store: Path, daemon: Daemon, docker: Docker) -> None:
    blob(store, IMAGE.image_id).unlink()
    assert is_found_and_mended(store, "image")["sound"]
    works(daemon, docker)


@pytest.mark.parametrize("takes_row", [True, False])
def test_a_layer_that_is_not_unpacked_any_more(store: Path, daemon: Daemon, docker: Docker, takes_row: bool) -> None:
    if takes_row:
        execute(store, f"DELETE FROM snapshots WHERE key = '{BASE.diff_id}'")
    else:
        shutil.rmtree(base(store))
    assert is_found_and_mended(store, "image" if takes_row else "snapshot")["sound"]
    assert (base(store) / "fs" / "base").read_text() == "base\n"
    works(daemon, docker)


def test_a_layer_that_is_nowhere(store: Path, daemon: Daemon, docker: Docker) -> None:
    shutil.rmtree(base(store))
    blob(store, BASE.descriptor.digest).unlink()
    assert is_found_and_mended(store, "snapshot")["sound"]
    works(daemon, docker)


def test_files_without_rows(store: Path, daemon: Daemon, docker: Docker) -> None:
    unknown = [
        store / "snapshots" / "4711", store / "containers" / ("a" * 64), store / "volumes" / "gone",
        store / "content" / "ingest" / "once-1", store / "tmp" / "context", store / "content/blobs/sha256/nonsense",
    ]  # fmt: skip
    for path in unknown:
        (path / "x").mkdir(parents=True)
    assert is_found_and_mended(store, "directory")["sound"]
    assert not any(path.exists() for path in unknown)
    works(daemon, docker)


def test_rows_without_files(store: Path, daemon: Daemon, docker: Docker) -> None:
    ((identifier,),) = rows(store, "SELECT id FROM containers")
    ((number,),) = rows(store, f"SELECT number FROM snapshots WHERE key = 'container:{identifier}'")
    shutil.rmtree(store / "snapshots" / str(number))
    execute(store, 'INSERT INTO volumes VALUES (\'empty\', \'{"created_at": "", "labels": {}, "options": {}}\')')
    execute(store, f"INSERT INTO image_names SELECT 'x.y/z:1', target, 'sha256:{'0' * 64}' FROM image_names LIMIT 1")
    execute(store, f"INSERT INTO blob_places VALUES ('sha256:{'1' * 64}', 'a.b/c', '{{}}', 1.0)")
    execute(store, f'UPDATE build_cache SET record = replace(record, \'"chain":"sha256:\', \'"chain":"sha256:{"0"}\')')
    mended = is_found_and_mended(store, "container")
    assert kinds(mended) >= {"container", "volume", "image name", "note", "cached step", "snapshot"}
    assert mended["sound"]
    assert (store / "volumes" / "empty" / "_data").is_dir()
    works(daemon, docker)


def test_wrong_sizes(store: Path, daemon: Daemon, docker: Docker) -> None:
    execute(store, f"UPDATE snapshots SET record = json_set(record, '$.size_bytes', 7) WHERE key = '{BASE.diff_id}'")
    execute(store, f"UPDATE images SET record = json_set(record, '$.size', 8) WHERE id = '{IMAGE.image_id}'")
    assert is_found_and_mended(store, "snapshot")["sound"]
    ((size,),) = rows(store, f"SELECT json_extract(record, '$.size') FROM images WHERE id = '{IMAGE.image_id}'")
    assert size == 256_000 + len("base\n") + len("top\n")
    works(daemon, docker)


def test_a_row_that_cannot_be_read(store: Path, daemon: Daemon, docker: Docker) -> None:
    execute(store, f"UPDATE images SET record = '{{' WHERE id = '{IMAGE.image_id}'")
    # No text, and a name that is no field: what a flipped bit makes. The volume's files stay.
    execute(store, "UPDATE build_cache SET record = CAST(x'7b80' AS TEXT)")
    execute(store, "UPDATE volumes SET record = replace(record, 'labels', 'mabels')")
    mended = is_found_and_mended(store, "image")
    assert kinds(mended) >= {"cached step", "volume", "directory"}
    assert mended["sound"]
    is_sound(store)
    works(daemon, docker)


@pytest.mark.parametrize("record", ["'{'", "'{}'", "'[]'", "'{\"id\": 3}'", "CAST(x'7b80' AS TEXT)"])
def test_a_daemon_starts_beside_a_container_that_cannot_be_read(
    store: Path, daemon: Daemon, docker: Docker, record: str
) -> None:
    """It leaves the container alone, whatever that was, and all others are there."""
    daemon.start()
    other = docker("create", "--name", "other", "busybox", "true").stdout.strip()
    daemon.stop()
    with closing(sqlite3.connect(store / "metadata.db")) as database:
        [(before,)] = database.execute("SELECT record FROM containers WHERE name = 'keeper'").fetchall()
        [(identifier,)] = database.execute("SELECT id FROM containers WHERE name = 'keeper'").fetchall()

        database.execute(f"UPDATE containers SET record = {record} WHERE name = 'keeper'")
        database.commit()
        daemon.start()
        assert docker("ps", "-aq", "--no-trunc").stdout.split() == [other]
        assert f"container {identifier[:12]} is left out" in daemon.log
        docker("rm", "other")
        docker("system", "prune", "-f")
        daemon.stop()
        found = examine(store)
        assert "container" in kinds(found)
        assert "its row in table containers cannot be read" in str(found)
        database.execute("UPDATE containers SET record = ? WHERE name = 'keeper'", (before,))
        database.commit()
    daemon.start()
    assert docker("start", "-a", "keeper").returncode == 0
    daemon.stop()


def test_what_a_container_wrote_outlives_its_row(store: Path, daemon: Daemon, docker: Docker) -> None:
    ((identifier,),) = rows(store, "SELECT id FROM containers")
    ((number,),) = rows(store, f"SELECT number FROM snapshots WHERE key = 'container:{identifier}'")
    (store / "snapshots" / str(number) / "fs" / "written").write_text("once")
    execute(store, "UPDATE containers SET record = CAST(x'7b80' AS TEXT)")
    assert is_found_and_mended(store, "container")["sound"]
    is_sound(store)
    assert (store / "lost" / f"snapshot-{number}" / "fs" / "written").read_text() == "once"
    works(daemon, docker)


def test_a_mount_that_was_left(store: Path, daemon: Daemon, docker: Docker) -> None:
    place = store / "snapshots" / "mounted-left"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "left", str(place)], check=True)
    assert is_found_and_mended(store, "mount")["sound"]
    assert not place.exists()
    works(daemon, docker)


def test_a_database_with_a_damaged_page(store: Path, daemon: Daemon, docker: Docker) -> None:
    path = store / "metadata.db"
    ((size,),), ((page,),) = (
        rows(store, "PRAGMA page_size"),
        rows(store, "SELECT rootpage FROM sqlite_master WHERE name = 'image_names'"),
    )
    with path.open("r+b") as file:
        file.seek((int(str(page)) - 1) * int(str(size)))
        file.write(b"\xff" * int(str(size)))
    assert is_found_and_mended(store, "database")["sound"]
    assert (store / "metadata.db.damaged-1").exists()
    # What is in other pages has stayed.
    assert rows(store, "SELECT name FROM volumes") == [("precious",)]
    daemon.start()
    docker("load", stdin=docker_archive({NAME: IMAGE}))
    assert docker("start", "-a", "keeper").stdout == ""
    daemon.stop()
    is_sound(store)


def test_what_is_no_database_any_more(store: Path, daemon: Daemon, docker: Docker, api: Api) -> None:
    (store / "metadata.db").write_bytes(b"no database" * 1000)
    assert is_found_and_mended(store, "database")["sound"]
    # Volumes are what cannot be brought again; and what containers had written is aside.
    assert (store / "volumes" / "precious" / "_data" / "f").read_text() == "v\n"
    assert list((store / "lost").iterdir())
    daemon.start()
    load_image(api)
    daemon.stop()
    works(daemon, docker)


def test_the_doctor_keeps_out_while_a_daemon_is_there(daemon: Daemon) -> None:
    body = examine(daemon.data, "--repair")
    assert f"in use by the daemon with pid {daemon.pid}" in body["error"]
    assert "jupyter-containers stop" in body["error"]


def test_a_power_cut_after_a_load_is_made_good_at_the_next_start(daemon: Daemon, docker: Docker) -> None:
    """What the machine forgets: the boot that it is in, and what it had not yet written of a file."""
    docker("load", stdin=docker_archive({NAME: IMAGE}))
    daemon.kill()
    (top,) = (path for path in (daemon.data / "snapshots").glob("*/fs/top"))
    top.write_bytes(b"")
    with closing(sqlite3.connect(daemon.data / "metadata.db")) as database, database:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        other = boot[::-1]
        count = database.execute("UPDATE snapshots SET record = replace(record, ?, ?)", (boot, other)).rowcount
    assert count > 0
    daemon.start()
    assert top.read_bytes() == b"top\n"
    assert "made again" in daemon.log
    daemon.stop()
    is_sound(daemon.data)
