from __future__ import annotations

import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_containers.registry.authentication import Challenge, parse_challenges
from jupyter_containers.registry.credentials import Credentials
from jupyter_containers.registry.endpoints import ForbiddenAddress
from jupyter_containers.registry.failures import LoginRequired, RegistryRefused, RegistryUnreachable
from tests.support import tiny_image
from tests.support.registry_client import Client, pull, with_client
from tests.support.registry_server import Fault, RegistryServer

ALICE, WRONG = Credentials("alice", "pw"), Credentials("alice", "no")
USERS = {"alice": "pw"}
IMAGE = tiny_image.image(tiny_image.layer({"a": b"1"}), tiny_image.layer({"b": b"2"}))


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ("Basic", [("basic", {})]),
        ('Basic realm="x"', [("basic", {"realm": "x"})]),
        ('BEARER Realm="https://a.io/t",SERVICE="s, t",scope="repository:a:pull,push"',
         [("bearer", {"realm": "https://a.io/t", "service": "s, t", "scope": "repository:a:pull,push"})]),
        ('Bearer realm=plain , error = "invalid_token"', [("bearer", {"realm": "plain", "error": "invalid_token"})]),
        ('Basic realm="a", Bearer realm="b", service="c"', [("basic", {"realm": "a"}),
                                                            ("bearer", {"realm": "b", "service": "c"})]),
        ('Negotiate, Basic realm="q\\"uo\\\\ted"', [("negotiate", {}), ("basic", {"realm": 'q"uo\\ted'})]),
        ('Basic realm="unclosed', [("basic", {})]),
        ("=,=", []),
    ],
    ids=range(9),
)  # fmt: skip
def test_challenges_are_read_as_rfc_9110_writes_them(header: str, challenges: list[tuple[str, dict[str, str]]]) -> None:
    assert parse_challenges(header) == [Challenge(*challenge) for challenge in challenges]


@settings(deadline=None)
@given(st.text(alphabet='Basic =",\\r\ta', max_size=60))
def test_no_header_breaks_the_parser(header: str) -> None:
    parse_challenges(header)


def serve(**options: Any) -> RegistryServer:
    server = RegistryServer(users=USERS, **options)
    server.add_image("team/app", "1", IMAGE)
    return server


def token_queries(server: RegistryServer) -> list[dict[str, list[str]]]:
    return [urllib.parse.parse_qs(line.partition("?")[2]) for line in server.lines("^GET /token")]


def test_without_a_challenge_no_credentials_are_sent(tmp_path: Path) -> None:
    with serve() as server:
        pull(server, tmp_path, "team/app:1", ALICE)
        assert all("Authorization" not in seen.headers for seen in server.requests)


def test_basic_credentials_are_sent_after_a_challenge(tmp_path: Path) -> None:
    with serve(authentication="basic") as server:
        pull(server, tmp_path, "team/app:1", ALICE)
        sent = [seen.headers.get("Authorization") for seen in server.requests]
    assert sent == [None] + [ALICE.basic()] * (len(sent) - 1)


@pytest.mark.parametrize(
    ("authentication", "credentials", "text"),
    [
        ("basic", None, 'Head "http://{}/v2/team/app/manifests/1": no basic auth credentials'),
        ("basic", WRONG, "unauthorized: authentication required"),
        ("bearer", None, 'Head "http://{}/v2/team/app/manifests/1": unauthorized: incorrect username or password'),
        ("bearer", WRONG, 'Head "http://{}/v2/team/app/manifests/1": unauthorized: incorrect username or password'),
        ("bearer", Credentials(identity_token="no"),
         'Head "http://{}/v2/team/app/manifests/1": unauthorized: incorrect username or password'),
        ("bearer", Credentials(registry_token="no"), "unauthorized: authentication required"),
    ],
    ids=range(6),
)  # fmt: skip
def test_missing_and_wrong_credentials_are_reported_as_dockerd_does(
    tmp_path: Path, authentication: str, credentials: Credentials | None, text: str
) -> None:
    with serve(authentication=authentication) as server:
        with pytest.raises(LoginRequired) as caught:
            pull(server, tmp_path, "team/app:1", credentials)
        assert caught.value.message == text.format(server.address)


def test_a_wrong_password_is_not_sent_again_and_again(tmp_path: Path) -> None:
    """Registries lock accounts after some failures."""
    with serve(authentication="basic") as server:
        with pytest.raises(LoginRequired):
            pull(server, tmp_path, "team/app:1", WRONG)
        assert server.lines("/manifests/") == ["HEAD /v2/team/app/manifests/1", "GET /v2/team/app/manifests/1"]


def test_a_public_repository_needs_only_an_anonymous_token(tmp_path: Path) -> None:
    with serve(authentication="bearer", public=True) as server:
        pull(server, tmp_path, "team/app:1")
        assert token_queries(server) == [{"service": ["test registry"], "scope": ["repository:team/app:pull"]}]
        assert "Authorization" not in server.requests[1].headers


