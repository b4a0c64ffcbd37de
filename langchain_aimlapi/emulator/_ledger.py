"""Tokens, money and the memory that caches need.

Prices are the emulator's own (the documentation prints none) and the same for every model;
``GET /v1/models?include=pricing`` tells the very figures that calls are charged by.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from base64 import b64encode
from dataclasses import dataclass
from decimal import Decimal

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
        exact = usd.quantize(Decimal("0.000000001"))
        return cls(exact, int(exact * CREDITS_PER_USD))

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

    def cost(self) -> Cost:
        fresh = self.input - self.cached - self.created
        millionths = (
            PRICES["input"] * fresh
            + PRICES["cache_read"] * self.cached
            + PRICES["cache_creation"] * self.created
            + PRICES["output"] * self.output
        )
        return Cost.of(millionths / 1_000_000)


class Ledger:
    """The account behind the key, and which prompts were seen before. Safe in threads."""

    def __init__(self, balance: Decimal) -> None:
        self._lock = threading.Lock()
        self._balance = balance
        self._seen: dict[str, int] = {}

    @property
    def balance(self) -> Decimal:
        with self._lock:
            return self._balance

    def charge(self, cost: Cost) -> Cost:
        with self._lock:
            self._balance -= cost.usd
        return cost

    def cache(self, text: str, *, asked: bool) -> tuple[int, int]:
        """Tokens (read from, written to) the prompt cache for this prefix.

        Long prompts are cached unasked; a ``cache_control`` mark caches any length.
        """
        size = count_tokens(text)
        if not asked and size < CACHE_FROM_TOKENS:
            return 0, 0
        name = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
        with self._lock:
            if name in self._seen:
                return self._seen[name], 0
            self._seen[name] = size
        return (0, size) if asked else (0, 0)


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
