"""Tracking of spending, and a limit that stops before the next call.

    with track_spend(limit_usd=0.50) as spend:
        agent.invoke({"messages": [("user", "...")]})
    print(spend.total.usd, spend.by_model)

The figures are the API's own charges, not estimates from a price list. Calls of `ChatAimlapi`, of
`AimlapiEmbeddings` and of `AimlapiClient` count; calls of other providers do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.tracers.context import register_configure_hook

from langchain_aimlapi._connection.ledger import CURRENT, Ledger, Ticket, Total
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.errors import AimlapiError, APIConnectionError, SpendLimitError

__all__ = ["Ledger", "Spend", "SpendLimitError", "Total", "track_spend"]

_PROVIDER = "aimlapi"


class Spend(BaseCallbackHandler):
    """A ledger that callbacks keep: give it to calls, ``config={"callbacks": [spend]}``, or use
    `track_spend`.

    Before each call of a chat model, what it will probably cost is set aside: what the prompt and
    ``max_tokens`` come to by the catalog's prices, or the dearest call of the model so far. The
    limit can therefore be passed by what calls under way cost more than that, and by nothing else.

    Args:
        limit_usd: No call is sent once this is spent or set aside, in US dollars. None: no limit.
        parent: A ledger that the same calls are entered in as well.
    """

    raise_error = True  # otherwise langchain-core would log the limit and go on
    run_inline = True

    def __init__(self, limit_usd: float | None = None, *, parent: Spend | None = None) -> None:
        self.ledger: Ledger = Ledger(limit_usd, parent.ledger if parent is not None else None)
        self._tickets: dict[UUID, Ticket] = {}

    def __repr__(self) -> str:
        return (
            f"Spend({self.total.usd:.6f} USD in {self.total.calls} calls, limit {self.limit_usd})"
        )

    @property
    def limit_usd(self) -> float | None:
        """The limit in US dollars; None: none."""
        return self.ledger.limit_usd

    @property
    def total(self) -> Total:
        """All calls: ``usd``, ``calls``, ``estimated_usd``, ``unknown_calls``."""
        return self.ledger.total

    @property
    def by_model(self) -> dict[str, Total]:
        """Calls by model id."""
        return self.ledger.by_model

    @property
    def by_tag(self) -> dict[str, Total]:
        """Calls by tag of their run (``config={"tags": ["team-a"]}``)."""
        return self.ledger.by_tag

    @property
    def left_usd(self) -> float | None:
        """What may still be spent, in US dollars; None where there is no limit."""
        return self.ledger.left_usd

    # --- callbacks -----

    def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        tags: list[str] | None = None,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        """Set aside what the call will cost. Raises SpendLimitError where nothing is left."""
        if (metadata or {}).get("ls_provider") != _PROVIDER:
            return
        parameters = kwargs.get("invocation_params") or {}
        model = str((metadata or {}).get("ls_model_name") or parameters.get("model"))
        limited = self.ledger.is_limited
        estimate = expected_usd(model, messages[0], parameters) if limited and messages else None
        self._tickets[run_id] = self.ledger.open(model, tags or (), estimate_usd=estimate)

    def on_llm_end(self, response: LLMResult, *, run_id: UUID, **kwargs: Any) -> None:
        """Enter what the call has cost."""
        ticket = self._tickets.pop(run_id, None)
        if ticket is not None:
            messages = _messages(response)
            self.ledger.settle(
                ticket, _charge_of(messages), estimate_usd=_charge_of(messages, estimated=True)
            )

    def on_llm_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """A refused call costs nothing; the cost of one that broke off is unknown."""
        ticket = self._tickets.pop(run_id, None)
        if ticket is None:
            return
        partial = error.partial if isinstance(error, AimlapiError) else None
        known = _charge_of([partial]) if isinstance(partial, AIMessage) else None
        if known is not None:
            self.ledger.settle(ticket, known)
        elif isinstance(error, Exception) and not _may_be_charged(error):
            self.ledger.cancel(ticket)
        else:
            self.ledger.settle(ticket, None)


_SPEND: ContextVar[Spend | None] = ContextVar("aimlapi_spend", default=None)
register_configure_hook(_SPEND, inheritable=True)


@contextmanager
def track_spend(limit_usd: float | None = None) -> Iterator[Spend]:
    """Enter every call made within the block in one ledger: in this thread, its tasks and
    what LangChain starts from here.

    Ledgers within ledgers count in all of them, and the limit of each one holds.

    Args:
        limit_usd: No call is sent once this is spent, in US dollars. None: no limit.

    Raises:
        SpendLimitError: from the call that would pass the limit, before it is sent.
    """
    spend = Spend(limit_usd, parent=_SPEND.get())
    tokens = _SPEND.set(spend), CURRENT.set(spend.ledger)
    try:
        yield spend
    finally:
        _SPEND.reset(tokens[0])
        CURRENT.reset(tokens[1])


def expected_usd(
    model: str, messages: list[BaseMessage], parameters: dict[str, Any]
) -> float | None:
    """What a call of a chat model will come to by the catalog's prices: its prompt, and as many
    tokens as ``max_tokens`` allows. None where the prices are not known."""
    prices = Catalog.default().find(model).prices or {}
    if not isinstance(prices.get("input"), float):
        return None
    from langchain_aimlapi._langchain.tokens import count_messages, count_text

    tools = [tool for tool in parameters.get("tools") or () if isinstance(tool, dict)]
    usd = float(count_messages(messages, tools, count_text) * prices["input"])
    limit = parameters.get("max_tokens")
    if isinstance(limit, int) and isinstance(prices.get("output"), float):
        usd += limit * prices["output"]
    return usd


def _messages(response: LLMResult) -> list[BaseMessage]:
    return [
        generation.message
        for batch in response.generations
        for generation in batch
        if isinstance(generation, ChatGeneration)
    ]


def _charge_of(messages: list[BaseMessage], *, estimated: bool = False) -> float | None:
    """What a call has cost, or what it is estimated at; its answers all carry the same figure, the
    one of the whole call."""
    for message in messages:
        cost = message.response_metadata.get("cost")
        details = message.response_metadata.get("cost_details")
        source = details.get("source") if isinstance(details, dict) else None
        if isinstance(cost, float) and (source == "estimate") is estimated:
            return cost
    return None


def _may_be_charged(error: Exception) -> bool:
    """Whether the server may have been at work when the call broke off."""
    return isinstance(error, APIConnectionError | TimeoutError) or not isinstance(
        error, AimlapiError | ValueError | TypeError
    )
