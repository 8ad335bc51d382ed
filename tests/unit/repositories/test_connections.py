"""Tests of repositories.connections: where a server may lead, and how much it may say."""

from __future__ import annotations

import io
import shlex

import pytest

from jupyter_containers.errors import Forbidden, InvalidParameter, Unsupported
from jupyter_containers.repositories.access import Access
from jupyter_containers.repositories.connections import (
    MAX_TALK_BYTES,
    Meter,
    check_redirect,
    client_for,
    origin_of,
    quoted,
)


@pytest.mark.parametrize("url", ["file:///etc", "ext+sh://x", "ftp://h/x.git"])
def test_what_is_not_web_or_git_is_refused(url: str) -> None:
    with pytest.raises(Unsupported, match="use its https address, with a token"):
        client_for(url, Access(), lambda _: None)


def test_no_server_may_send_us_elsewhere_for_packs() -> None:
    for url in ("https://h/x.git", "git://h/x.git"):
        client, _, meter = client_for(url, Access(), lambda _: None)
        assert not [word for word in client._fetch_capabilities if word.startswith(b"packfile-uris")]
        meter.close()


def test_a_redirect_neither_loses_tls_nor_leads_to_this_machine() -> None:
    check_redirect("https://a/x", "https://b/x")
    check_redirect("http://a/x", "https://a/x")
    check_redirect("http://127.0.0.1:1/x", "http://localhost:2/x")
    with pytest.raises(Forbidden, match="which is not https"):
        check_redirect("https://a/x", "http://a/x")
    for address in ("http://127.0.0.1/x", "http://localhost/x", "http://[::1]/x", "http://a.localhost:1/", "http://0/"):
        with pytest.raises(Forbidden, match="which is this machine"):
            check_redirect("http://a/x", address)


def test_an_origin_is_scheme_and_host() -> None:
    assert origin_of("https://u:p@H:1/x") == ("https", "h:1")


def test_a_server_that_talks_for_ever_is_left() -> None:
    meter = Meter()
    read = meter.metered(io.BytesIO(bytes(MAX_TALK_BYTES + 10)).read)
    assert len(read(MAX_TALK_BYTES)) == MAX_TALK_BYTES
    with pytest.raises(InvalidParameter, match="says more than"):
        read(1)
    meter.in_pack = True
    assert read(5) == bytes(5)


def test_a_path_is_quoted_as_git_quotes_it() -> None:
    assert quoted("/a b") == "'/a b'"
    assert shlex.split(quoted("x';touch y;'")) == ["x';touch y;'"]
    assert quoted("a'b!") == r"'a'\''b'\!''"
