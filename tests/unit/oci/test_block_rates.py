"""The limits of single disks and the runtime spec's words for them."""

from __future__ import annotations

from jupyter_containers.oci.block_rates import (
    NO_RATES,
    BlockRate,
    BlockRates,
    block_rates_from_json,
    block_rates_to_json,
)


def test_each_kind_has_its_own_place() -> None:
    rates = BlockRates(*((BlockRate(8, number, number),) for number in range(5)))
    data = block_rates_to_json(rates)
    assert data == {
        "weightDevice": [{"major": 8, "minor": 0, "weight": 0}],
        "throttleReadBpsDevice": [{"major": 8, "minor": 1, "rate": 1}],
        "throttleWriteBpsDevice": [{"major": 8, "minor": 2, "rate": 2}],
        "throttleReadIOPSDevice": [{"major": 8, "minor": 3, "rate": 3}],
        "throttleWriteIOPSDevice": [{"major": 8, "minor": 4, "rate": 4}],
    }
    assert block_rates_from_json(data) == rates


def test_none_is_nothing() -> None:
    assert block_rates_to_json(NO_RATES) == {}
    assert block_rates_from_json({}) == NO_RATES
