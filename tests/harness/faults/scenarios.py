"""Every scenario of the suite, in the order of the table."""

from __future__ import annotations

from .cases import Scenario
from .families import (
    body_shape,
    chunk_shape,
    connection,
    endings,
    error_bodies,
    framing,
    headers,
    no_answer,
    redirects,
    size,
    status,
    stream_errors,
    tool_fragments,
    transfer,
    usage,
)

FAMILIES = (
    status.FAMILY,
    error_bodies.FAMILY,
    no_answer.FAMILY,
    body_shape.FAMILY,
    transfer.FAMILY,
    redirects.FAMILY,
    connection.FAMILY,
    framing.FAMILY,
    endings.WELL,
    endings.BADLY,
    endings.SILENT,
    stream_errors.FAMILY,
    chunk_shape.FAMILY,
    usage.FAMILY,
    tool_fragments.FAMILY,
    size.FAMILY,
    headers.FAMILY,
)


SCENARIOS: tuple[Scenario, ...] = tuple(
    scenario for family in FAMILIES for scenario in family.scenarios
)


def _sample() -> tuple[Scenario, ...]:
    """One scenario of each family, one with a whole and a streamed half where there is one."""
    chosen: dict[str, Scenario] = {}
    for scenario in sorted(SCENARIOS, key=lambda s: s.whole is None or s.streamed is None):
        chosen.setdefault(scenario.family, scenario)
    return tuple(chosen.values())


SAMPLE = _sample()
"""What `make test` plays."""
