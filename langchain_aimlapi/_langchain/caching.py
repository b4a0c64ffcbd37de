"""Cache marks on messages, and what the usage of an answer says about the cache."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, BaseMessage

M = TypeVar("M", bound=BaseMessage)


@dataclass(frozen=True, slots=True)
class CacheReport:
    """What a prompt cache has done.

    Attributes:
        calls: Model calls that were looked at.
        input_tokens: Tokens of all prompts.
        read_tokens: Those that came from the cache.
        written_tokens: Those that were written to it.
        saved_usd: What that has saved against the plain price of input, in US dollars, less what
            writing has cost more; of calls whose prices the catalog knows.
        unpriced_calls: Calls whose prices it does not know.
    """

    calls: int = 0
    input_tokens: int = 0
    read_tokens: int = 0
    written_tokens: int = 0
    saved_usd: float = 0.0
    unpriced_calls: int = 0

    @property
    def read_share(self) -> float:
        """The part of all input that came from the cache, 0 to 1."""
        return self.read_tokens / self.input_tokens if self.input_tokens else 0.0

    def plus(self, other: CacheReport) -> CacheReport:
        """Both reports as one."""
        return CacheReport(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.read_tokens + other.read_tokens,
            self.written_tokens + other.written_tokens,
            self.saved_usd + other.saved_usd,
            self.unpriced_calls + other.unpriced_calls,
        )


def report_of(message: AIMessage, prices: Mapping[str, object] | None) -> CacheReport:
    """The report of one answer.

    Args:
        prices: US dollars per token (``input``, ``cache_read``, ``cache_creation``), as the catalog
            has them; None where it has none.
    """
    usage = message.usage_metadata
    if usage is None:
        return CacheReport()
    details = usage.get("input_token_details") or {}
    read, written = details.get("cache_read") or 0, details.get("cache_creation") or 0
    plain = _price(prices, "input")
    if plain is None:
        return CacheReport(1, usage["input_tokens"], read, written, 0.0, 1)
    saved = read * (plain - (_price(prices, "cache_read") or plain))
    saved -= written * ((_price(prices, "cache_creation") or plain) - plain)
    return CacheReport(1, usage["input_tokens"], read, written, saved)


def _price(prices: Mapping[str, object] | None, name: str) -> float | None:
    value = (prices or {}).get(name)
    return float(value) if isinstance(value, int | float) else None


def marked_message(message: M, mark: Mapping[str, str]) -> M:
    """A copy of a message with a mark on its last text; the message itself where it has none, or
    is marked already."""
    content = message.content
    if isinstance(content, str):
        if not content:
            return message
        blocks: list[Any] = [{"type": "text", "text": content, "cache_control": dict(mark)}]
        return message.model_copy(update={"content": blocks})
    places = [at for at, block in enumerate(content) if _is_text(block)]
    if not places or any(isinstance(b, Mapping) and "cache_control" in b for b in content):
        return message
    blocks = list(content)
    last = blocks[places[-1]]
    text = {"type": "text", "text": last} if isinstance(last, str) else last
    blocks[places[-1]] = {**text, "cache_control": dict(mark)}
    return message.model_copy(update={"content": blocks})


def _is_text(block: object) -> bool:
    if isinstance(block, str):
        return bool(block)
    return isinstance(block, Mapping) and block.get("type") == "text" and bool(block.get("text"))
