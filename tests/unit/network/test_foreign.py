from __future__ import annotations

from jupyter_containers.network.foreign import Verdict


def test_nothing_in_the_way_is_no_sentence() -> None:
    assert not Verdict()
    assert Verdict().sentence() == ""


def test_the_sentence_names_the_table_the_loss_and_the_remedy() -> None:
    sentence = Verdict(("table ip filter",), ("jc0",)).sentence()
    assert "(table ip filter) drops" in sentence
    assert "containers on jc0 cannot reach the outside;" in sentence
    assert sentence.endswith("iptables -I FORWARD -i jc0 -j ACCEPT && iptables -I FORWARD -o jc0 -j ACCEPT")


def test_docker_has_a_chain_for_such_rules() -> None:
    assert "-I DOCKER-USER -i jc0" in Verdict(("table ip filter",), ("jc0",), has_docker_user=True).sentence()


def test_filtered_bridges_cut_containers_off_from_each_other() -> None:
    assert "the outside or each other" in Verdict(("table ip filter",), ("jc0",), bridged=True).sentence()


def test_every_bridge_that_is_shut_is_named() -> None:
    sentence = Verdict(("table ip filter",), ("jc0", "jcb1")).sentence()
    assert "containers on jc0, jcb1 cannot reach the outside;" in sentence
    assert "-o jc0 -j ACCEPT && iptables -I FORWARD -i jcb1" in sentence
