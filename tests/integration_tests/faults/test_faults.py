"""Every scenario, with every kind of call that it applies to.

`make test` plays one scenario of each family; the rest of the table, and the table over aiohttp,
are played by `make test-all`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.faults.cases import CALLS, Call, Scenario
from tests.harness.faults.raw_server import Hub
from tests.harness.faults.runner import play, quick_retries
from tests.harness.faults.scenarios import SAMPLE, SCENARIOS

RUNS = [
    pytest.param(
        scenario,
        call,
        id=f"{scenario.id}-{call}",
        marks=() if scenario in SAMPLE else pytest.mark.table,
    )
    for scenario in SCENARIOS
    for call in CALLS
    if scenario.case(call) is not None
]


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as running, quick_retries():
        yield running


@pytest.mark.parametrize(("scenario", "call"), RUNS)
def test_call_ends_as_required(hub: Hub, scenario: Scenario, call: Call) -> None:
    result = play(hub, scenario, call)
    assert not result.problems, "\n".join(result.problems)


# aiohttp refuses what it cannot read before it shows what came along in the same packet. Nothing
# has arrived then, so the request is repeated; the packets of the next answer may be cut otherwise.
REFUSED_BY_AIOHTTP = {
    "transfer: the length twice, the same",
    "ends well: [DONE], then a broken chunk size",
    "ends well: finish reason, then a broken chunk size",
    "ends well: usage, then a broken chunk size",
    "ends badly: a broken chunk size",
}


@pytest.mark.table
@pytest.mark.parametrize(
    ("scenario", "call"), [run for run in RUNS if str(run.values[1]).startswith("a")]
)
def test_call_over_aiohttp_ends_as_required(hub: Hub, scenario: Scenario, call: Call) -> None:
    result = play(hub, scenario, call, async_transport="aiohttp")
    problems = "\n".join(result.problems)
    refused = scenario.id in REFUSED_BY_AIOHTTP and (
        "raised APIConnectionError" in problems or problems.endswith("requests were sent, not 1")
    )
    assert refused or not problems, problems


def test_every_scenario_has_a_name_of_its_own() -> None:
    assert len({scenario.id for scenario in SCENARIOS}) == len(SCENARIOS)


def test_the_sample_holds_every_family() -> None:
    assert {scenario.family for scenario in SAMPLE} == {scenario.family for scenario in SCENARIOS}


def test_every_scenario_is_played_in_both_colours() -> None:
    for scenario in SCENARIOS:
        assert scenario.case("invoke") is scenario.case("ainvoke")
        assert scenario.case("stream") is scenario.case("astream")
        assert scenario.case("invoke") or scenario.case("stream"), scenario.id
