"""Every scenario, with every kind of call that it applies to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .cases import CALLS, Call, Scenario
from .raw_server import Hub
from .runner import play, quick_retries
from .scenarios import SCENARIOS

RUNS = [
    pytest.param(scenario, call, id=f"{scenario.id}-{call}")
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


def test_suite_holds_at_least_160_scenarios_with_names_of_their_own() -> None:
    names = {scenario.id for scenario in SCENARIOS}
    assert len(names) == len(SCENARIOS) >= 160


def test_every_scenario_is_played_in_both_colours() -> None:
    for scenario in SCENARIOS:
        assert scenario.case("invoke") is scenario.case("ainvoke")
        assert scenario.case("stream") is scenario.case("astream")
        assert scenario.case("invoke") or scenario.case("stream"), scenario.id
