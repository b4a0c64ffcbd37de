"""What the catalog answers for every id, one line each, so that a changed fact shows in review."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from difflib import unified_diff

from langchain_aimlapi.catalog import Catalog, Facts, RoleFacts, Shape
from langchain_aimlapi.catalog.capabilities import REASONING_PARAMS, capabilities, preferred
from langchain_aimlapi.catalog.generate.writer import Writer
from tests.harness.paths import DATA

SNAPSHOT = DATA / "catalog.txt"
SWITCH = "AIMLAPI_WRITE_SNAPSHOTS"
# Ids that nobody knows, to see the family rules work.
STRANGERS = (
    "anthropic/claude-nova-9",
    "minimax/m9",
    "openai/gpt-9-codex",
    "openai/gpt-9",
    "somebody/something",
    "somebody/text-embedding-9",
)


def role_line(name: str, role: RoleFacts) -> str:
    """``tool:sl!`` takes strings and lists and is closed; n: null, a: absent."""
    forms = ((role.string, "s"), (role.list, "l"), (role.null, "n"), (role.absent, "a"))
    limit = f"<={role.max_parts}" if role.max_parts else ""
    return f"{name}:{''.join(c for on, c in forms if on)}{'!' if role.closed else ''}{limit}"


def shape_line(shape: Shape) -> str:
    second = f"+{shape.other.dialect}" if shape.other else ""
    roles = " ".join(role_line(name, role) for name, role in sorted(shape.roles.items()))
    return f"{shape.path} {shape.dialect}{second} [{roles}]"


# Word of the snapshot -> what the source of the preferred path says.
ORIGINS = {"whole": "read whole", "part": "in part", "rule": "in common", "docs": "2026-08-21"}


def price(facts: Facts) -> str:
    """US dollars for a million tokens in and out."""
    prices = facts.prices or {}
    figures = [prices[name] * 1e6 for name in ("input", "output") if name in prices]
    return "/".join(f"{each:.4g}" for each in figures) or "-"


def control(facts: Facts) -> str:
    """How reasoning is steered: parameter names joined by ``+``, ``inline``, or ``none``."""
    shape = preferred(facts)
    params = (shape.params if shape else None) or {}
    names = [name for name in (*REASONING_PARAMS, "thinking_budget") if name in params]
    return "+".join(names) or ("inline" if facts.thinks_inline else "none")


def digest(facts: Facts) -> str:
    """Changes with any fact, also with those that the line does not spell out."""
    writer = Writer()
    for path, shape in facts.shapes.items():
        writer.add(path, shape)
    rest = {
        each.name: sorted(held) if isinstance(held, frozenset) else held
        for each in dataclasses.fields(facts)
        if each.name != "shapes"
        for held in (getattr(facts, each.name),)
    }
    pools = [writer.shapes, writer.params.rows, writer.roles.rows, writer.parts.rows]
    return hashlib.sha256(json.dumps([rest, pools], sort_keys=True).encode()).hexdigest()[:8]


def line(facts: Facts) -> str:
    shapes = list(facts.shapes.values())
    also = ",".join(shape.path for shape in shapes[1:]) or "-"
    read = ",".join(facts.sources.get(shape.path, "rule") for shape in shapes[:1])
    origin = next((word for word, text in ORIGINS.items() if text in read), "-")
    return " | ".join(
        (
            facts.id,
            f"{facts.kind} {facts.vendor} {facts.status} {facts.context or '-'}",
            shape_line(shapes[0]) if shapes else "no path",
            f"also {also}",
            f"{origin} {price(facts)}",
            f"reasoning {control(facts)}",
            " ".join(sorted(capabilities(facts))) or "-",
            f"-> {facts.replacement}" if facts.replacement else "-",
            digest(facts),
        )
    )


def test_the_resolution_of_every_id_is_the_one_that_was_reviewed() -> None:
    catalog = Catalog.default()
    lines = [line(catalog.find(name)) for name in (*catalog.ids(), *STRANGERS)]
    text = "\n".join(lines) + "\n"
    if os.environ.get(SWITCH):
        SNAPSHOT.parent.mkdir(exist_ok=True)
        SNAPSHOT.write_text(text, encoding="utf-8")
    old = SNAPSHOT.read_text(encoding="utf-8") if SNAPSHOT.exists() else ""
    changed = list(unified_diff(old.splitlines(), text.splitlines(), "reviewed", "now", n=0))
    assert not changed, (
        f"{len(changed)} lines differ. If the change is meant, run this test once with "
        f"{SWITCH}=1 in the environment and review the difference of {SNAPSHOT.name}:\n"
        + "\n".join(changed[:40])
    )
    assert len(lines) > 900
