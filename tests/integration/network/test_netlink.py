from __future__ import annotations

import errno

import pytest
from pyroute2.netlink.rtnl import RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from jupyter_containers.network.netlink import NLM_F_CREATE, NLM_F_EXCL, Netlink
from tests.support.lone_host import UPLINK, LoneHost
from tests.support.namespace import Namespace

pytestmark = pytest.mark.needs("root")


def named(name: str, *attributes: tuple[str, object]) -> object:
    message = ifinfmsg()
    message["attrs"] = [("IFLA_IFNAME", name), *attributes]
    return message


def bridge(name: str) -> object:
    return named(name, ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "bridge")]}))


def names(netlink: Netlink) -> set[str]:
    return {link.get_attr("IFLA_IFNAME") for link in netlink.dump("links", ifinfmsg(), RTM_GETLINK)}


def test_a_dump_has_all_and_get_has_one(host: LoneHost) -> None:
    with Netlink.route() as route:
        assert {"lo", UPLINK} <= names(route)
        assert route.get("link", named("lo"), RTM_GETLINK)["index"] == 1


def test_a_dump_larger_than_one_buffer_is_whole(host: LoneHost) -> None:
    with Netlink.route() as route:
        wanted = {f"b{number}" for number in range(60)}
        route.change("bridges", *((bridge(name), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL) for name in wanted))
        assert wanted <= names(route)


def test_what_is_missing_is_an_oserror_with_the_name_of_the_request(host: LoneHost) -> None:
    with Netlink.route() as route, pytest.raises(OSError, match="netlink link nothere: No such device") as failure:
        route.get("link nothere", named("nothere"), RTM_GETLINK)
    assert failure.value.errno == errno.ENODEV


def test_the_first_failure_of_several_requests_is_told_and_the_others_are_done(host: LoneHost) -> None:
    with Netlink.route() as route:
        with pytest.raises(OSError, match="netlink two links: File exists"):
            route.change(
                "two links",
                (bridge("lo"), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL),
                (bridge("b0"), RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL),
            )
        assert "b0" in names(route)


def test_more_answers_than_a_socket_holds_are_a_failure_and_not_a_wait_for_ever(host: LoneHost) -> None:
    with Namespace() as other:
        # One of the usual size: as the container's is.
        inside = Netlink(other.netlink)
        missing = [(named(f"x{number}"), RTM_DELLINK, 0) for number in range(1000)]
        with pytest.raises(OSError, match="netlink remove many: ") as failure:
            inside.change("remove many", *missing)
        assert failure.value.errno == errno.ENODEV
        made = [(bridge("b0"), RTM_NEWLINK, NLM_F_CREATE) for _ in range(1000)]
        with pytest.raises(OSError, match="answered more than the socket could hold"):
            inside.change("make many", *made)
        assert "b0" in names(inside), "the next conversation is not disturbed"
        inside.change("remove one", (named("b0"), RTM_DELLINK, 0))


def test_the_words_of_the_kernel_are_passed_on(host: LoneHost) -> None:
    unknown = named("x0", ("IFLA_LINKINFO", {"attrs": [("IFLA_INFO_KIND", "nonsense")]}))
    with Netlink.route() as route, pytest.raises(OSError, match=r"\(Unknown device type\)"):
        route.change("new link", (unknown, RTM_NEWLINK, NLM_F_CREATE))


def test_a_socket_from_another_namespace_speaks_of_that_one_and_stays_open(host: LoneHost) -> None:
    with Namespace() as other:
        with Netlink(other.netlink) as inside:
            assert names(inside) == {"lo"}
        assert other.netlink.fileno() >= 0
