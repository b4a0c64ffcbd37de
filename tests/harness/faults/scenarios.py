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
