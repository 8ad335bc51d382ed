from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from jupyter_containers.errors import InvalidParameter
from jupyter_containers.registry.credentials import (
    HUB_KEY,
    Credentials,
    domain_of,
    from_config_header,
    from_header,
)


def encoded(data: Any, *, padded: bool = True, standard: bool = False) -> str:
    encode = base64.b64encode if standard else base64.urlsafe_b64encode
    text = encode(json.dumps(data).encode()).decode()
    return text if padded else text.rstrip("=")


# Its base64 has characters that the two alphabets spell differently, and needs padding.
LOGIN = {"username": "älice?>", "password": "pä??>>ss:word", "serveraddress": "h.io"}


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("standard", [True, False])
def test_every_spelling_of_the_header_is_read(padded: bool, standard: bool) -> None:
    credentials = from_header(encoded(LOGIN, padded=padded, standard=standard))
    assert credentials == Credentials("älice?>", "pä??>>ss:word", server_address="h.io")


@pytest.mark.parametrize("text", [None, "", "null", encoded({}), encoded(None), encoded({"serveraddress": "h.io"})])
def test_no_credentials_are_none(text: str | None) -> None:
    assert from_header(text) is None


@pytest.mark.parametrize(
    "text",
    ["garbage!", "ä", "AAAA", encoded([]), encoded("x"), encoded({"username": 1}), "A" * 70_000],
    ids=range(7),
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameter):
        from_header(text)


def test_tokens_are_read() -> None:
    assert from_header(encoded({"identitytoken": "t"})) == Credentials(identity_token="t")
    assert from_header(encoded({"registrytoken": "t"})) == Credentials(registry_token="t")


def test_a_helpers_token_user_means_an_identity_token() -> None:
    assert from_header(encoded({"username": "<token>", "password": "t"})) == Credentials(identity_token="t")


def test_the_old_auth_field_is_split_at_its_first_colon() -> None:
    auth = base64.b64encode(b"alice:a:b").decode()
    assert from_header(encoded({"auth": auth})) == Credentials("alice", "a:b")
    for wrong in ("%%%", base64.b64encode(b"no colon").decode(), base64.b64encode(b"\xff:\xff").decode()):
        with pytest.raises(InvalidParameter, match="field auth"):
            from_header(encoded({"auth": wrong}))


def test_no_secret_is_ever_printed() -> None:
    shown = repr(Credentials("alice", "secret-1", "secret-2", "secret-3"))
    assert "alice" in shown
    assert "secret" not in shown


def test_basic_is_base64_of_name_and_password() -> None:
    assert Credentials("Aladdin", "open sesame").basic() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    with pytest.raises(InvalidParameter, match="contains a colon"):
        Credentials("a:b", "c").basic()


def test_the_configuration_of_a_build_is_a_map_by_domain() -> None:
    found = from_config_header(
        encoded({HUB_KEY: {"username": "hub"}, "h.io:5000": {"username": "h"}, "empty.io": {}, "odd": 5})
    )
    assert found == {"docker.io": Credentials("hub"), "h.io:5000": Credentials("h")}
    assert from_config_header(None) == {}


@pytest.mark.parametrize(
    ("key", "domain"),
    [
        (HUB_KEY, "docker.io"),
        ("index.docker.io", "docker.io"),
        ("docker.io", "docker.io"),
        ("registry-1.docker.io", "docker.io"),
        ("https://h.io/v2/", "h.io"),
        ("http://h.io:5000", "h.io:5000"),
        ("[::1]:5000", "[::1]:5000"),
    ],
)
def test_keys_are_about_domains(key: str, domain: str) -> None:
    assert domain_of(key) == domain
