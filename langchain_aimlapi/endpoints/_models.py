"""Models of a kind: whether a call is for a model, and which others can do what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from functools import lru_cache

from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.advice import FRONTS
from langchain_aimlapi.catalog.facts import Facts

Able = Callable[[Facts], bool]


def check_kind(facts: Facts, kind: str, path: str, notes: Notes, catalog: Catalog) -> None:
    """Refuse a model of another kind, where the catalog knows it.

    Raises:
        UnsupportedFeatureError: names what the model is for, and models of the right kind.
    """
    if notes.policy == "send" or not facts.known or facts.kind in (None, kind):
        return
    if path in facts.shapes and {kind, facts.kind} != {"image", "3d"}:  # these two share a path
        return
    does, right = FRONTS.get(str(facts.kind), (f"is of the kind {facts.kind}", None))
    others = ", ".join(_nearest(catalog, kind, facts.id, lambda _: True)[:3])
    error = notes.impossible(
        "model", f"it {does}", (f"use {right}, or " if right else "use ") + f"a model like {others}"
    )
    error.message = f"{facts.id} {does}: it is no model for this call"
    raise error


def models_that(catalog: Catalog, kind: str, model: str, able: Able) -> str:
    """``"these do: ..."``: live models of a kind that can do something, the nearest names first;
    empty where there are none."""
    found = _nearest(catalog, kind, model, able)[:4]
    return f"these do: {', '.join(found)}" if found else ""


def nearest(catalog: Catalog, kind: str, model: str, able: Able) -> str | None:
    """The live model of a kind that can do something and has the most similar name."""
    return next(iter(_nearest(catalog, kind, model, able)), None)


def _nearest(catalog: Catalog, kind: str, model: str, able: Able) -> list[str]:
    names = [facts.id for facts in catalog.models(kind=kind) if facts.id != model and able(facts)]
    return sorted(names, key=lambda name: (-_likeness(name.lower(), model.lower()), name))


@lru_cache(maxsize=4096)
def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
