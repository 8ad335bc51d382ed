"""Settings: flags, the file, both, and what is wrong with them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jupyter_containers.api.tls import TlsFiles
from jupyter_containers.daemon.configuration import configure
from jupyter_containers.errors import InvalidParameter


def settings_file(folder: Path, **settings: object) -> str:
    path = folder / "daemon.json"
    path.write_text(json.dumps(settings))
    return str(path)


def test_flags_are_named_as_dockerd_names_them(tmp_path: Path) -> None:
    file = settings_file(tmp_path)
    configuration = configure(
        ["-H", "unix:///a.sock", "-H", "unix:///b.sock", "--data-root", "/d", "--exec-root", "/e", "--pidfile", "/p",
         "--group", "users", "--debug", "--insecure-registry", "reg:5000",
         "--allow-nondistributable-artifacts", "own:5000", "--config-file", file]
    )  # fmt: skip
    assert configuration.hosts == ("unix:///a.sock", "unix:///b.sock")
    assert (str(configuration.places.data), str(configuration.places.run)) == ("/d", "/e")
    assert (str(configuration.pidfile), configuration.group, configuration.log_level) == ("/p", "users", "debug")
    assert configuration.insecure_registries == ("reg:5000",)
    assert configuration.nondistributable == ("own:5000",)


def test_the_socket_is_in_the_exec_root_unless_said_otherwise(tmp_path: Path) -> None:
    configuration = configure(["--exec-root", "/e", "--config-file", settings_file(tmp_path)])
    assert configuration.hosts == ("unix:///e/daemon.sock",)


def test_the_file_has_the_same_names(tmp_path: Path) -> None:
    file = settings_file(tmp_path, **{"data-root": "/from-file", "log-level": "warn", "hosts": ["unix:///f.sock"]})
    configuration = configure(["--config-file", file])
    assert str(configuration.places.data) == "/from-file"
    assert (configuration.log_level, configuration.hosts) == ("warn", ("unix:///f.sock",))


def test_a_setting_in_both_places_is_refused(tmp_path: Path) -> None:
    file = settings_file(tmp_path, **{"data-root": "/x"})
    with pytest.raises(InvalidParameter, match="data-root"):
        configure(["--config-file", file, "--data-root", "/y"])


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"colour": 1}, "colour"), ({"hosts": "unix:///x"}, "hosts"), ({"debug": "yes"}, "debug"),
     ({"log-level": "loud"}, "loud"), ({"hosts": [1]}, "hosts")],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path: Path, settings: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidParameter, match=named):
        configure(["--config-file", settings_file(tmp_path, **settings)])


def test_a_file_that_is_asked_for_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter, match=r"absent\.json"):
        configure(["--config-file", str(tmp_path / "absent.json")])


def test_a_number_of_attempts_below_one_is_refused() -> None:
    assert configure([]).max_download_attempts == 5
    assert configure(["--max-download-attempts", "2"]).max_download_attempts == 2
    with pytest.raises(InvalidParameter, match="max-download-attempts must be 1 or more, not 0"):
        configure(["--max-download-attempts", "0"])


def test_tcp_is_guarded_by_client_certificates_found_where_docker_has_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_CERT_PATH", "/certificates")
    file = settings_file(tmp_path, tlsverify=True, hosts=["tcp://0.0.0.0:2376"], tlskey="/k.pem")
    tls = configure(["--config-file", file]).protection.tls
    assert tls == TlsFiles(Path("/certificates/ca.pem"), Path("/certificates/cert.pem"), Path("/k.pem"))
    monkeypatch.delenv("DOCKER_CERT_PATH")
    monkeypatch.setenv("HOME", "/home/x")
    tls = configure(["--tlsverify", "--config-file", settings_file(tmp_path)]).protection.tls
    assert tls is not None
    assert tls.authority == Path("/home/x/.docker/ca.pem")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-H", "tcp://127.0.0.1:2375"], "without TLS"),
        (["-H", "tcp://127.0.0.1:2375", "--tls"], "tls without tlsverify"),
        (["--tlscert", "/c"], "tlscert without tlsverify"),
        (["--tlsverify", "--insecure-tcp"], "exclude each other"),
        (["-H", "tcp://0.0.0.0:2375", "--insecure-tcp"], "0.0.0.0"),
        (["-H", "http://x"], "http://x"),
    ],
)
def test_unguarded_tcp_is_refused_before_anything_begins(tmp_path: Path, flags: list[str], said: str) -> None:
    with pytest.raises(InvalidParameter, match=re.escape(said)):
        configure([*flags, "--config-file", settings_file(tmp_path)])


def test_insecure_tcp_is_warned_of(tmp_path: Path) -> None:
    file = settings_file(tmp_path, **{"insecure-tcp": True})
    configuration = configure(["-H", "unix:///x", "-H", "tcp://localhost:2375", "--config-file", file])
    (warning,) = configuration.warnings()
    assert warning.startswith("WARNING: API is accessible on http://localhost:2375 without encryption")
    assert configure(["--config-file", file]).warnings() == ()


def test_mirrors_are_urls_of_hosts(tmp_path: Path) -> None:
    words = ["--registry-mirror", "https://m.example", "--registry-mirror", "http://127.0.0.1:5000/"]
    assert configure(words).registry_mirrors == ("https://m.example/", "http://127.0.0.1:5000/")
    for wrong in (
        "m.example",
        "ftp://m.example",
        "https://m.example/path",
        "https://m.example/?q",
        "https://a@m.example",
        "https://[m.example",
        "https://m.example:99999",
    ):
        with pytest.raises(InvalidParameter, match="invalid mirror"):
            configure(["--registry-mirror", wrong])


def test_a_mirror_may_be_of_another_registry() -> None:
    words = ["--registry-mirror", "h.io:5000=https://m.example", "--registry-mirror", "docker.io=https://hub.example"]
    assert configure(words).registry_mirrors == ("h.io:5000=https://m.example/", "https://hub.example/")
    for wrong in (
        "=https://m.example",
        "no-host=https://m.example",
        "h.io=",
        "h.io=m.example",
        "h.io=https://m.example/x",
    ):
        with pytest.raises(InvalidParameter, match="invalid mirror"):
            configure(["--registry-mirror", wrong])
