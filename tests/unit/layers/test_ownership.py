from __future__ import annotations

import pytest

from jupyter_containers.layers.member import InvalidLayer
from jupyter_containers.layers.ownership import EXACT, Shifted, Squashed
from jupyter_containers.oci.runtime_spec import IdMap

SHIFTED = Shifted((IdMap(0, 1000, 1), IdMap(1, 100_000, 65_536)), (IdMap(0, 1000, 1), IdMap(1, 200_000, 65_536)))


def test_exact_changes_nothing() -> None:
    assert EXACT.on_disk(5, 6) == EXACT.in_layer(5, 6) == (5, 6)


def test_shifted_goes_there_and_back() -> None:
    assert SHIFTED.on_disk(0, 33) == (1000, 200_032)
    assert SHIFTED.in_layer(*SHIFTED.on_disk(33, 0)) == (33, 0)


def test_an_id_without_a_place_in_the_map_is_refused() -> None:
    with pytest.raises(InvalidLayer, match="70000 of the layer"):
        SHIFTED.on_disk(70_000, 0)
    with pytest.raises(InvalidLayer, match="on disk"):
        SHIFTED.in_layer(0, 0)


def test_the_last_id_of_a_map_has_its_place_and_the_next_has_none() -> None:
    assert SHIFTED.on_disk(65_536, 65_536) == (165_535, 265_535)
    assert SHIFTED.in_layer(165_535, 265_535) == (65_536, 65_536)
    for uid, gid, what in ((65_537, 0, "uid 65537"), (0, 65_537, "gid 65537")):
        with pytest.raises(InvalidLayer, match=f"^{what} of the layer has no place"):
            SHIFTED.on_disk(uid, gid)
    for uid, gid, what in ((165_536, 1000, "uid 165536"), (1000, 199_999, "gid 199999")):
        with pytest.raises(InvalidLayer, match=f"^{what} on disk has no place"):
            SHIFTED.in_layer(uid, gid)


def test_squashed_knows_one_owner() -> None:
    assert Squashed(1000, 1001).on_disk(0, 33) == (1000, 1001)
    assert Squashed(1000, 1001).in_layer(1000, 1001) == (0, 0)
