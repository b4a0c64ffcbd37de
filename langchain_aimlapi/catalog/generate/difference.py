"""Two catalog documents compared, for a person who reviews the change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from langchain_aimlapi.catalog.codec import Reader
from langchain_aimlapi.catalog.facts import Param, Shape

Row = Mapping[str, Any]
"""A model of the document, or the document."""

SERVED = ("listed", "documented")
LONGEST = 60
"""Ids of one line; the others are counted."""


def describe(old: Row, new: Row) -> str:
    """The difference as Markdown: ids added, ended and gone, parameters, prices and limits that
    changed; ids that changed alike stand together."""
    before, after = old.get("models", {}), new.get("models", {})
    added = [name for name in after if name not in before]
    gone = [name for name in before if name not in after and name not in new.get("aliases", {})]
    both = [name for name in after if name in before]
    ended = [n for n in both if _served(before[n]) and not _served(after[n])]
    sections = [
        ("Added", [_with_kind(name, after[name]) for name in added]),
        ("Ended", [_with_ending(name, after[name]) for name in ended]),
        ("Gone from every list", [f"`{name}`" for name in gone]),
        ("Served again", [f"`{n}`" for n in both if not _served(before[n]) and _served(after[n])]),
        ("Requests that changed", list(_changed_shapes(old, new, both))),
        ("Facts that changed", list(_changed_facts(before, after, both))),
    ]
    lines = [f"# Catalog: {old.get('date')} -> {new.get('date')}", ""]
    for title, items in sections:
        if items:
            lines += [f"## {title} ({len(items)})", "", *(f"- {item}" for item in items), ""]
    return "\n".join(lines if len(lines) > 2 else [*lines, "Nothing changed.", ""])


def _served(row: Row) -> bool:
    return row.get("status") in SERVED


def _with_kind(name: str, row: Row) -> str:
    return f"`{name}` ({row.get('kind') or 'no kind'})"


def _with_ending(name: str, row: Row) -> str:
    when = f" on {row['shutdown_at']}" if row.get("shutdown_at") else ""
    instead = f", use `{row['replacement']}`" if row.get("replacement") else ""
    return f"`{name}`: {row.get('status')}{when}{instead}"


def _changed_shapes(old: Row, new: Row, names: Iterable[str]) -> Iterator[str]:
    readers = Reader(old), Reader(new)
    by_change: dict[str, list[str]] = {}
    for name in sorted(names):
        before, after = (
            {shape.path: shape for shape in map(reader.shape, row.get("shapes", ()))}
            for reader, row in zip(readers, (old["models"][name], new["models"][name]), strict=True)
        )
        for path in sorted({*before, *after}):
            for change in _shape_changes(before.get(path), after.get(path)):
                by_change.setdefault(f"{path}: {change}", []).append(name)
    for change, changed in sorted(by_change.items()):
        yield f"{change} — {_names(changed)}"


def _shape_changes(old: Shape | None, new: Shape | None) -> Iterator[str]:
    if old is None or new is None:
        yield "no longer served there" if new is None else "served there now"
        return
    if old.params is not None and new.params is not None:
        yield from _set_changes("parameter", set(old.params), set(new.params))
        for name in sorted(set(old.params) & set(new.params)):
            if old.params[name] != new.params[name]:
                yield f"parameter `{name}` {_param(old.params[name])} -> {_param(new.params[name])}"
    yield from _set_changes("role", set(old.roles), set(new.roles))
    yield from _set_changes("tool form", set(old.tools or ()), set(new.tools or ()))
    yield from _set_changes(
        "answer format", set(old.response_formats or ()), set(new.response_formats or ())
    )
    for role in sorted(set(old.roles) & set(new.roles)):
        if old.roles[role] != new.roles[role]:
            yield f"what a {role} message may hold"
    if old.dialect != new.dialect:
        yield f"dialect {old.dialect} -> {new.dialect}"


def _set_changes(what: str, old: set[str], new: set[str]) -> Iterator[str]:
    yield from (f"{what} `{name}` added" for name in sorted(new - old))
    yield from (f"{what} `{name}` removed" for name in sorted(old - new))


def _param(param: Param) -> str:
    words = ["/".join(param.types) or "anything"]
    if param.enum is not None:
        words.append("|".join(str(each) for each in param.enum)[:LONGEST])
    if param.minimum is not None or param.maximum is not None:
        words.append(f"{_figure(param.minimum)}..{_figure(param.maximum)}")
    if param.default is not None:
        words.append(f"default {str(param.default)[:LONGEST]}")
    return " ".join(words)


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _changed_facts(before: Row, after: Row, names: Iterable[str]) -> Iterator[str]:
    for name in sorted(names):
        for key in ("kind", "context", "max_output", "efforts", "reasons"):
            old, new = before[name].get(key), after[name].get(key)
            if old != new:
                yield f"`{name}`: {key} {old} -> {new}"
        old, new = _prices(before[name]), _prices(after[name])
        if old != new:
            yield f"`{name}`: prices for a million tokens {old or 'none'} -> {new or 'none'}"


def _prices(row: Row) -> str:
    prices = row.get("prices") or {}
    return ", ".join(
        f"{key} {prices[key] * 1e6:.4g}"
        for key in ("input", "output", "cache_read")
        if isinstance(prices.get(key), int | float)
    )


def _names(names: list[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:LONGEST])
    return shown + (f" and {len(names) - LONGEST} more" if len(names) > LONGEST else "")
