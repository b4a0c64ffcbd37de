"""Another spelling of a known id: bare or with its vendor, dots or dashes, dated or ``-latest``.

The API takes nearly every id bare and prefixed, and users carry names over from other gateways. The
id goes out as it was written; only its facts are looked up under the spelling that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from langchain_aimlapi.catalog.families import family_of
from langchain_aimlapi.catalog.nearest import DATED, plain, tail

# Names of one vendor's namespaces. They can be different routes with different contracts: an id
# that stands in both is never exchanged, one that stands in one only is the nearest that there is.
_NAMESPACES = (
    frozenset({"x-ai", "xai", "grok"}),
    frozenset({"mistral", "mistralai", "mistral-ai"}),
    frozenset({"moonshot", "moonshotai", "kimi"}),
    frozenset({"zhipu", "z-ai", "zai", "zhipuai"}),
    frozenset({"alibaba", "qwen", "alibaba-cloud"}),
    frozenset({"deepseek", "deepseek-ai"}),
    frozenset({"meta", "meta-llama"}),
    frozenset({"bytedance", "bytedance-seed"}),
    frozenset({"google", "gemini"}),
    frozenset({"anthropic", "claude"}),
    frozenset({"tencent", "hunyuan"}),
    frozenset({"nousresearch"}),
)


class Spellings:
    """An index of known ids by what all their spellings have in common."""

    __slots__ = ("_by_stem", "_vendors")

    def __init__(self, names: Iterable[str]) -> None:
        self._by_stem: dict[str, list[str]] = {}
        self._vendors = {name for group in _NAMESPACES for name in group}
        for name in names:
            self._by_stem.setdefault(tail(name), []).append(name)
            self._vendors.add(_vendor(name))

    def find(self, model: str) -> str | None:
        """The id that ``model`` most likely spells in another way; None where there is none, or
        where the family rules say that the two spellings are different routes."""
        if _vendor(model) not in self._vendors:
            return None  # "opnai/gpt-4o" is a slip of the hand: nearest names are the better answer
        fitting = [name for name in self._by_stem.get(tail(model), ()) if _same_vendor(model, name)]
        if not fitting:
            return None
        shapes = family_of(model).get("shapes")
        same_route = [name for name in fitting if family_of(name).get("shapes") is shapes]
        return min(same_route, key=lambda name: (*_distance(model, name), name), default=None)


def _vendor(name: str) -> str:
    return name.rpartition("/")[0].lower()


def _same_vendor(model: str, name: str) -> bool:
    one, other = _vendor(model), _vendor(name)
    if not one or not other or one == other:
        return True
    return any(one in names and other in names for names in _NAMESPACES)


def _distance(model: str, name: str) -> Iterator[object]:
    """The nearest first: same letters, same separators, same date or none, same vendor."""
    own, other = model.rpartition("/")[2], name.rpartition("/")[2]
    yield own != other
    yield own.lower() != other.lower()
    yield plain(own) != plain(other)
    # a day of its own is nobody else's: the undated id, else the newest
    yield DATED.search(plain(other)) is not None
    yield [-ord(letter) for letter in plain(other)]
    yield "/" not in name
