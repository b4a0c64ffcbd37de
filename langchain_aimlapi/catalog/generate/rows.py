"""The rows of models: names, status, limits, prices, and the shapes of each path."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.codec import Json
from langchain_aimlapi.catalog.generate import blocks, groups, hand, overrides
from langchain_aimlapi.catalog.generate.documentation import LABELS, Documentation
from langchain_aimlapi.catalog.generate.newest import Newest
from langchain_aimlapi.catalog.generate.published import DOCS, LATER, WHOLE, Published
from langchain_aimlapi.catalog.shape import CHAT, MESSAGES, RESPONSES, TEXT_KINDS

_KINDS = {
    CHAT: "chat",
    RESPONSES: "responses",
    MESSAGES: "messages",
    "/v1/images/generations": "image",
    "/v2/video/generations": "video",
    "/v2/generate/audio": "audio",
    "/v1/embeddings": "embedding",
    "/v1/stt/create": "stt",
    "/v1/tts": "tts",
    "/v1/ocr": "ocr",
}
# Words of the list of newer ids -> the catalog's kinds.
_KIND_WORDS = {"chat": "chat", "music": "audio", "batch": "batch", "test": "chat"}
_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
# Whose documented /v1/responses schema stands in for those of OpenAI's newest ids.
_RESPONSES_LIKE = "openai/gpt-5-5"
_SEPARATORS = re.compile(r"[._-]+")


class Rows:
    """Model id -> row, built from all sources; ``published`` gives each id's schemas."""

    def __init__(self, docs: Documentation, source: Path, *, newest: bool) -> None:
        self._docs = docs
        live = source / "live" if newest else None
        claude = docs.published(groups.CLAUDE_LIKE) if newest else {}
        self._newest = Newest(live, claude)
        self._ids = _read(source / "newer_models.json") if newest else {}
        self._prices = _read(source / "prices.json") if newest else {}
        self.models: dict[str, Json] = {}
        self.aliases: dict[str, str] = {}
        self.published: dict[str, dict[str, Published]] = {}
        self._add_documented()
        if newest:
            self._add_newer()
            self._add_prices()
        self._finish()

    # --- the documentation -----

    def _add_documented(self) -> None:
        for model in self._docs.models:
            context = model["context"]
            self.models[model["id"]] = {
                "kind": model["kind"],
                "vendor": model["vendor"],
                "status": model["status"],
                "aliases": sorted(model["aliases"]),
                "context": context["database"] or context["page"] or None,
                "source": DOCS,
            }
        for name, entry in self._docs.deprecated.items():
            row = self.models.setdefault(name, {"status": "deprecated", "source": DOCS})
            if row.get("context") is None:
                row["context"] = entry.get("context")
        for name, row in self.models.items():
            twin = overrides.twin_of(name)
            printed = self._docs.published(name) or self._docs.published(twin or "")
            served = row["status"] in hand.SERVED
            self.published[name] = self._newest.of(name, printed, live=served)

    # --- what is newer -----

    def _add_newer(self) -> None:
        for entry in self._ids["models"]:
            self._add(entry["id"], entry)
        spelled = self._ids["spellings"]
        for name, others in spelled.items():
            for other in others:
                self._spell(other, name)
        for entry in self._ids["models"]:
            for other in entry["aliases"]:
                self._spell(other, entry["id"])
        for name in sorted(self._newest.ids()):
            self._add_or_spell(name)
        for name in self._ids["video_ids_live"]:
            self._add_or_spell(name, kind="video")

    def _add(self, name: str, entry: Json) -> None:
        row = self.models.get(name)
        like = self._newest.like(name) or entry.get("like")
        printed = self._docs.published(name) or self._docs.published(like or "")
        if row is None:
            source = LATER if name in groups.LATER else WHOLE
            row = {"status": "documented", "source": source, "vendor": self._vendor(name)}
            self.models[name] = row
        schemas = self._newest.of(name, printed, live=True)
        paths = [*(entry.get("endpoints") or schemas), *self._newest.paths_beside_chat(name)]
        if RESPONSES in paths and RESPONSES not in schemas:
            twin = self._docs.published(_RESPONSES_LIKE)
            schemas |= self._newest.of(_RESPONSES_LIKE, {RESPONSES: twin[RESPONSES]}, live=True)
        # OpenAI's newest are served on both paths
        found = {path: schemas[path] for path in _order(paths) if path in schemas}
        if name in groups.LATER:
            found = {path: Published(each.schema, LATER) for path, each in found.items()}
        self.published[name] = found
        first = next(iter(paths), None)
        row["kind"] = row.get("kind") or _kind_of(entry.get("kind")) or _KINDS.get(first or "")
        row["context"] = row.get("context") or entry.get("context")

    def _add_or_spell(self, name: str, kind: str | None = None) -> None:
        if name in self.models or name in self.aliases:
            return
        home = self._home(name)
        if home is not None:
            self._spell(name, home)
        else:
            self._add(name, {"kind": kind})

    def _home(self, name: str) -> str | None:
        """The row that a bare name, or a name with its vendor, is another spelling of."""
        if name in self._newest.same:
            return self._newest.same[name]
        tail = _bare(name)
        for other in self._newest.mates(name):
            if other in self.models and _bare(other) == tail:
                return other
        return None

    def _spell(self, other: str, name: str) -> None:
        if other not in self.models and name in self.models:
            self.aliases.setdefault(other, name)

    def _vendor(self, name: str) -> str | None:
        head, slash, _ = name.partition("/")
        if not slash:
            return None
        known: Counter[str] = Counter()
        for other, row in self.models.items():
            if other.startswith(f"{head}/") and row.get("vendor"):
                known[row["vendor"]] += 1
        if known:
            return known.most_common(1)[0][0]
        return head if head.isalpha() else None

    # --- prices, limits and efforts -----

    def _add_prices(self) -> None:
        priced, measured = self._prices["models"], self._prices["measured"]
        for name, entry in priced.items():
            if name not in self.models and name not in self.aliases and entry["stage"] == "final":
                self._add(name, {"kind": "chat", "like": self._twin(name)})
                self.models[name]["source"] = "prices"
        self._names_of: dict[str, list[str]] = defaultdict(list)
        for alias, home in self.aliases.items():
            self._names_of[home].append(alias)
        self._plain: dict[str, list[str]] = defaultdict(list)
        for name in sorted({*priced, *_measured_ids(measured)}):
            self._plain[_SEPARATORS.sub("-", name)].append(name)
        for name in self.models:
            spellings, twins = list(self._spellings(name)), list(self._twins(name))
            known = next((other for other in (*spellings, *twins) if other in priced), None)
            if known is not None and self.models[name].get("kind") in TEXT_KINDS:
                self._price(name, priced[known], twin=known in twins)
            # Dots and dashes can be two routes: a control is taken over where there is one.
            for other in (*spellings, *(twins if self._has_effort(name) else ())):
                self.models[name] |= _efforts(other, measured)
                self._widen_effort(name, other, _taken(other, priced, measured), measured)

    def _has_effort(self, name: str) -> bool:
        printed = self.published[name].get(CHAT)
        return printed is not None and "reasoning_effort" in printed.schema["properties"]

    def _widen_effort(self, name: str, other: str, taken: list[str], measured: Json) -> None:
        """The declared efforts, with those that were taken and without those that were refused."""
        refused = measured["effort_refused"].get(other, [])
        printed = self.published[name].get(CHAT)
        if printed is None or not (taken or refused):
            return
        properties = printed.schema["properties"]
        declared = properties.get("reasoning_effort", {}).get("enum", [])
        levels = [each for each in _EFFORTS if each in {*declared, *taken} - {*refused}]
        effort = blocks.one_of(*levels)
        schema = {**printed.schema, "properties": {**properties, "reasoning_effort": effort}}
        self.published[name][CHAT] = Published(schema, printed.source)

    def _twin(self, name: str) -> str | None:
        """Another spelling with dashes for dots, whose documented schema is the nearest."""
        plain = _SEPARATORS.sub("-", name)
        return next(
            (n for n in self.models if n != name and _SEPARATORS.sub("-", n) == plain), None
        )

    def _spellings(self, name: str) -> Iterator[str]:
        """The id, and its bare and prefixed spellings."""
        yield name
        tail = name.rpartition("/")[2]
        aliases = [*self.models[name].get("aliases", ()), *self._names_of.get(name, ())]
        yield from (other for other in aliases if other.rpartition("/")[2] == tail)

    def _twins(self, name: str) -> Iterator[str]:
        """Priced or measured ids that differ by dots and dashes only."""
        plain = _SEPARATORS.sub("-", name)
        yield from (other for other in self._plain.get(plain, ()) if other != name)

    def _price(self, name: str, entry: Json, *, twin: bool) -> None:
        row = self.models[name]
        row["prices"] = {
            word: float(Decimal(str(price)) / 1_000_000) for word, price in entry["cost"].items()
        }
        limits, guessed = entry.get("limit", {}), entry.get("from_base", ())
        for key, word in (("context", "context"), ("output", "max_output")):
            newer = entry["stage"] == "final" and f"limit.{key}" not in guessed
            if limits.get(key) and (newer or not row.get(word)):
                row[word] = limits[key]
        longest = limits.get("input")
        if longest and longest < (row.get("context") or 0):
            row["max_input"] = longest
        if entry.get("release_date"):
            row["released"] = entry["release_date"]
        if "reasoning" in entry:
            row["reasons"] = entry["reasoning"]
        if twin and not self._has_effort(name):
            return
        for option in entry.get("reasoning_options", ()):
            if option.get("type") == "effort":
                row["efforts"] = option["values"]
        if entry.get("reasoning_options") == []:
            row["efforts"] = []

    # --- by hand, and what the id says -----

    def _finish(self) -> None:
        hand.add_family_facts(self.models)
        hand.add_corrections(self.models, weaker=False)
        self._fill_contexts()
        for name, row in self.models.items():
            if row.get("kind") == "responses" and CHAT in self.published[name]:
                row["kind"] = "chat"
            names = {*row.get("aliases", ()), *(a for a, h in self.aliases.items() if h == name)}
            row["aliases"] = sorted(n for n in names if _is_same_route(name, n))

    def _fill_contexts(self) -> None:
        """The context length of another spelling of the same model."""
        known: dict[str, int] = {}
        for name, row in self.models.items():
            if row.get("context"):
                known.setdefault(_SEPARATORS.sub("-", name), row["context"])
                known.setdefault(name, row["context"])
        for name, row in self.models.items():
            if row.get("context") is None:
                names = (*row.get("aliases", ()), _SEPARATORS.sub("-", name))
                row["context"] = next((known[other] for other in names if other in known), None)


