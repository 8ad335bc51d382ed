"""Tests of compose.executing."""

from __future__ import annotations

import threading

import pytest

from jupyter_containers.client import Client
from jupyter_containers.compose.executing import Began, Done, Executor, Failed
from jupyter_containers.compose.model import Network
from jupyter_containers.compose.observing import observe
from jupyter_containers.compose.operations import CreateContainer, CreateNetwork, RecreateContainer, RemoveNetwork
from jupyter_containers.errors import Conflict, ContainersError, NotFound
from tests.integration.compose.conftest import Compose
from tests.support.compose_files import project

FILE = "services: {a: {image: busybox, command: sleep 600, stop_grace_period: 0s}}"


@pytest.fixture
def told() -> list[object]:
    return []


def executor(client: Client, told: list[object], text: str = FILE) -> Executor:
    shop = project(text)
    return Executor(client, shop, observe(client, shop.name), told.append)


def test_networks_have_what_the_file_says(compose: Compose, client: Client, told: list[object]) -> None:
    settings = {"internal": True, "labels": {"a": "1"}, "ipam": {"config": [{"subnet": "10.213.7.0/24"}]}}
    network = CreateNetwork(Network("n", "shop_n", definition=settings))
    executor(client, told).carry_out((network,))
    found = client.networks.inspect("shop_n")
    assert found["Internal"] is True
    assert found["IPAM"]["Config"][0]["Subnet"] == "10.213.7.0/24"
    assert {"a": "1", "com.docker.compose.network": "n"}.items() <= found["Labels"].items()
    assert told == [Began(network), Done(network)]
    executor(client, told).carry_out((RemoveNetwork("shop_n"), RemoveNetwork("shop_n")))
    with pytest.raises(NotFound):
        client.networks.inspect("shop_n")


def test_what_fails_says_what_was_being_done(compose: Compose, client: Client, told: list[object]) -> None:
    text = FILE.replace("busybox", "nobody/has/this")
    shop = project(text)
    create = CreateContainer(shop.services["a"], 1, "shop-a-1")
    with pytest.raises(NotFound) as caught:
        executor(client, told, text).carry_out((create,))
    assert caught.value.__notes__ == ["while it was to create container shop-a-1"]
    assert isinstance(told[-1], Failed)


def test_a_container_that_cannot_be_made_anew_stays(compose: Compose, client: Client, told: list[object]) -> None:
    compose("up", "-d", body=FILE)
    (before,) = observe(client, "shop").of("a")
    text = FILE.replace("sleep 600", "sleep 1").replace("stop_grace", "secrets: [s], stop_grace") + (
        "\nsecrets: {s: {environment: S}}"
    )
    shop = project(text.replace("busybox, ", "busybox, read_only: true, "), variables={"S": "x"})
    operation = RecreateContainer(shop.services["a"], 1, "shop-a-1", before, "x")
    # Nothing can be written into a container whose root is read-only: the new one is made, and fails.
    with pytest.raises(ContainersError):
        Executor(client, shop, observe(client, "shop"), told.append).carry_out((
            CreateNetwork(shop.networks["default"]), operation,
        ))  # fmt: skip
    assert [one.id for one in client.containers.list(every=True) if "shop" in one.name] == [before.id]
    assert client.containers.inspect(before.id)["State"]["Running"] is True


def test_files_that_are_written_leave_the_folders_above_as_they_are(compose: Compose) -> None:
    compose("up", "-d", body="""
services:
  a:
    image: busybox
    command: sleep 600
    stop_grace_period: 0s
    configs: [{source: c, target: /tmp/c}, {source: c, target: /root/new/er/c}]
configs: {c: {content: hello}}
""")  # fmt: skip
    assert compose("exec", "a", "cat", "/tmp/c", "/root/new/er/c").stdout == "hellohello"
    modes = compose("exec", "a", "stat", "-c", "%n %a %u", "/tmp", "/root/new/er").stdout
    assert modes == "/tmp 1777 0\n/root/new/er 755 0\n"


def test_a_name_that_is_taken_costs_no_container(compose: Compose, client: Client, told: list[object]) -> None:
    compose("up", "-d", "--scale", "a=2", body=FILE)
    before, other = observe(client, "shop").of("a")
    shop = project(FILE.replace("busybox, ", f"busybox, container_name: {other.name}, "))
    operation = RecreateContainer(shop.services["a"], 1, other.name, before, "x")
    with pytest.raises(Conflict):
        Executor(client, shop, observe(client, "shop"), told.append).carry_out((operation,))
    assert [(one.id, one.state) for one in observe(client, "shop").of("a")] == [
        (before.id, "running"), (other.id, "running"),
    ]  # fmt: skip


def test_what_has_replaced_another_stays_though_it_gets_no_name(
    compose: Compose, client: Client, told: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Conflict("somebody was faster")

    text = FILE.replace("sleep 600", "sleep 601").replace("busybox, ", "busybox, volumes: [/nameless], ")
    compose("up", "-d", body=text.replace("601", "600"))
    compose("exec", "a", "touch", "/nameless/x")
    with monkeypatch.context() as patched:
        patched.setattr(client.containers, "rename", fail)
        with pytest.raises(Conflict, match="somebody was faster"):
            compose("up", "-d", body=text)
    compose("up", "-d", body=text)
    assert compose("exec", "a", "ls", "/nameless").stdout == "x\n"


def test_interrupted_what_has_replaced_another_stays(compose: Compose, client: Client) -> None:
    compose("up", "-d", body=FILE)
    (before,) = observe(client, "shop").of("a")
    shop = project(FILE.replace("sleep 600", "sleep 601"))
    run = Executor(client, shop, observe(client, "shop"), lambda _: None)
    run.carry_out((RecreateContainer(shop.services["a"], 1, "shop-a-1", before, "x"),))
    assert run.made == {}
    (after,) = observe(client, "shop").of("a")
    assert (after.name, after.state, after.id != before.id) == ("shop-a-1", "created", True)


def test_interrupted_while_containers_are_made_none_is_left(compose: Compose, client: Client) -> None:
    made = threading.Event()

    def check() -> None:
        if made.is_set():
            raise KeyboardInterrupt

    def tell(event: object) -> None:
        if isinstance(event, Done) and isinstance(event.operation, CreateContainer):
            made.set()

    compose("up", "--no-start", body=FILE)
    compose("rm", "-f")
    shop = project(FILE.replace("services: {", "services: {b: {image: busybox}, "))
    run = Executor(client, shop, observe(client, "shop"), tell, check)
    with pytest.raises(KeyboardInterrupt):
        run.carry_out((
            CreateContainer(shop.services["a"], 1, "shop-a-1"), CreateContainer(shop.services["b"], 1, "shop-b-1"),
        ))  # fmt: skip
    assert list(run.made) == ["shop-a-1"]
