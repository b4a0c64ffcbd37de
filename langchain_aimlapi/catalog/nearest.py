"""Which known name did the user mean, and which names are worth suggesting?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_SEPARATORS = re.compile(r"[\s._:@/-]+")
# The end of an id that names a day, not a model: claude-opus-4-5-20251101, gpt-4o-2024-08-06.
DATED = re.compile(r"-(20\d{6}|20\d\d-\d\d-\d\d|latest)$")
FLOOR = 0.62


def plain(name: str) -> str:
    """The name without case and with one separator: dash and dot twins become equal."""
    return _SEPARATORS.sub("-", name.lower()).strip("-")


def tail(name: str) -> str:
    """The name without its vendor and date, plain."""
    return DATED.sub("", plain(name.rpartition("/")[2]))


def nearest_word(word: str, known: Iterable[str], cutoff: float) -> str | None:
    """The word that is probably meant; ``cutoff``: how alike it must be, 0 to 1."""
    return next(iter(get_close_matches(word, list(known), n=1, cutoff=cutoff)), None)


def hint(word: str, known: Iterable[str], cutoff: float = 0.7, *, otherwise: str = "") -> str:
    """The end of an error for a word that is unknown: ``: did you mean ...?``, or another."""
    close = nearest_word(word, known, cutoff)
    return otherwise if close is None else f": did you mean {close!r}?"


def nearest_names(wanted: str, names: Iterable[str], n: int) -> list[str]:
    """Up to ``n`` of ``names``, the most similar first; none where nothing is similar."""
    whole, end = plain(wanted), tail(wanted)
    found = []
    for name in names:
        if name == wanted:
            continue
        score = _score(whole, end, name)
        if score >= FLOOR:
            found.append((-score, len(name), name))
    chosen: dict[str, str] = {}
    for _, _, name in sorted(found):
        # gpt-4o and openai/gpt-4o are one suggestion
        chosen.setdefault(plain(name.rpartition("/")[2]), name)
    return list(chosen.values())[:n]


def _score(whole: str, end: str, name: str) -> float:
    its_whole, its_end = plain(name), tail(name)
    if whole == its_whole:
        return 3.0
    if end == its_end:
        return 2.0
    if end.replace("-", "") == its_end.replace("-", ""):
        return 1.5
    matcher = SequenceMatcher(None, end, its_end, autojunk=False)
    # the cheap upper bounds first: most names share nothing with what was wanted
    if matcher.real_quick_ratio() < FLOOR or matcher.quick_ratio() < FLOOR:
        return 0.0
    score = matcher.ratio()
    if its_end.startswith(end) or end.startswith(its_end):
        score += 0.3
    return score + (0.1 if whole.partition("-")[0] == its_whole.partition("-")[0] else 0.0)


# Whose models a reader is likeliest to know; the others follow by how many they have.
_VENDORS = ("openai", "anthropic", "google", "alibaba-cloud", "deepseek", "mistral-ai", "xai")
_VERSION = re.compile(r"(?<![\dA-Za-z])[a-z]?(\d{1,2})(?![\db])")


def best_known(models: Iterable[tuple[str, str | None]], n: int) -> list[str]:
    """Up to ``n`` ids, one a vendor while there are vendors, each vendor's newest first."""
    by_vendor: dict[str, list[str]] = {}
    for name, vendor in models:
        if not name.startswith("#"):
            by_vendor.setdefault(vendor or "", []).append(name)
    for names in by_vendor.values():
        names.sort(key=_newest)
    order = sorted(by_vendor, key=lambda v: (_rank(v), -len(by_vendor[v]), v))
    chosen = []
    for depth in range(n):
        chosen += [by_vendor[v][depth] for v in order if depth < len(by_vendor[v])]
    return chosen[:n]


def _rank(vendor: str) -> int:
    return _VENDORS.index(vendor) if vendor in _VENDORS else len(_VENDORS)


def _newest(name: str) -> tuple[bool, list[int], int, str]:
    end = name.rpartition("/")[2]
    return "latest" not in end, [-int(v) for v in _VERSION.findall(end)], len(end), end