def _bare(name: str) -> str:
    """The name without its vendor, or without the mark that Deepgram's names wear."""
    return name.rpartition("/")[2].removeprefix("#g1_")


def _is_same_route(name: str, other: str) -> bool:
    """A dotted Claude id is served on another route than its twin with dashes."""
    return "claude" not in name or ("." in name) is ("." in other)


def _measured_ids(measured: Json) -> Iterator[str]:
    for key in ("effort_measured", "effort_refused", "effort_not_read"):
        yield from measured[key]
    yield from measured["effort_validated_but_inert"]
    for names in measured["reasoning_field"].values():
        yield from names if isinstance(names, list) else ()


def _taken(name: str, priced: Json, measured: Json) -> list[str]:
    """Efforts that were taken, or that the live request schema of September listed."""
    listed = [
        value
        for option in priced.get(name, {}).get("reasoning_options", ())
        if option.get("type") == "effort"
        for value in option["values"]
    ]
    return [*listed, *measured["effort_measured"].get(name, ())]


def _efforts(name: str, measured: Json) -> Json:
    """What was measured of the effort levels of an id."""
    found: Json = {}
    if name in measured["effort_measured"]:
        found["efforts"] = measured["effort_measured"][name]
    if name in (*measured["effort_not_read"], *measured["effort_validated_but_inert"]):
        found["efforts"] = []
    for field, names in measured["reasoning_field"].items():
        if field in ("reasoning_content", "reasoning_details") and name in names:
            found["reasons"] = True
    return found


def _order(paths: Iterable[str]) -> list[str]:
    ranks = {path: at for at, path in enumerate(LABELS)}
    return sorted(paths, key=lambda path: ranks.get(path, 99))


def _kind_of(text: str | None) -> str | None:
    if not text:
        return None
    word = text.replace("test ", "").split()[0].partition("+")[0]
    return _KIND_WORDS.get(word, word)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