def test_one_token_serves_the_whole_pull(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        pull(server, tmp_path, "team/app:1", ALICE)
        assert token_queries(server)[0]["account"] == ["alice"]
        assert len(token_queries(server)) == 1
        (token,) = server.tokens
        sent = {seen.headers.get("Authorization") for seen in server.requests if "/team/app/" in seen.path}
    assert sent == {f"Bearer {token}"}


def test_a_token_that_is_revoked_in_mid_pull_is_renewed_once(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:

        async def use(client: Client) -> None:
            def revoke(_: object) -> None:
                if not revoked:
                    revoked.append(True)
                    server.tokens.clear()

            revoked: list[bool] = []
            await client.pull(f"{server.address}/team/app:1", ALICE, progress=revoke)

        with_client(tmp_path, use)
        assert len(token_queries(server)) == 2


def test_a_token_is_renewed_before_its_end(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.token_answer = {"expires_in": 1e-9}
        pull(server, tmp_path, "team/app:1", ALICE)
        # One to log in, then one for each request: none was sent with a token that had ended, so none came twice.
        assert len(set(server.lines("/team/app/"))) == len(server.lines("/team/app/")) == 5
        assert len(token_queries(server)) == 6


def test_a_registry_that_refuses_fresh_tokens_is_believed(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.faults.append(Fault("/manifests/", times=99, status=401))
        with pytest.raises(LoginRequired, match="unauthorized: as the test ordered"):
            pull(server, tmp_path, "team/app:1", ALICE)
        assert len(server.lines("/manifests/")) <= 4


def test_an_identity_token_is_exchanged_by_post(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.identity_tokens["refresh me"] = "alice"
        pull(server, tmp_path, "team/app:1", Credentials(identity_token="refresh me"))
        (request,) = [seen for seen in server.requests if seen.path == "/token"]
    form = urllib.parse.parse_qs(request.body.decode())
    assert request.method == "POST"
    assert form["grant_type"] == ["refresh_token"]
    assert form["scope"] == ["repository:team/app:pull"]
    assert form["service"] == ["test registry"]
    assert form["client_id"] == ["jupyter-containers"]


@pytest.mark.parametrize("status", [404, 405])
def test_a_service_that_knows_the_oauth2_way_only_is_asked_by_post(tmp_path: Path, status: int) -> None:
    with serve(authentication="bearer") as server:
        server.faults.append(Fault("GET /token", times=99, status=status))
        pull(server, tmp_path, "team/app:1", ALICE)
        asked = [seen for seen in server.requests if seen.path.startswith("/token")]
        assert [seen.method for seen in asked] == ["GET", "POST"]
        form = {name: values[0] for name, values in urllib.parse.parse_qs(asked[1].body.decode()).items()}
        assert (form["grant_type"], form["username"]) == ("password", ALICE.username)
        assert (form["password"], form["scope"]) == (ALICE.password, "repository:team/app:pull")
        assert "Authorization" not in asked[1].headers
        # Nobody asked for a token that lives for ever.
        assert "access_type" not in form
        server.tokens.clear()
        with pytest.raises(LoginRequired):
            pull(server, tmp_path, "team/app:1", Credentials(ALICE.username, "wrong"))


def test_a_registry_token_is_sent_as_it_is(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.tokens.add("ready")
        pull(server, tmp_path, "team/app:1", Credentials(registry_token="ready"))
        assert server.lines("/token") == []


def test_access_token_is_another_name_for_token(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.tokens.add("other-name")
        server.token_answer = {"token": None, "access_token": "other-name"}
        pull(server, tmp_path, "team/app:1", ALICE)


@pytest.mark.parametrize(
    ("token_answer", "said"),
    [
        ({"token": "a\r\nX-Evil: 1"}, "characters that a header cannot carry"),
        ({"token": ""}, "did not include a token"),
        ({"token": 5}, "did not include a token"),
    ],
    ids=range(3),
)
def test_a_token_that_cannot_be_sent_is_refused(tmp_path: Path, token_answer: dict[str, Any], said: str) -> None:
    with serve(authentication="bearer") as server:
        server.token_answer = token_answer
        with pytest.raises(RegistryRefused, match=said):
            pull(server, tmp_path, "team/app:1", ALICE)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>"])
def test_an_answer_that_is_no_token_is_refused(tmp_path: Path, body: bytes) -> None:
    with serve(authentication="bearer") as server:
        server.faults.append(Fault("/token", status=200, body=body))
        with pytest.raises(RegistryRefused, match=f"authorization server {server.address} did not answer with a JSON"):
            pull(server, tmp_path, "team/app:1", ALICE)


def test_a_huge_token_answer_is_not_read_to_its_end(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.faults.append(Fault("/token", status=200, body=b" " * (2 << 20)))
        with pytest.raises(RegistryRefused, match="over the limit of 1048576 bytes"):
            pull(server, tmp_path, "team/app:1", ALICE)


def test_a_token_service_that_fails_for_a_moment_is_asked_again(tmp_path: Path) -> None:
    with serve(authentication="bearer") as server:
        server.faults.append(Fault("/token", times=3, status=503))
        pull(server, tmp_path, "team/app:1", ALICE)
        server.faults.append(Fault("/token", times=4, status=503))
        with pytest.raises(RegistryUnreachable, match="unknown: as the test ordered"):
            pull(server, tmp_path, "team/app:1", ALICE)


@pytest.mark.parametrize("realm", ["file:///etc/passwd", "/token", "http://auth.example/token"])
def test_credentials_are_not_sent_to_a_realm_that_is_not_safe(tmp_path: Path, realm: str) -> None:
    with serve(authentication="bearer") as server:
        server.realm = realm
        with pytest.raises(ForbiddenAddress, match="registry points to"):
            pull(server, tmp_path, "team/app:1", ALICE)


def test_two_pulls_do_not_share_credentials(tmp_path: Path) -> None:
    with serve(authentication="basic") as server:

        async def use(client: Client) -> None:
            await client.pull(f"{server.address}/team/app:1", ALICE)
            with pytest.raises(LoginRequired):
                await client.pull(f"{server.address}/team/app:1")

        with_client(tmp_path, use)
