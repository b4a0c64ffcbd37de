"""Tokens, money and the memory that caches need.

Prices are those of the public price list, and `PRICES` for a model that it does not name;
``GET /v1/models?include=pricing`` tells the very figures that calls are charged by.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache

# US dollars per million tokens.
PRICES = {
    "input": Decimal("2.50"),
    "cache_read": Decimal("0.25"),
    "cache_creation": Decimal("3.125"),
    "output": Decimal("10.00"),
}
IMAGE_PRICE = Decimal("0.042")
CREDITS_PER_USD = 2_000_000  # documented; holds in 235 of 237 recorded answers
CACHE_FROM_TOKENS = 1_024
MEDIA_TOKENS = {"image": 85, "audio": 25, "video": 200, "file": 50}

_WORD = re.compile(r"\w+|[^\w\s]")
_PIECE = re.compile(r"\s*\S{1,7}|\s+")


def count_tokens(text: str) -> int:
    """A deterministic count: one token for up to four letters of a word, or a mark."""
    return sum((len(word) + 3) // 4 for word in _WORD.findall(text))


def cut_pieces(text: str) -> list[str]:
    """The text in the small pieces of a stream; joined again they are the text."""
    return _PIECE.findall(text)


def cut_tokens(text: str, limit: int) -> str:
    """The longest beginning of the text that counts at most ``limit`` tokens."""
    end = used = 0
    for word in _WORD.finditer(text):
        size = (len(word[0]) + 3) // 4
        if used + size > limit:
            return text[:end] or word[0][: 4 * limit]
        used, end = used + size, word.end()
    return text


@dataclass(frozen=True, slots=True)
class Cost:
    """The charge for one call."""

    usd: Decimal
    credits: int

    @classmethod
    def of(cls, usd: Decimal) -> Cost:
        """The next whole number of credits; that is what is charged."""
        credits = int((usd * CREDITS_PER_USD).to_integral_value(ROUND_CEILING))
        return cls(Decimal(credits) / CREDITS_PER_USD, credits)

    def meta(self) -> dict[str, dict[str, float | int]]:
        return {"usage": {"credits_used": self.credits, "usd_spent": float(self.usd)}}

    def headers(self) -> dict[str, str]:
        return {
            "x-aimlapi-credits-used": str(self.credits),
            "x-aimlapi-usd-spent": f"{self.usd:.9f}",
        }


@dataclass(frozen=True, slots=True)
class Tokens:
    """``input`` includes ``cached`` and ``created``; ``output`` includes ``reasoning``."""

    input: int
    output: int
    reasoning: int = 0
    cached: int = 0
    created: int = 0
    audio_input: int = 0
    audio_output: int = 0

    @property
    def total(self) -> int:
        return self.input + self.output

    def cost(self, prices: Mapping[str, Decimal] = PRICES) -> Cost:
        fresh = self.input - self.cached - self.created
        millionths = (
            prices["input"] * fresh
            + prices["cache_read"] * self.cached
            + prices["cache_creation"] * self.created
            + prices["output"] * self.output
        )
        return Cost.of(millionths / 1_000_000)


def prices_of(listed: Sequence[float | None] | None) -> Mapping[str, Decimal]:
    """US dollars per million tokens, from a listed price: input, output, cached input."""
    return _prices(tuple(listed)) if listed else PRICES


@cache
def _prices(listed: tuple[float | None, ...]) -> Mapping[str, Decimal]:
    price, made, cached = (None if one is None else Decimal(str(one)) for one in listed)
    price, made = price or Decimal(0), made or Decimal(0)
    return {
        "input": price,
        "cache_read": price / 10 if cached is None else cached,
        "cache_creation": price * 5 / 4,
        "output": made,
    }


class PromptCache:
    """Which prompts were seen before. Safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}

    def use(self, text: str, *, marked: bool) -> tuple[int, int]:
        """Tokens (price from, written to) the prompt cache for this prefix.

        Long prompts are cached unasked; a ``cache_control`` mark caches any length.
        """
        size = count_tokens(text)
        if not marked and size < CACHE_FROM_TOKENS:
            return 0, 0
        name = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        with self._lock:
            if name in self._seen:
                return self._seen[name], 0
            self._seen[name] = size
        return (0, size) if marked else (0, 0)


_SEAL_KEY = b"the emulator signs thoughts; this is no secret"
SEAL_MARK = "emu1"


def seal(kind: str, text: str) -> str:
    """A signature over a thought, the same in every emulator, so that histories can travel."""
    digest = hmac.new(_SEAL_KEY, f"{kind}:{text}".encode("utf-8", "replace"), "sha256").digest()
    return SEAL_MARK + b64encode(digest).decode()


def sealed(kind: str, text: str, signature: object) -> bool:
    """Whether the signature belongs to the text."""
    return isinstance(signature, str) and hmac.compare_digest(
        signature.encode("utf-8", "replace"), seal(kind, text).encode()
    )
